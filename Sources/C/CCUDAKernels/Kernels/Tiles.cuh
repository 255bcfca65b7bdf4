// Tiles of matrices in shared memory, and products of them on the tensor cores: what the kernels of products have in common.
//
// Numbers in fp32 are split into three of bfloat16, whose sum they are to their last bit. The products of each with a weight in bfloat16 are exact.

#ifndef FOLIO_TILES_CUH
#define FOLIO_TILES_CUH

#include "Platform.cuh"

#ifdef __CUDACC__

/// An address within shared memory.
INLINE u32 shared_address(const void *at) { return static_cast<u32>(__cvta_generic_to_shared(at)); }

/// Begins to copy 16 bytes to shared memory, of which the first `bytes` are read and the others are 0.
INLINE void copy_16(u32 to, const void *from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}

/// Makes a group of the copies that the thread began since its last group.
INLINE void close_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits until at most so many groups of the thread's copies are under way, the last ones.
template <int COUNT>
INLINE void await_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(COUNT) : "memory");
}

INLINE float2 shared_pair(u32 at) {
  float2 pair;
  asm volatile("ld.shared.v2.f32 {%0, %1}, [%2];" : "=f"(pair.x), "=f"(pair.y) : "r"(at));
  return pair;
}

/// Two numbers rounded to bfloat16, the first in the lower half.
INLINE u32 pack_halves(float low, float high) {
  u32 both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}

/// Four matrices of 8 rows of 16 bytes: `place(lane)` is where row `lane % 8` of matrix `lane / 8` lies. Of each matrix a lane gets the two
/// numbers `2 (lane % 4)` of row `lane / 4`.
template <class Place>
INLINE void load_matrices(u32 (&out)[4], Place place) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(place(static_cast<int>(threadIdx.x & 31)))
               : "memory");
}

/// The same, each matrix transposed.
template <class Place>
INLINE void load_transposed(u32 (&out)[4], Place place) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(place(static_cast<int>(threadIdx.x & 31)))
               : "memory");
}

/// d[16, 8] += a[16, 16] · b[16, 8]
INLINE void multiply_tile(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// d[i][j] += a[i] · b[j] for each of the three parts of a, the smallest first.
template <int DOWN, int ACROSS>
INLINE void multiply_tiles(float (&d)[DOWN][ACROSS][4], const u32 (&a)[DOWN][3][4], const u32 (&b)[ACROSS][2]) {
#pragma unroll
  for (int part = 2; part >= 0; part--)
#pragma unroll
    for (int i = 0; i < DOWN; i++)
#pragma unroll
      for (int j = 0; j < ACROSS; j++) multiply_tile(d[i][j], a[i][part], b[j]);
}

/// d += a[step] · b[step] for all steps, in each for the three parts of b, the smallest first.
template <int STEPS>
INLINE void multiply_steps(float (&d)[4], const u32 (&a)[STEPS][4], const u32 (&b)[STEPS][3][2]) {
#pragma unroll
  for (int step = 0; step < STEPS; step++)
#pragma unroll
    for (int part = 2; part >= 0; part--) multiply_tile(d, a[step], b[step][part]);
}

/// a · b + c, rounded once.
INLINE float fused(float a, float b, float c) { return fmaf(a, b, c); }

#endif

/// The three parts of two neighbours, the smallest last.
INLINE void split(float2 pair, u32 &large, u32 &middle, u32 &small) {
  large = pack_halves(pair.x, pair.y);
  pair.x -= __uint_as_float(large << 16);
  pair.y -= __uint_as_float(large & 0xffff0000u);
  middle = pack_halves(pair.x, pair.y);
  pair.x -= __uint_as_float(middle << 16);
  pair.y -= __uint_as_float(middle & 0xffff0000u);
  small = pack_halves(pair.x, pair.y);
}

/// How many of 16 bytes are there, if so many are left.
INLINE int at_most_16(int bytes) { return max(0, min(16, bytes)); }

/// Where a block's tile lies. Blocks that run at the same time share rows and columns: `blockIdx.x` goes down twelve tiles, then across.
struct TilePlace {
  int row, column;
};
INLINE TilePlace tile_place(int block, int rows, int columns, int high, int wide) {
  int down = (rows + high - 1) / high, across = (columns + wide - 1) / wide;
  int group = block / (12 * across), inside = block - group * 12 * across, depth = min(12, down - group * 12);
  return {(group * 12 + inside % depth) * high, inside / depth * wide};
}

/// Writes or adds the two numbers of columns n and n + 1, as far as they are there. `pairs`: whether the row begins at a multiple of 8 bytes.
INLINE void put_pair(float *row, int n, int columns, float2 value, bool pairs, bool adding) {
  if (pairs && n + 1 < columns) {
    float2 *at = reinterpret_cast<float2 *>(row + n);
    if (adding) {
      float2 old = *at;
      value.x += old.x;
      value.y += old.y;
    }
    *at = value;
  } else {
    if (n < columns) row[n] = adding ? row[n] + value.x : value.x;
    if (n + 1 < columns) row[n + 1] = adding ? row[n + 1] + value.y : value.y;
  }
}

#endif
