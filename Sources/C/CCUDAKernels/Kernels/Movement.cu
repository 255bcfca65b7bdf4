// Numbers that are moved: parts, stacks, transposes, and rows by their indices.
//
// Launch: blocks of exactly 256 threads; any grid is right. Sizes may be 0. Offsets and strides count numbers, and not bytes.
//
//   copy_blocks(const float *x, i64 x_offset, float *y, i64 y_offset, i64 n0, i64 n1, i64 n2, i64 n3,
//               i64 sx0, i64 sx1, i64 sx2, i64 sx3, i64 sy0, i64 sy1, i64 sy2, i64 sy3)
//     y[y_offset + Σ i·sy] = x[x_offset + Σ i·sx] for all i0 < n0, … i3 < n3; x and y do not overlap. The axes may be given in any order.
//     It is fast where sx3 = sy3 = 1 (parts, stacks), or sy3 = sx2 = 1 (transposes), with (n0 * n1 * n2 * n3 + 1023) / 1024 blocks, at most
//     some ten thousand.
//   gather_rows(const void *weight, int is_bf16, i64 offset, i64 row_stride, i64 column_stride, const int *indices, float *y,
//               i64 count, i64 columns)
//     y[i, c] = weight[offset + indices[i] * row_stride + c * column_stride]; weight is bfloat16 or float. Fast with
//     (count * columns + 1023) / 1024 blocks.
//   add_rows(const float *x, const int *indices, float factor, float *y, i64 count, i64 width)
//     y[indices[i]] += factor * x[i], rounded once, in the order of i, also for equal indices. Grid: (count, (width + 1023) / 1024).

#include "Elements.cuh"

constexpr int tile = 32;
constexpr int movers = 256;

/// The index of a run of four axes, split: the last is the fastest.
struct Place {
  i64 i0, i1, i2, i3;
};

INLINE Place place_of(i64 i, i64 n1, i64 n2, i64 n3) {
  i64 r2 = quotient(i, n3), r1 = quotient(r2, n2), r0 = quotient(r1, n1);
  return Place{r0, r1 - r0 * n1, r2 - r1 * n2, i - r2 * n3};
}

KERNEL(copy_blocks, movers,
       (const float *x, i64 x_offset, float *y, i64 y_offset, i64 n0, i64 n1, i64 n2, i64 n3, i64 sx0, i64 sx1, i64 sx2, i64 sx3,
        i64 sy0, i64 sy1, i64 sy2, i64 sy3)) {
  x += x_offset;
  y += y_offset;
  if (n0 == 0 || n1 == 0 || n2 == 0 || n3 == 0) return;
  if (sy3 == 1 && sx3 != 1 && sx2 == 1 && n2 > 1) {
    // Read along one axis and written along the other, by squares that lie in shared memory in between.
    __shared__ float square[tile][tile + 1];
    int lane = threadIdx.x % tile, line = threadIdx.x / tile;
    i64 across = (n3 + tile - 1) / tile, down = (n2 + tile - 1) / tile, all = n0 * n1 * down * across;
    for (i64 t = blockIdx.x; t < all; t += gridDim.x) {
      Place at = place_of(t, n1, down, across);
      const float *from = x + at.i0 * sx0 + at.i1 * sx1;
      float *to = y + at.i0 * sy0 + at.i1 * sy1;
      i64 i2 = at.i2 * tile, i3 = at.i3 * tile;
      for (int l = line; l < tile; l += movers / tile)
        if (i2 + lane < n2 && i3 + l < n3) square[l][lane] = from[i2 + lane + (i3 + l) * sx3];
      __syncthreads();
      for (int l = line; l < tile; l += movers / tile)
        if (i2 + l < n2 && i3 + lane < n3) to[(i2 + l) * sy2 + i3 + lane] = square[lane][l];
      __syncthreads();
    }
    return;
  }
  bool whole = sx3 == 1 && sy3 == 1 && n3 % 4 == 0 && is_aligned(x, 16) && is_aligned(y, 16) &&
               ((sx0 | sx1 | sx2 | sy0 | sy1 | sy2) & 3) == 0;
  i64 count = whole ? 4 : 1, in_row = n3 / count, all = n0 * n1 * n2 * in_row;
  for (i64 i = thread_in_grid(); i < all; i += threads_in_grid()) {
    Place at = place_of(i, n1, n2, in_row);
    i64 from = at.i0 * sx0 + at.i1 * sx1 + at.i2 * sx2 + at.i3 * count * sx3;
    i64 to = at.i0 * sy0 + at.i1 * sy1 + at.i2 * sy2 + at.i3 * count * sy3;
    if (whole) {
      store_four(y + to, load_four(x + from, true), true);
    } else {
      y[to] = x[from];
    }
  }
}

KERNEL(gather_rows, movers,
       (const void *weight, int is_bf16, i64 offset, i64 row_stride, i64 column_stride, const int *indices, float *y, i64 count,
        i64 columns)) {
  const float *floats = static_cast<const float *>(weight) + offset;
  const u16 *halves = static_cast<const u16 *>(weight) + offset;
  bool whole = column_stride == 1 && columns % 4 == 0 && row_stride % 4 == 0 && is_aligned(y, 16) &&
               (is_bf16 ? is_aligned(halves, 8) : is_aligned(floats, 16));
  i64 width = whole ? 4 : 1, in_row = columns / width, all = count * in_row;
  for (i64 i = thread_in_grid(); i < all; i += threads_in_grid()) {
    i64 row = quotient(i, in_row), column = (i - row * in_row) * width;
    i64 from = indices[row] * row_stride + column * column_stride;
    float *to = y + row * columns + column;
    if (!whole) {
      *to = is_bf16 ? widened(halves[from]) : floats[from];
    } else if (is_bf16) {
      uint2 four = *reinterpret_cast<const uint2 *>(halves + from);
      Four values{{widened(four.x & 0xffff), widened(four.x >> 16), widened(four.y & 0xffff), widened(four.y >> 16)}};
      store_four(to, values, true);
    } else {
      store_four(to, load_four(floats + from, true), true);
    }
  }
}

KERNEL(add_rows, movers, (const float *x, const int *indices, float factor, float *y, i64 count, i64 width)) {
  // Of equal indices the block of the first does the work of all, so that no two blocks add to one row, and the order is that of i.
  __shared__ u32 equal[movers / 32];
  bool whole = is_aligned(x, 16) && is_aligned(y, 16) && width % 4 == 0;
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (i64 i = blockIdx.x; i < count; i += gridDim.x) {
    int index = indices[i];
    for (i64 first = static_cast<i64>(blockIdx.y) * 4 * movers; first < width; first += static_cast<i64>(gridDim.y) * 4 * movers) {
      i64 column = first + 4 * threadIdx.x;
      i64 own = larger(smaller(width - column, 4), 0);
      float *to = y + index * width + column;
      Four sum{{0, 0, 0, 0}};
      if (own == 4) sum = load_four(to, whole);
      if (own < 4)
        for (int k = 0; k < 4; k++) sum.at[k] = k < own ? to[k] : 0;
      bool is_first = true;
      for (i64 start = 0; start < count && is_first; start += movers) {
        i64 j = start + threadIdx.x;
        u32 bits = __ballot_sync(EVERY_LANE, j < count && indices[j] == index);
        if (lane == 0) equal[warp] = bits;
        __syncthreads();
        for (int w = 0; w < movers / 32 && is_first; w++) {
          for (u32 rest = equal[w]; rest != 0 && is_first; rest &= rest - 1) {
            i64 from = start + w * 32 + __ffs(rest) - 1;
            is_first = from >= i;
            if (!is_first) continue;
            const float *row = x + from * width + column;
#pragma unroll
            for (int k = 0; k < 4; k++)
              if (k < own) sum.at[k] = fmaf(factor, row[k], sum.at[k]);
          }
        }
        __syncthreads();
      }
      if (!is_first) continue;
      if (own == 4) store_four(to, sum, whole);
      if (own < 4)
        for (int k = 0; k < 4; k++)
          if (k < own) to[k] = sum.at[k];
    }
  }
}
