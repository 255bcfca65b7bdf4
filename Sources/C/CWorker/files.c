// Which files a cell reads and writes, which folders it lists and what it asks the file system, whatever library it does it by. See CWorker.h.
//
// The worker's own `open` comes before the C library's for every library that is loaded into the process, Foundation's among them; so do
// `stat`, `opendir` and their relatives. Each call goes on to the C library's; what is used while a cell runs is noted. What the dynamic
// loader opens does not pass here.

#define _GNU_SOURCE
#include "include/CWorker.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

static pthread_mutex_t noting = PTHREAD_MUTEX_INITIALIZER;
static struct folio_file **files = NULL;  // In the order in which they were first used.
static size_t file_count = 0, file_room = 0;
static void *by_path = NULL;  // The same, as a tree of search.h.
static bool is_noting = false;

/// Whether a path is a folder, or lies in it.
static bool is_in(const char *path, const char *folder, size_t length) {
  return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/// The folders that the session keeps for itself.
static struct own_folder {
  char *path;
  struct own_folder *next;
} *own_folders = NULL;

/// Whether what lies at a path says nothing of a notebook: the kernel makes it up, or the session keeps it for itself.
static bool is_untracked(const char *path) {
  static const char *const roots[] = {"/proc", "/sys", "/dev"};
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    if (is_in(path, roots[i], strlen(roots[i])) && !is_in(path, "/dev/shm", 8)) return true;
  }
  for (const struct own_folder *folder = own_folders; folder; folder = folder->next) {
    if (is_in(path, folder->path, strlen(folder->path))) return true;
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

static int compare_paths(const void *left, const void *right) {
  return strcmp(((const struct folio_file *)left)->path, ((const struct folio_file *)right)->path);
}

/// The note of a path, made if there is none. Call it with the lock held.
static struct folio_file *note_of(const char *path, bool *is_new) {
  struct folio_file wanted = {.path = path};
  struct folio_file **found = tfind(&wanted, &by_path, compare_paths);
  *is_new = !found;
  if (found) return *found;
  if (file_count == file_room) {
    size_t room = file_room ? 2 * file_room : 32;
    struct folio_file **larger = realloc(files, room * sizeof *files);
    if (!larger) return NULL;
    files = larger, file_room = room;
  }
  struct folio_file *file = calloc(1, sizeof *file);
  char *copy = strdup(path);
  if (!file || !copy) return NULL;
  file->path = copy;
  files[file_count++] = file;
  tsearch(file, &by_path, compare_paths);
  return file;
}

enum use { READS, WRITES, LISTS, EXAMINES, REMOVES };

static void note(const char *path, enum use use, const struct stat *state) {
  pthread_mutex_lock(&noting);
  bool is_new = false;
  struct folio_file *file = is_noting ? note_of(path, &is_new) : NULL;
  if (file) {
    // What a cell has written itself it may read: that says nothing of what it was made of.
    bool is_known = file->was_read || file->was_written;
    if (use == READS && !is_known) file->was_read = true;
    if (use == WRITES) file->was_written = true;
    if (use == LISTS) file->was_listed = true;
    if (use == EXAMINES && !is_known) file->was_examined = true;
    if (use == REMOVES && is_new) file->was_removed = true;
    if (!is_known && (use == READS || use == WRITES) && state) {
      file->size = state->st_size;
      file->inode = state->st_ino;
      file->modified = state->st_mtim.tv_sec * 1000000000LL + state->st_mtim.tv_nsec;
    }
  }
  pthread_mutex_unlock(&noting);
}

static bool notes(void) { return __atomic_load_n(&is_noting, __ATOMIC_RELAXED); }

/// Notes the use of a path by name.
static void note_path(int folder, const char *path, enum use use) {
  if (!notes()) return;
  int error = errno;
  char whole[PATH_MAX];
  if (absolute(folder, path, whole) && !is_untracked(whole)) note(whole, use, NULL);
  errno = error;
}

/// Notes what an `open` did, which returned the descriptor, or -1 and its error.
static void note_opened(int folder, const char *path, int flags, int descriptor) {
  if (!notes()) return;
  int error = errno;
  char whole[PATH_MAX];
  if (absolute(folder, path, whole) && !is_untracked(whole)) {
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    struct stat state;
    if (descriptor >= 0) {
      if (fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode)) note(whole, writes ? WRITES : READS, &state);
      else if (S_ISDIR(state.st_mode)) note(whole, LISTS, NULL);
    } else if (!writes && (error == ENOENT || error == ENOTDIR)) {
      note(whole, READS, NULL);
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

/// Defines a function that goes on to the C library's, and then notes.
#define PASSES(result, name, parameters, arguments, then)                  \
  VISIBLE result name parameters {                                         \
    typedef result (*function) parameters;                                  \
    NEXT(function, #name)                                                  \
    if (!next) return (result)-1;                                          \
    result status = next arguments;                                        \
    then;                                                                  \
    return status;                                                         \
  }

#define EXAMINED(folder) note_path(folder, path, EXAMINES)

PASSES(int, stat, (const char *path, struct stat *into), (path, into), EXAMINED(AT_FDCWD))
PASSES(int, lstat, (const char *path, struct stat *into), (path, into), EXAMINED(AT_FDCWD))
PASSES(int, stat64, (const char *path, struct stat64 *into), (path, into), EXAMINED(AT_FDCWD))
PASSES(int, lstat64, (const char *path, struct stat64 *into), (path, into), EXAMINED(AT_FDCWD))
PASSES(int, fstatat, (int folder, const char *path, struct stat *into, int flags), (folder, path, into, flags), EXAMINED(folder))
PASSES(int, fstatat64, (int folder, const char *path, struct stat64 *into, int flags), (folder, path, into, flags), EXAMINED(folder))
PASSES(
    int, statx, (int folder, const char *path, int flags, unsigned mask, struct statx *into), (folder, path, flags, mask, into),
    EXAMINED(folder))
PASSES(int, access, (const char *path, int mode), (path, mode), EXAMINED(AT_FDCWD))
PASSES(int, eaccess, (const char *path, int mode), (path, mode), EXAMINED(AT_FDCWD))
PASSES(int, faccessat, (int folder, const char *path, int mode, int flags), (folder, path, mode, flags), EXAMINED(folder))
PASSES(ssize_t, readlink, (const char *path, char *into, size_t size), (path, into, size), EXAMINED(AT_FDCWD))
PASSES(ssize_t, readlinkat, (int folder, const char *path, char *into, size_t size), (folder, path, into, size), EXAMINED(folder))

// MARK: - Folders

VISIBLE DIR *opendir(const char *path) {
  typedef DIR *(*function)(const char *);
  NEXT(function, "opendir")
  if (!next) return NULL;
  DIR *folder = next(path);
  note_path(AT_FDCWD, path, LISTS);
  return folder;
}

PASSES(
    int, scandir,
    (const char *path, struct dirent ***into, int (*filter)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)),
    (path, into, filter, order), note_path(AT_FDCWD, path, LISTS))

/// A walk through a tree lists each of its folders.
VISIBLE FTSENT *fts_read(FTS *tree) {
  typedef FTSENT *(*function)(FTS *);
  NEXT(function, "fts_read")
  if (!next) return NULL;
  FTSENT *entry = next(tree);
  if (entry && (entry->fts_info == FTS_D || entry->fts_info == FTS_DNR)) note_path(AT_FDCWD, entry->fts_path, LISTS);
  else if (entry) note_path(AT_FDCWD, entry->fts_path, EXAMINES);
  return entry;
}

static _Thread_local int (*visit_entry)(const char *, const struct stat *, int, struct FTW *) = NULL;

static int note_entry(const char *path, const struct stat *state, int kind, struct FTW *place) {
  note_path(AT_FDCWD, path, kind == FTW_D || kind == FTW_DP ? LISTS : EXAMINES);
  return visit_entry(path, state, kind, place);
}

VISIBLE int nftw(const char *path, int (*visit)(const char *, const struct stat *, int, struct FTW *), int descriptors, int flags) {
  typedef int (*function)(const char *, int (*)(const char *, const struct stat *, int, struct FTW *), int, int);
  NEXT(function, "nftw")
  if (!next) return -1;
  visit_entry = visit;
  return next(path, note_entry, descriptors, flags);
}

/// A pattern may list any folder on its way: that before its first wildcard stands for all, with all that lies in it.
VISIBLE int glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *into) {
  typedef int (*function)(const char *, int, int (*)(const char *, int), glob_t *);
  NEXT(function, "glob")
  if (!next) return GLOB_ABORTED;
  // The C library lists by functions that are handed to it, and these pass here.
  glob_t own = *into;
  own.gl_opendir = (void *(*)(const char *))opendir;
  own.gl_readdir = (struct dirent * (*)(void *)) readdir;
  own.gl_closedir = (void (*)(void *))closedir;
  own.gl_stat = stat, own.gl_lstat = lstat;
  int status = next(pattern, flags & GLOB_ALTDIRFUNC ? flags : flags | GLOB_ALTDIRFUNC, failed, flags & GLOB_ALTDIRFUNC ? into : &own);
  if (!(flags & GLOB_ALTDIRFUNC)) *into = own;
  return status;
}

// MARK: - Changes of names

#define WRITTEN(folder, path) if (status == 0) note_path(folder, path, WRITES)
#define REMOVED(folder, path) if (status == 0) note_path(folder, path, REMOVES)

/// A file that is written whole takes its name at the end.
PASSES(int, rename, (const char *from, const char *to), (from, to), REMOVED(AT_FDCWD, from); WRITTEN(AT_FDCWD, to))
PASSES(
    int, renameat, (int from_folder, const char *from, int to_folder, const char *to), (from_folder, from, to_folder, to),
    REMOVED(from_folder, from); WRITTEN(to_folder, to))
PASSES(
    int, renameat2, (int from_folder, const char *from, int to_folder, const char *to, unsigned flags),
    (from_folder, from, to_folder, to, flags), REMOVED(from_folder, from); WRITTEN(to_folder, to))
PASSES(int, link, (const char *from, const char *to), (from, to), WRITTEN(AT_FDCWD, to))
PASSES(int, symlink, (const char *from, const char *to), (from, to), WRITTEN(AT_FDCWD, to))
PASSES(int, truncate, (const char *path, off_t size), (path, size), WRITTEN(AT_FDCWD, path))
PASSES(int, mkdir, (const char *path, mode_t mode), (path, mode), WRITTEN(AT_FDCWD, path))
PASSES(int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode), WRITTEN(folder, path))
PASSES(int, unlink, (const char *path), (path), REMOVED(AT_FDCWD, path))
PASSES(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), REMOVED(folder, path))
PASSES(int, rmdir, (const char *path), (path), REMOVED(AT_FDCWD, path))
PASSES(int, remove, (const char *path), (path), REMOVED(AT_FDCWD, path))

// MARK: - Files that stay open

// What is written to a file that an earlier cell has opened does not pass here. So the files that are open for writing are looked at before and after a cell.
struct open_file {
  int descriptor;
  struct stat state;
};
static struct open_file *open_files = NULL;
static size_t open_count = 0;

static bool is_open_for_writing(int descriptor, struct stat *state) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(descriptor, state) == 0 && S_ISREG(state->st_mode);
}

static void note_open_files(void) {
  DIR *folder = opendir("/proc/self/fd");
  struct dirent *entry;
  open_count = 0;
  while (folder && (entry = readdir(folder))) {
    struct open_file file = {.descriptor = atoi(entry->d_name)};
    if (!is_open_for_writing(file.descriptor, &file.state)) continue;
    struct open_file *larger = realloc(open_files, (open_count + 1) * sizeof file);
    if (!larger) break;
    open_files = larger;
    open_files[open_count++] = file;
  }
  if (folder) closedir(folder);
}

/// Notes those that have changed meanwhile: their new content rests on what was there.
static void note_changed_files(void) {
  for (size_t i = 0; i < open_count; i++) {
    struct stat before = open_files[i].state, now;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", open_files[i].descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || !is_open_for_writing(open_files[i].descriptor, &now) || now.st_ino != before.st_ino) continue;
    path[length] = 0;
    bool is_same = now.st_size == before.st_size && now.st_mtim.tv_sec == before.st_mtim.tv_sec && now.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
    if (!is_same && !is_untracked(path)) note(path, WRITES, NULL);
  }
}

// MARK: - Interface

static void keep_nothing(void *file) { (void)file; }

void folio_files_ignore(const char *path) {
  struct own_folder *folder = malloc(sizeof *folder);
  char *copy = strdup(path);
  if (!folder || !copy) abort();
  *folder = (struct own_folder){copy, own_folders};
  own_folders = folder;
}

void folio_files_begin(void) {
  pthread_mutex_lock(&noting);
  tdestroy(by_path, keep_nothing);
  by_path = NULL;
  for (size_t i = 0; i < file_count; i++) {
    free((void *)files[i]->path);
    free(files[i]);
  }
  file_count = 0;
  note_open_files();
  __atomic_store_n(&is_noting, true, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&noting);
}

size_t folio_files_end(struct folio_file *const **noted) {
  note_changed_files();
  pthread_mutex_lock(&noting);
  __atomic_store_n(&is_noting, false, __ATOMIC_RELAXED);
  *noted = files;
  size_t count = file_count;
  pthread_mutex_unlock(&noting);
  return count;
}
