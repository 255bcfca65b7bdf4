#define _GNU_SOURCE
#include "include/CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

int folio_spawn(
    pid_t *child, const char *program, char *const arguments[], char *const environment[], const int *descriptors, int count,
    const char *directory) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  // By way of numbers above all of them, so that no descriptor overwrites one that is still to be moved.
  int above = count;
  for (int i = 0; i < count; i++) above = descriptors[i] >= above ? descriptors[i] + 1 : above;
  for (int i = 0; i < count; i++) posix_spawn_file_actions_adddup2(&actions, descriptors[i], above + i);
  for (int i = 0; i < count; i++) posix_spawn_file_actions_adddup2(&actions, above + i, i);
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
  int status = posix_spawn(child, program, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return status;
}

int folio_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

const char *folio_signal_name(int number) { return sigabbrev_np(number); }
