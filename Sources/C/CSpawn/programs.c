#define _GNU_SOURCE
#include "include/CSpawn.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct program {
  pid_t number, parent, session;
  char state;
  uint64_t start;
  bool is_found;
};

/// What the kernel says of a process. Returns false if it is gone.
static bool look(pid_t number, struct program *program) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", number);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return false;
  text[count] = 0;
  // The name, in parentheses, may hold anything.
  const char *rest = strrchr(text, ')');
  unsigned long long start = 0;
  int parent = 0, session = 0;
  char state = 0;
  if (!rest || sscanf(rest + 1, " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state, &parent, &session, &start) != 4)
    return false;
  *program = (struct program){number, parent, session, state, start, false};
  return true;
}

/// Whether the environment that a process was started with has an entry.
static bool has_mark(pid_t number, const char *mark) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/environ", number);
  FILE *file = fopen(path, "re");
  char *entry = NULL;
  size_t room = 0;
  bool found = false;
  while (file && !found && getdelim(&entry, &room, 0, file) > 0) found = strcmp(entry, mark) == 0;
  free(entry);
  if (file) fclose(file);
  return found;
}

/// All processes that can be seen. Returns how many; the caller frees them.
static size_t list(struct program **programs) {
  size_t count = 0, room = 0;
  DIR *folder = opendir("/proc");
  struct dirent *entry;
  *programs = NULL;
  while (folder && (entry = readdir(folder))) {
    pid_t number = atoi(entry->d_name);
    if (number <= 0) continue;
    if (count == room) {
      room = room ? 2 * room : 256;
      struct program *larger = realloc(*programs, room * sizeof **programs);
      if (!larger) break;
      *programs = larger;
    }
    if (look(number, *programs + count)) count++;
  }
  if (folder) closedir(folder);
  return count;
}

/// Ends what is there now. Returns whether there was something.
static bool end_once(pid_t process, uint64_t since, const char *mark) {
  struct program *programs;
  size_t count = list(&programs);
  for (size_t i = 0; i < count && mark; i++) {
    bool may_be = programs[i].number != process && programs[i].number != getpid() && programs[i].start >= since;
    programs[i].is_found = may_be && has_mark(programs[i].number, mark);
  }
  bool grows = true, found = false;
  while (grows) {
    grows = false;
    for (size_t i = 0; i < count; i++) {
      struct program *program = programs + i;
      if (program->is_found || program->number == process || program->number == getpid()) continue;
      bool is_child = (program->parent == process || program->session == process) && program->start >= since;
      for (size_t j = 0; j < count && !is_child; j++) is_child = programs[j].is_found && programs[j].number == program->parent;
      if (is_child) program->is_found = grows = true;
    }
  }
  for (size_t i = 0; i < count; i++) {
    struct program now;
    // Its number may be another's by now.
    if (!programs[i].is_found || programs[i].state == 'Z' || !look(programs[i].number, &now) || now.start != programs[i].start) continue;
    if (kill(programs[i].number, SIGKILL) == 0) found = true;
  }
  free(programs);
  return found;
}

void folio_end_programs(pid_t process, uint64_t since, const char *mark) {
  // What is being started while others are ended is met the next time.
  for (int round = 0; round < 100 && end_once(process, since, mark); round++) usleep(1000);
}

uint64_t folio_program_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  uint64_t ticks = sysconf(_SC_CLK_TCK);
  return time.tv_sec * ticks + time.tv_nsec * ticks / 1000000000;
}
