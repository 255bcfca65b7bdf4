/// The worker's ground: what must be done in C because Swift code cannot run there.
///
/// - It gives the worker a channel of frames to the host, on a descriptor that no print reaches, and standard streams that feed it, so that text and
///   displayed values arrive in the order in which a cell produced them.
/// - It runs cells on a thread of their own, as a program's main thread runs `main.swift`. When a cell throws or traps, the thread is given up, and
///   not the process: everything that earlier cells defined stays alive.
/// - It notes the files that a cell uses, by whatever library.
/// - It notes the variables and objects that a cell reads and changes, and what it does to the process.
/// - It knows what the library of a compiled cell holds: its code, by which a running cell can be stopped, and its variables, which can be released.
///
/// It reads no environment variables: what the host says in them is handed down by `folio-worker`.
///
/// Frames are `[kind: UInt8][length: UInt32, little endian][seal: UInt32][bytes]`; kinds and seal stand in Record's `WorkerProtocol.swift`.
#ifndef FOLIO_CWORKER_H
#define FOLIO_CWORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: - The channel (channel.c)

/// The exit status of a worker without a host: `WorkerProtocol.noHost`.
#define FOLIO_NO_HOST 70

/// Takes over the two descriptors that the host handed down (moved out of the reach of child processes and of guesses), and points
/// `stdout` and `stderr` at the channel. The descriptors 1 and 2 stay the host's pipes, for code that writes to them directly.
/// Returns 0, or an errno.
int folio_channel_open(int control, int acknowledgements);

/// Whether this process is a worker with an open channel.
bool folio_channel_is_open(void);

/// Sends one frame, after everything that this thread wrote to the standard streams. Blocks until the host has room for it.
void folio_channel_send(uint8_t kind, const void *bytes, size_t count);

/// Reads exactly `count` bytes of the host's next command. Returns false when the host is gone.
bool folio_channel_receive(void *bytes, size_t count);

/// Whether the calling thread sends a frame, and may hold the channel: it must not be parked. May be read in a signal handler.
extern _Thread_local bool folio_is_sending;

/// Flushes both standard streams, and replaces them if a parked thread holds their lock.
void folio_standard_streams_recover(void);

// MARK: - Running cells (cells.c, ends.c, interruption.c, stacks.c)

/// How a cell's run ended.
enum folio_end_kind { FOLIO_FINISHED = 0, FOLIO_THREW = 1, FOLIO_TRAPPED = 2, FOLIO_OVERFLOWED_STACK = 3, FOLIO_CRASHED = 4, FOLIO_INTERRUPTED = 5 };

#define FOLIO_MAX_FRAMES 64

struct folio_end {
  int32_t kind;
  /// The cell that was running.
  int32_t cell;
  /// The signal, for a trap, a stack overflow or a crash.
  int32_t signal;
  int32_t frame_count;
  /// Whether the thread that reports serves the next cell; otherwise it is parked for good.
  int32_t thread_goes_on;
  /// The address that could not be reached, for a crash.
  uint64_t address;
  /// What a cell threw, as text of the heap.
  char *description;
  /// Whether the error says that something the notebook needs is not there.
  int32_t is_unavailable;
  /// Code addresses, innermost first, each within its call.
  uint64_t frames[FOLIO_MAX_FRAMES];
};

/// Installs the signal handlers and the runtime's hooks, and starts the thread that runs cells.
/// - executor_identity, executor_implementation: the two words of the `UnownedSerialExecutor` that shall be the main actor's. It
///   hands its jobs to `folio_enqueue`.
/// - describe_error: puts a thrown error (a Swift `any Error`, borrowed) into words.
void folio_cells_start(
    void *executor_identity, uintptr_t executor_implementation,
    void (*describe_error)(void *error, char **description, int32_t *is_unavailable));

/// Hands a job of the main actor (the word of an `UnownedJob`) to the cell thread.
void folio_enqueue(void *job);

/// Whether the caller runs on a cell thread.
bool folio_is_cell_thread(void);

/// The kernel's number of the thread that runs cells.
int folio_cell_thread(void);

/// Runs a cell's entry point on the cell thread and waits for its end.
struct folio_end folio_cell_run(int32_t cell, void *entry);

/// Whether the host has asked (by SIGINT) that the running cell stop. Work that takes long looks here, and ends by an error.
bool folio_is_interrupted(void);

/// Stops the calling cell thread for good if the host has asked for it: for work that can throw no error. It must hold no lock.
void folio_stop_if_interrupted(void);

/// Ends the process as the signal would have ended it.
_Noreturn void folio_die_by(int signal);

/// Where a code address lies: the library's path (borrowed, never freed) and the offset in it. Returns false if nowhere.
bool folio_locate(uint64_t address, const char **library, uint64_t *offset, const char **symbol);

// MARK: - Files (files.c)

/// A file or folder that a cell used.
struct folio_file {
  /// Absolute.
  const char *path;
  /// Whether it was opened to be read before the cell itself wrote it. A file that is not there was read, and has no inode.
  bool was_read;
  /// Also: a name that it was given, or a folder that was made.
  bool was_written;
  /// Whether the names in a folder were read.
  bool was_listed;
  /// Whether only the file system was asked about it: whether it is there, how large it is.
  bool was_examined;
  /// Whether it was removed, and nothing else had been done to it before.
  bool was_removed;
  /// As it was when it was first opened: bytes, nanoseconds since 1970.
  uint64_t size, inode;
  int64_t modified;
};

/// From now on, nothing is noted of what lies in a folder (an absolute path), since the session keeps it for itself.
void folio_files_ignore(const char *folder);

/// From now on, nothing is noted of what the calling thread does with files, until it says the same with `false`. May be nested.
void folio_files_look_away(bool begins);

/// Begins to note files.
void folio_files_begin(void);

/// Ends it. Returns how many there are; they stay until the next beginning.
size_t folio_files_end(struct folio_file *const **files);

// MARK: - Libraries (libraries.c, symbols.c)

/// Notes where the code of a cell's library (a handle of `dlopen`) lies.
void folio_library_loaded(void *library);

/// Whether a code address lies in a cell's library. May be called in a signal handler.
bool folio_is_cell_code(uintptr_t address);

/// Whether a code address lies in the worker's own program.
bool folio_is_worker_code(uintptr_t address);

/// Forbids or allows that cells' code be executed. A thread that comes to it while it is forbidden faults there.
void folio_bar_cell_code(bool bars);

/// Whether it is forbidden. May be called in a signal handler.
bool folio_cell_code_is_barred(void);

/// A symbol that the library itself defines, or null.
void *folio_own_symbol(void *library, const char *name);

/// Visits the objects (in the linker's sense: variables and other data) that a library defines, also those that it does not export: their
/// names, addresses and sizes in bytes. Returns false if the file at the path cannot be read.
bool folio_each_object(
    void *library, const char *path, void *context, void (*visit)(void *context, const char *name, void *address, size_t size));

/// Visits the names of what a library uses of others.
void folio_each_import(void *library, void *context, void (*visit)(void *context, const char *name));

// MARK: - Accesses (accesses.c)

/// What was done to a variable, or to objects.
struct folio_access {
  bool was_read;
  /// Changed, or read and changed.
  bool was_changed;
};

/// Makes a variable known, so that accesses to it are told apart from others.
void folio_accesses_add_variable(void *address, size_t size);

/// Forgets what was accessed before; from now on, accesses are those of this run (not 0), and objects are made by it.
void folio_accesses_begin(uint16_t run);

/// From now on, no run accesses anything. What the last one did can be asked until the next beginning.
void folio_accesses_end(void);

/// What was done to the objects that a run made.
struct folio_access folio_access_of_objects(uint16_t run);

struct folio_access folio_access_of_variable(void *address);

/// Visits what is neither a cell's variable nor an object that a run made, by name.
size_t folio_access_others(void *context, void (*visit)(void *context, const char *name, struct folio_access access));

// MARK: - Threads (threads.c)

/// Begins to watch what Swift's tasks delay.
void folio_threads_start(void);

/// Forgets what was begun before.
void folio_threads_begin(void);

/// Whether something that was begun since (a thread, a block in a queue, a task, a timer) goes on.
/// - cell_thread: the thread that runs cells, which is at rest.
bool folio_threads_go_on(int cell_thread);

/// Notes that the calling thread waits forever.
void folio_note_parked(void);

#endif
