#define _GNU_SOURCE
#include "include/CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Closes the copies that `folio_lift` made.
static void drop(const int *from, const int *copies, int count) {
  for (int i = 0; i < count; i++)
    if (copies[i] != from[i]) close(copies[i]);
}

/// Gives a copy to each descriptor whose number another one shall have in the child, so that none is overwritten before it is moved.
/// Returns 0, or an errno.
static int folio_lift(const int *from, int *copies, int count) {
  for (int i = 0; i < count; i++) {
    copies[i] = from[i] >= count || from[i] == i ? from[i] : fcntl(from[i], F_DUPFD_CLOEXEC, count);
    if (copies[i] < 0) {
      int error = errno;
      drop(from, copies, i);
      return error;
    }
  }
  return 0;
}

int folio_spawn(
    pid_t *child, const char *program, char *const arguments[], char *const environment[], const int *descriptors, int count,
    const char *directory) {
  int copies[count + 1];
  int status = folio_lift(descriptors, copies, count);
  if (status) return status;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  // One that has its number already is let through by this as well.
  for (int i = 0; i < count; i++) posix_spawn_file_actions_adddup2(&actions, copies[i], i);
  posix_spawn_file_actions_addclosefrom_np(&actions, count);
  if (directory) posix_spawn_file_actions_addchdir_np(&actions, directory);
  // A session of its own: what is typed at the terminal (Ctrl-C) comes to the host alone, who decides; and what the program starts can be told by
  // it. No signal stays blocked or ignored from our side.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  status = posix_spawnp(child, program, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  drop(descriptors, copies, count);
  return status;
}

int folio_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

int folio_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }

void folio_fill_standard_descriptors(void) {
  for (int number = 0; number < 3; number++)
    if (fcntl(number, F_GETFD) < 0 && errno == EBADF) open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY);
}

const char *folio_signal_name(int number) { return sigabbrev_np(number); }
