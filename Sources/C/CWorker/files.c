// The notes of the files that a cell reads and writes, of the folders that it lists and of what it asks the file system. See CWorker.h. The
// functions by which all of that is seen stand in file_functions.c.

#define _GNU_SOURCE
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// How often this thread has said that what it does is not to be noted.
static _Thread_local int looks_away = 0;

static bool notes(void) { return __atomic_load_n(&is_noting, __ATOMIC_RELAXED) && looks_away == 0; }

void folio_note_path(int folder, const char *path, enum use use) {
  if (!notes()) return;
  int error = errno;
  char whole[PATH_MAX];
  if (absolute(folder, path, whole) && !is_untracked(whole)) note(whole, use, NULL);
  errno = error;
}

void folio_note_opened(int folder, const char *path, int flags, int descriptor) {
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

void folio_files_look_away(bool begins) { looks_away += begins ? 1 : -1; }

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
