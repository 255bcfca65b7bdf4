// Loops over elements, four at a time where all addresses allow it. Which of the two ways is taken changes no bit.

#ifndef FOLIO_ELEMENTS_CUH
#define FOLIO_ELEMENTS_CUH

#include "Platform.cuh"

INLINE i64 thread_in_grid() { return static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; }
INLINE i64 threads_in_grid() { return static_cast<i64>(gridDim.x) * blockDim.x; }

/// Four numbers that lie together, as one access of 16 bytes if `whole`, which needs an address that is a multiple of 16.
struct Four {
  float at[4];
};

INLINE Four load_four(const float *from, bool whole) {
  Four four;
  if (whole) {
    float4 value = *reinterpret_cast<const float4 *>(from);
    four.at[0] = value.x, four.at[1] = value.y, four.at[2] = value.z, four.at[3] = value.w;
  } else {
    for (int i = 0; i < 4; i++) four.at[i] = from[i];
  }
  return four;
}

/// Four numbers of which `count` are there, which may be negative; zeros for the others.
INLINE Four load_some(const float *from, i64 count, bool whole) {
  if (count >= 4) return load_four(from, whole);
  Four four;
#pragma unroll
  for (int i = 0; i < 4; i++) four.at[i] = i < count ? from[i] : 0;
  return four;
}

INLINE void store_four(float *to, const Four &four, bool whole) {
  if (whole) {
    *reinterpret_cast<float4 *>(to) = make_float4(four.at[0], four.at[1], four.at[2], four.at[3]);
  } else {
    for (int i = 0; i < 4; i++) to[i] = four.at[i];
  }
}

/// out[i] = f(x[i], y[i], i), where `x` and `y` may be null, and then stand for zeros. An output may be an input.
///
/// Each thread takes two fours at once, so that enough of them are on their way.
template <class Function>
INLINE void for_each_element(const float *x, const float *y, float *out, i64 n, Function f) {
  i64 first = thread_in_grid(), step = threads_in_grid(), fours = 0;
  if (is_aligned(x, 16) && is_aligned(y, 16) && is_aligned(out, 16)) {
    fours = n / 4;
    for (i64 i = first; i < fours; i += 2 * step) {
      i64 at[2] = {i, i + step};
      Four a[2], b[2];
#pragma unroll
      for (int k = 0; k < 2; k++) {
        if (at[k] >= fours) continue;
        a[k] = x ? load_four(x + 4 * at[k], true) : Four{{0, 0, 0, 0}};
        b[k] = y ? load_four(y + 4 * at[k], true) : Four{{0, 0, 0, 0}};
      }
#pragma unroll
      for (int k = 0; k < 2; k++) {
        if (at[k] >= fours) continue;
        Four result;
#pragma unroll
        for (int j = 0; j < 4; j++) result.at[j] = f(a[k].at[j], b[k].at[j], 4 * at[k] + j);
        store_four(out + 4 * at[k], result, true);
      }
    }
  }
  for (i64 i = 4 * fours + first; i < n; i += step) out[i] = f(x ? x[i] : 0, y ? y[i] : 0, i);
}

/// Calls body(row, column) for all places of [rows, width], each fourth column only if `whole`.
///
/// One division finds the thread's first place. From there it goes on by as many rows and columns as the grid has threads.
template <class Body>
INLINE void for_each_place(i64 rows, i64 width, bool whole, Body body) {
  i64 count = whole ? 4 : 1, in_row = width / count;
  if (in_row == 0) return;
  i64 row = quotient(thread_in_grid(), in_row), place = thread_in_grid() - row * in_row;
  i64 rows_on = quotient(threads_in_grid(), in_row), places_on = threads_in_grid() - rows_on * in_row;
  while (row < rows) {
    body(row, place * count);
    row += rows_on;
    place += places_on;
    if (place >= in_row) {
      place -= in_row;
      row++;
    }
  }
}

#endif
