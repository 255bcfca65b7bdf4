// Which files a cell reads and writes, whatever library it does it by. See CWorker.h.
//
// The worker's own `open` comes before the C library's for every library that is loaded into the process, Foundation's among them.
// Each call goes on to the C library's; what is opened while a cell runs is noted. What the dynamic loader and `fopen`'s insides open does not
// pass here; `fopen` itself does.

#define _GNU_SOURCE
#include "include/CWorker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

static pthread_mutex_t noting = PTHREAD_MUTEX_INITIALIZER;
static struct folio_file *files = NULL;
static size_t file_count = 0, file_room = 0;
static bool is_noting = false;

/// What says nothing of a notebook: the system's own files, and what the session keeps for itself.
static bool is_untracked(const char *path) {
  static const char *const roots[] = {"/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib", "/run/"};
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    if (strncmp(path, roots[i], strlen(roots[i])) == 0) return true;
  }
  const char *own = getenv("FOLIO_UNTRACKED");
  while (own && *own) {
    size_t length = strcspn(own, ":");
    if (length && strncmp(path, own, length) == 0) return true;
    own += length + (own[length] == ':');
  }
  return false;
}

/// The absolute path, in `whole`. Returns false if there is none.
static bool absolute(int folder, const char *path, char whole[PATH_MAX]) {
  if (!path || !*path) return false;
  if (*path == '/') return snprintf(whole, PATH_MAX, "%s", path) < PATH_MAX;
  char base[PATH_MAX];
  if (folder == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) return false;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, base, sizeof base - 1);
    if (length < 0) return false;
    base[length] = 0;
  }
  return snprintf(whole, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

static void note(const char *path, bool writes, const struct stat *state) {
  pthread_mutex_lock(&noting);
  size_t index = 0;
  while (is_noting && index < file_count && strcmp(files[index].path, path) != 0) index++;
  if (is_noting && index == file_count) {
    if (file_count == file_room) {
      size_t room = file_room ? 2 * file_room : 32;
      struct folio_file *larger = realloc(files, room * sizeof *files);
      if (larger) files = larger, file_room = room;
    }
    char *copy = file_count < file_room ? strdup(path) : NULL;
    if (copy) {
      files[file_count] = (struct folio_file){.path = copy, .was_read = !writes};
      if (state) {
        files[file_count].size = state->st_size;
        files[file_count].inode = state->st_ino;
        files[file_count].modified = state->st_mtim.tv_sec * 1000000000LL + state->st_mtim.tv_nsec;
      }
      file_count++;
    }
  }
  if (is_noting && index < file_count && writes) files[index].was_written = true;
  pthread_mutex_unlock(&noting);
}

/// Notes what an `open` did, which returned the descriptor, or -1 and its error.
static void note_opened(int folder, const char *path, int flags, int descriptor) {
  if (!__atomic_load_n(&is_noting, __ATOMIC_RELAXED)) return;
  int error = errno;
  char whole[PATH_MAX];
  if (absolute(folder, path, whole) && !is_untracked(whole)) {
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    struct stat state;
    if (descriptor >= 0) {
      if (fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode)) note(whole, writes, &state);
    } else if (!writes && error == ENOENT) {
      note(whole, false, NULL);
    }
  }
  errno = error;
}

// MARK: - The C library's functions

/// The next definition of a function after ours, looked up once.
#define NEXT(type, name)                                                   \
  static _Atomic(type) known = NULL;                                       \
  type next = known;                                                       \
  if (!next) known = next = (type)dlsym(RTLD_NEXT, name);                  \
  if (!next) {                                                             \
    errno = ENOSYS;                                                        \
  }

typedef int (*open_function)(const char *, int, ...);
typedef int (*openat_function)(int, const char *, int, ...);
typedef FILE *(*fopen_function)(const char *, const char *);
typedef int (*rename_function)(const char *, const char *);

#define MODE(flags, last)                                                  \
  mode_t mode = 0;                                                         \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {                                 \
    va_list arguments;                                                     \
    va_start(arguments, last);                                             \
    mode = va_arg(arguments, mode_t);                                      \
    va_end(arguments);                                                     \
  }

#define OPEN(name)                                                         \
  VISIBLE int name(const char *path, int flags, ...) {                     \
    MODE(flags, flags)                                                     \
    NEXT(open_function, #name)                                             \
    if (!next) return -1;                                                  \
    int descriptor = next(path, flags, mode);                              \
    note_opened(AT_FDCWD, path, flags, descriptor);                        \
    return descriptor;                                                     \
  }

#define OPENAT(name)                                                       \
  VISIBLE int name(int folder, const char *path, int flags, ...) {         \
    MODE(flags, flags)                                                     \
    NEXT(openat_function, #name)                                           \
    if (!next) return -1;                                                  \
    int descriptor = next(folder, path, flags, mode);                      \
    note_opened(folder, path, flags, descriptor);                          \
    return descriptor;                                                     \
  }

#define FOPEN(name)                                                        \
  VISIBLE FILE *name(const char *path, const char *how) {                  \
    NEXT(fopen_function, #name)                                            \
    if (!next) return NULL;                                                \
    FILE *file = next(path, how);                                          \
    bool reads = how && *how == 'r' && !strchr(how, '+');                  \
    note_opened(AT_FDCWD, path, reads ? O_RDONLY : O_RDWR, file ? fileno(file) : -1); \
    return file;                                                           \
  }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)

// What code that was compiled with _FORTIFY_SOURCE calls.
VISIBLE int __open_2(const char *path, int flags) { return open(path, flags); }
VISIBLE int __open64_2(const char *path, int flags) { return open64(path, flags); }

/// A file that is written whole takes its name at the end.
VISIBLE int rename(const char *from, const char *to) {
  NEXT(rename_function, "rename")
  if (!next) return -1;
  int status = next(from, to);
  if (status == 0 && __atomic_load_n(&is_noting, __ATOMIC_RELAXED)) {
    char whole[PATH_MAX];
    if (absolute(AT_FDCWD, to, whole) && !is_untracked(whole)) note(whole, true, NULL);
  }
  return status;
}

// MARK: - Interface

void folio_files_begin(void) {
  pthread_mutex_lock(&noting);
  for (size_t i = 0; i < file_count; i++) free((void *)files[i].path);
  file_count = 0;
  __atomic_store_n(&is_noting, true, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&noting);
}

size_t folio_files_end(const struct folio_file **noted) {
  pthread_mutex_lock(&noting);
  __atomic_store_n(&is_noting, false, __ATOMIC_RELAXED);
  *noted = files;
  size_t count = file_count;
  pthread_mutex_unlock(&noting);
  return count;
}
