// The C library's functions on files, as the worker takes them over. See CWorker.h.
//
// The worker's own `open` comes before the C library's for every library that is loaded into the process, Foundation's among them; so do
// `stat`, `opendir` and their relatives. Each call goes on to the C library's function; what is used while a cell runs is noted. What the dynamic
// loader opens does not pass here.

#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

// MARK: - Files

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
    folio_note_opened(AT_FDCWD, path, flags, descriptor);                        \
    return descriptor;                                                     \
  }

#define OPENAT(name)                                                       \
  VISIBLE int name(int folder, const char *path, int flags, ...) {         \
    MODE(flags, flags)                                                     \
    NEXT(openat_function, #name)                                           \
    if (!next) return -1;                                                  \
    int descriptor = next(folder, path, flags, mode);                      \
    folio_note_opened(folder, path, flags, descriptor);                          \
    return descriptor;                                                     \
  }

#define FOPEN(name)                                                        \
  VISIBLE FILE *name(const char *path, const char *how) {                  \
    NEXT(fopen_function, #name)                                            \
    if (!next) return NULL;                                                \
    FILE *file = next(path, how);                                          \
    bool reads = how && *how == 'r' && !strchr(how, '+');                  \
    folio_note_opened(AT_FDCWD, path, reads ? O_RDONLY : O_RDWR, file ? fileno(file) : -1); \
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

#define EXAMINED(folder) folio_note_path(folder, path, EXAMINES)

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
  folio_note_path(AT_FDCWD, path, LISTS);
  return folder;
}

PASSES(
    int, scandir,
    (const char *path, struct dirent ***into, int (*filter)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)),
    (path, into, filter, order), folio_note_path(AT_FDCWD, path, LISTS))

/// A walk through a tree lists each of its folders.
VISIBLE FTSENT *fts_read(FTS *tree) {
  typedef FTSENT *(*function)(FTS *);
  NEXT(function, "fts_read")
  if (!next) return NULL;
  FTSENT *entry = next(tree);
  if (entry && (entry->fts_info == FTS_D || entry->fts_info == FTS_DNR)) folio_note_path(AT_FDCWD, entry->fts_path, LISTS);
  else if (entry) folio_note_path(AT_FDCWD, entry->fts_path, EXAMINES);
  return entry;
}

static _Thread_local int (*visit_entry)(const char *, const struct stat *, int, struct FTW *) = NULL;

static int note_entry(const char *path, const struct stat *state, int kind, struct FTW *place) {
  folio_note_path(AT_FDCWD, path, kind == FTW_D || kind == FTW_DP ? LISTS : EXAMINES);
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

#define WRITTEN(folder, path) if (status == 0) folio_note_path(folder, path, WRITES)
#define REMOVED(folder, path) if (status == 0) folio_note_path(folder, path, REMOVES)

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
