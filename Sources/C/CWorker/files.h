// How the functions that the worker takes over (file_functions.c) note what they see (files.c). None of it is seen by cells.
#ifndef FOLIO_FILES_H
#define FOLIO_FILES_H

#include "include/CWorker.h"

#pragma GCC visibility push(hidden)

/// What is done to a file or folder.
enum use { READS, WRITES, LISTS, EXAMINES, REMOVES };

/// Notes the use of a path, which is relative to a folder (a descriptor, or `AT_FDCWD`).
void folio_note_path(int folder, const char *path, enum use use);

/// Notes what an `open` did, which returned the descriptor, or -1 and its error.
void folio_note_opened(int folder, const char *path, int flags, int descriptor);

#pragma GCC visibility pop

#endif
