// The sources of the kernels that run on a graphics card. They are compiled when they are first needed, by NVRTC, for the card that is there.
//
// A program is a `.cu` file; what it includes are the `.cuh` files, which NVRTC is given as headers under their names. The same files compile
// as C++ for the tests.

#ifndef FOLIO_CCUDAKERNELS_H
#define FOLIO_CCUDAKERNELS_H

#include <stddef.h>

/// A file: its name without a folder, and its text, which ends with a zero that `length` does not count.
typedef struct {
  const char *name;
  const char *text;
  size_t length;
} cuda_source;

extern const cuda_source cuda_sources[];
extern const size_t cuda_source_count;

/// What NVRTC is told besides the architecture. The kernels promise bits, so these options are part of them.
extern const char *const cuda_options[];
extern const size_t cuda_option_count;

// Swift does not import arrays of unknown length.
static inline const cuda_source *cuda_source_at(size_t index) { return cuda_sources + index; }
static inline const char *cuda_option_at(size_t index) { return cuda_options[index]; }

#endif
