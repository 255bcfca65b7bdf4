/// What starting a process, and handing descriptors about, needs of the GNU C library, and Swift's view of it leaves out.
#ifndef FOLIO_CSPAWN_H
#define FOLIO_CSPAWN_H

#include <stdint.h>
#include <sys/types.h>

/// Starts a program, looked for on the PATH if its name has no slash, in a session of its own, with `descriptors[i]` as its
/// descriptor `i` and no other descriptor of ours, in `directory` (null: ours). Returns 0, or an errno.
int folio_spawn(
    pid_t *child, const char *program, char *const arguments[], char *const environment[], const int *descriptors, int count,
    const char *directory);

/// A pipe whose ends are not inherited. Returns 0, or an errno.
int folio_pipe(int ends[2]);

/// Ends the programs that a process has started, and those that these have, at once. Those whose parents have ended are among them if they are of the
/// process's session, or have its mark, or the process lives and is a subreaper (PR_SET_CHILD_SUBREAPER).
/// - since: only those that were started at this time (`folio_program_time`) or later; 0 for all.
/// - mark: an entry of the environment, `NAME=VALUE`, that the process alone has been given; null if it has none.
void folio_end_programs(pid_t process, uint64_t since, const char *mark);

/// The present time, as that of the start of programs is told.
uint64_t folio_program_time(void);

/// Takes a connection, which is not inherited. Returns it, or -1 with an errno.
int folio_accept(int socket);

/// Puts something in the place of each of the descriptors 0, 1 and 2 that is closed, so that no file of ours gets its number. To read or
/// write there fails as before.
void folio_fill_standard_descriptors(void);

/// The name of a signal without `SIG`, or null.
const char *folio_signal_name(int number);

#endif
