// Products of matrices, on every card from 8.0 on.
//
// A number of a product depends on its row, its column and the inner length alone: sums are taken over chunks of 64 along the inner length, and
// the chunks are added up in their order, whatever tile a kernel has, and however many rows and columns there are. So kernels may be chosen by
// the numbers of rows and columns: `product_bf16_*`, here and in ProductsHopper.cu, and `gemv_bf16` give the same bits, and so do
// `product_f32_*` and `gemv_f32`.
//
// Sizes of launches (⌈ ⌉: rounded up):
//
//   kernel                             block  shared bytes              grid
//   product_f32_128, product_any_128     256  0                         (⌈columns / 128⌉, ⌈rows / 128⌉, batches)
//   product_f32_64, product_any_64       256  0                         (⌈columns / 64⌉, ⌈rows / 64⌉, batches)
//   product_bf16_nt, product_bf16_nn     256  98304                     (⌈rows / 128⌉ · ⌈columns / 128⌉, segments, 1)
//   product_bf16_nt_small, …nn_small     128  49152                     (⌈rows / 64⌉ · ⌈columns / 64⌉, segments, 1)
//   gemv_bf16                            512  32768 + stages · 32768    (groups, segments, ⌈rows / 8⌉)
//   gemv_f32                             256  32768 + stages · 32768    (groups, 1, ⌈rows / 8⌉)
//   reduce                               256  0                         (up to ⌈rows · columns / 1024⌉, 1, 1)
//
// `groups` is any number of blocks that share the columns, 16 at a time: best min(⌈columns / 16⌉, multiprocessors / (segments · ⌈rows / 8⌉)), at
// least 1. `stages` is 2 to 6, as many as the card has shared memory for: 6 on 9.0 and 10.0 (229376 bytes), 4 on 8.0 (163840), 2 on 8.6, 8.9 and
// 12.0 (98304).
//
// Which kernel: up to 16 rows and a weight [columns, inner], `gemv_bf16`. Else, on 9.0 `product_bf16_*_192` if its tiles times the segments are at
// least half as many as the multiprocessors, or else `…_64`; on other cards `product_bf16_nt` (nn) and `…_small` in the same way. Microseconds on
// an H200 (launches of 45 us and less are bound by the launch):
//
//   columns, inner   rows   _192   _64        columns, inner   rows   _192   _64
//   16384, 2048      1100    333   549        2048, 2048       1100     57    97
//                     128     57    65                          128     54    48
//   2048, 16384      1100    371   590        256, 2048        1100     55    34
//                     128     61    71
//
// Arguments of `product_bf16_*` and `gemv_bf16` (which has one more, `int stages`):
//
//   const float *x, i64 x_row, const u16 *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner, int segment, int adding
//
//   y[rows, columns] (+)= x[rows, inner] · w, with w as rows [columns, inner] (nt, gemv) or [inner, columns] (nn). `x_row`, `w_row` and `y_row`
//   are by how many numbers rows lie apart. x and w begin at multiples of 16 bytes, and so do their rows: x_row is a multiple of 4, w_row of 8 (of 4 in
//   fp32). y may lie anywhere. `segment` is 2048 (a multiple of 64, for gemv at most 2048); segments = ⌈inner / segment⌉. If there is more than one,
//   y is the place of parts [segment, rows, columns] with y_row = columns and adding = 0, and `reduce` follows:
//
//   const float *parts, float *y, int rows, int columns, i64 y_row, int segments, int adding
//
// `gemv_f32`: const float *x, i64 x_row, const float *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner, int adding, int stages.
// `product_f32_*` and `product_any_*` (B in bfloat16): see PLAIN_PARAMETERS and PlainTile.cuh.

#include "HalvesTile.cuh"
#include "PlainTile.cuh"

// MARK: - Plain fp32

// Chunks begin where `phase` (0 to 63) numbers more came before the first of the inner length.
#define PLAIN_PARAMETERS(Right) \
  const float *a, i64 a_batch, i64 a_row, i64 a_column, const Right *b, i64 b_batch, i64 b_row, i64 b_column, int group, float *c, \
      i64 c_batch, i64 c_row, int rows, int columns, int inner, float factor, int adding, int hidden, int visible, int window, int phase
#define PLAIN_TILE(tile, down, across, Right) \
  product_tile<tile, down, across, Right>( \
      {a, a_batch, a_row, a_column, b, b_batch, b_row, b_column, group, c, c_batch, c_row, rows, columns, inner, factor, adding, hidden, \
       visible, window, phase})
KERNEL(product_f32_128, 256, (PLAIN_PARAMETERS(float))) { PLAIN_TILE(128, 8, 8, float); }
KERNEL(product_f32_64, 256, (PLAIN_PARAMETERS(float))) { PLAIN_TILE(64, 4, 4, float); }
KERNEL(product_any_128, 256, (PLAIN_PARAMETERS(u16))) { PLAIN_TILE(128, 8, 8, u16); }
KERNEL(product_any_64, 256, (PLAIN_PARAMETERS(u16))) { PLAIN_TILE(64, 4, 4, u16); }

// MARK: - Weights in bfloat16

#define HALVES_PARAMETERS \
  const float *x, i64 x_row, const u16 *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner, int segment, int adding
#define HALVES_TILE(...) \
  DYNAMIC_SHARED(unsigned char, shared); \
  product_halves<__VA_ARGS__>(shared, x, x_row, w, w_row, y, y_row, rows, columns, inner, segment, adding)
KERNEL(product_bf16_nt, 256, (HALVES_PARAMETERS)) { HALVES_TILE(128, 128, 64, true); }
KERNEL(product_bf16_nn, 256, (HALVES_PARAMETERS)) { HALVES_TILE(128, 128, 64, false); }
KERNEL(product_bf16_nt_small, 128, (HALVES_PARAMETERS)) { HALVES_TILE(64, 64, 32, true); }
KERNEL(product_bf16_nn_small, 128, (HALVES_PARAMETERS)) { HALVES_TILE(64, 64, 32, false); }

// MARK: - Few rows

/// Waits until the oldest of so many stages is there.
INLINE void await_stage(int stages) {
  switch (stages) {
    case 2: return await_copies<0>();
    case 3: return await_copies<1>();
    case 4: return await_copies<2>();
    case 5: return await_copies<3>();
    default: return await_copies<4>();
  }
}

// Eight rows of x at the speed at which the weight is read. A block stays: it splits x once into registers, and then streams the weight's rows, 16 at
// a time. Warp i has the chunks i and i + 16 along the sum, of at most 32, in a ring of stages of its own; a chunk's sums go to shared memory, where
// they are added up in their order while the next rows are under way.
KERNEL(gemv_bf16, 512, (HALVES_PARAMETERS, int stages)) {
  constexpr int WARPS = 16, STAGE = 2048, SUMS = 32 * 128;
  DYNAMIC_SHARED(unsigned char, shared);
  float *sums = reinterpret_cast<float *>(shared);
  int t = threadIdx.x, lane = t & 31, warp = t >> 5, g = lane >> 2, q = lane & 3;
  int m0 = blockIdx.z * 8, high = min(8, rows - m0), groups = (columns + 15) / 16;
  int k0 = blockIdx.y * segment, k1 = min(inner, k0 + segment), chunks = (k1 - k0 + 63) / 64;
  int own = (chunks - warp + WARPS - 1) / WARPS;
  u32 ring = shared_address(shared) + 2 * SUMS * 4 + warp * stages * STAGE;

  // What is loaded next: 16 rows of 128 bytes, whose pieces are exchanged so that eight rows lie in different banks.
  int piece = lane & 7, row = lane >> 3, next_group = blockIdx.x, next_chunk = 0, next_stage = 0;
  u32 to = ring + row * 128;
  auto load = [&]() {
    if (own > 0 && next_group < groups) {
      int k = k0 + (warp + next_chunk * WARPS) * 64 + piece * 8, bytes = at_most_16((k1 - k) * 2), n0 = next_group * 16 + row;
      const u16 *from = w + n0 * w_row + k;
#pragma unroll
      for (int i = 0; i < 4; i++) {
        bool has = n0 + i * 4 < columns && bytes;
        copy_16(to + next_stage * STAGE + i * 512 + ((piece ^ ((row + i * 4) & 7)) << 4), has ? from + i * 4 * w_row : w, has ? bytes : 0);
      }
      if (++next_chunk == own) next_chunk = 0, next_group += gridDim.x;
      if (++next_stage == stages) next_stage = 0;
    }
    close_copies();
  };
  for (int s = 0; s + 1 < stages; s++) load();

  u32 parts[2][4][3][2];
#pragma unroll
  for (int c = 0; c < 2; c++)
#pragma unroll
    for (int step = 0; step < 4; step++)
#pragma unroll
      for (int r = 0; r < 2; r++) {
        int k = k0 + (warp + c * WARPS) * 64 + step * 16 + r * 8 + q * 2;
        const float *at = x + (m0 + g) * x_row + k;
        float2 pair = make_float2(0, 0);
        if (g < high && k + 1 < k1) pair = *reinterpret_cast<const float2 *>(at);
        else if (g < high && k < k1) pair.x = *at;
        split(pair, parts[c][step][0][r], parts[c][step][1][r], parts[c][step][2][r]);
      }

  float *out = y + (gridDim.y > 1 ? static_cast<i64>(blockIdx.y) * rows * y_row : 0) + m0 * y_row;
  int stage = 0, turn = 0;
  for (int group = blockIdx.x; group < groups; group += gridDim.x, turn ^= 1) {
#pragma unroll
    for (int c = 0; c < 2; c++) {
      if (c >= own) break;
      await_stage(stages);
      __syncwarp();
      load();
      u32 a[4][4];
#pragma unroll
      for (int step = 0; step < 4; step++)
        load_matrices(a[step], [&](int l) {
          return ring + stage * STAGE + (l & 15) * 128 + (((step * 2 + (l >> 4)) ^ (l & 7)) << 4);
        });
      if (++stage == stages) stage = 0;
      float d[4] = {};
      multiply_steps(d, a, parts[c]);
      // Numbers [row of x, row of w], exchanged so that they lie in different banks.
      float *sum = sums + turn * SUMS + (warp + c * WARPS) * 128;
      int exchanged = (q & 1) << 3 ^ q >> 1 << 4;
#pragma unroll
      for (int e = 0; e < 4; e++)
        if (q * 2 + (e & 1) < high) sum[((q * 2 + (e & 1)) * 16 + (e >> 1) * 8 + g) ^ exchanged] = d[e];
    }
    __syncthreads();
    int m = t >> 4, n = group * 16 + (t & 15);
    if (m < high && n < columns) {
      const float *sum = sums + turn * SUMS + ((m * 16 + (t & 15)) ^ ((m >> 1 & 1) << 3 ^ m >> 2 << 4));
      float total = 0;
#pragma unroll 8
      for (int c = 0; c < chunks; c++) total += sum[c * 128];
      float *at = out + m * y_row + n;
      *at = adding ? *at + total : total;
    }
  }
}

// The same with a weight in fp32: the bits of `product_f32_*`. A lane has one of 16 of the weight's rows and four rows of x, and adds up a chunk by
// itself; the chunks' sums are added up in their order, 32 chunks at a time.
KERNEL(
    gemv_f32, 256,
    (const float *x, i64 x_row, const float *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner, int adding, int stages)) {
  constexpr int WARPS = 8, STAGE = 4096, ROUND = 32, SUMS = ROUND * 128;
  DYNAMIC_SHARED(unsigned char, shared);
  float *sums = reinterpret_cast<float *>(shared);
  int t = threadIdx.x, lane = t & 31, warp = t >> 5, m0 = blockIdx.z * 8, high = min(8, rows - m0), groups = (columns + 15) / 16;
  int chunks = (inner + 63) / 64, rounds = (chunks + ROUND - 1) / ROUND;
  u32 ring = shared_address(shared) + 2 * SUMS * 4 + warp * stages * STAGE;

  // What is loaded next: 16 rows of 256 bytes, whose pieces are exchanged so that eight rows lie in different banks.
  int piece = lane & 15, row = lane >> 4, next_group = blockIdx.x, next_chunk = warp, next_stage = 0;
  auto load = [&]() {
    if (warp < chunks && next_group < groups) {
      int k = next_chunk * 64 + piece * 4, bytes = at_most_16((inner - k) * 4), n0 = next_group * 16 + row;
      const float *from = w + n0 * w_row + k;
#pragma unroll
      for (int i = 0; i < 8; i++) {
        bool has = n0 + i * 2 < columns && bytes;
        u32 to = ring + next_stage * STAGE + (row + i * 2) * 256 + ((piece ^ ((row + i * 2) & 7)) << 4);
        copy_16(to, has ? from + i * 2 * w_row : w, has ? bytes : 0);
      }
      next_chunk += WARPS;
      if (next_chunk >= chunks) next_chunk = warp, next_group += gridDim.x;
      if (++next_stage == stages) next_stage = 0;
    }
    close_copies();
  };
  for (int s = 0; s + 1 < stages; s++) load();

  float *out = y + m0 * y_row;
  int n = lane & 15, m1 = lane >> 4 << 2, own = min(4, high - m1), stage = 0, turn = 0;
  for (int group = blockIdx.x; group < groups; group += gridDim.x) {
    float total = 0;
    for (int round = 0; round < rounds; round++, turn ^= 1) {
      int end = min(chunks, (round + 1) * ROUND);
      for (int chunk = round * ROUND + warp; chunk < end; chunk += WARPS) {
        await_stage(stages);
        __syncwarp();
        load();
        float part[4] = {};
        const float *from = x + (m0 + m1) * x_row + chunk * 64;
#pragma unroll 4
        for (int p = 0; p < 16; p++) {
          u32 at = ring + stage * STAGE + n * 256 + ((p ^ (n & 7)) << 4);
          float2 first = shared_pair(at), second = shared_pair(at + 8);
          int left = inner - chunk * 64 - p * 4;
#pragma unroll
          for (int i = 0; i < 4; i++) {
            const float *four = from + i * x_row + p * 4;
            float4 v = make_float4(0, 0, 0, 0);
            if (i < own && left >= 4) {
              v = *reinterpret_cast<const float4 *>(four);
            } else if (i < own) {
              if (left > 0) v.x = four[0];
              if (left > 1) v.y = four[1];
              if (left > 2) v.z = four[2];
            }
            part[i] = fused(v.w, second.y, fused(v.z, second.x, fused(v.y, first.y, fused(v.x, first.x, part[i]))));
          }
        }
        if (++stage == stages) stage = 0;
        float *sum = sums + turn * SUMS + (chunk - round * ROUND) * 128;
#pragma unroll
        for (int i = 0; i < 4; i++) sum[(m1 + i) * 16 + n] = part[i];
      }
      __syncthreads();
      if (t < high * 16) {
        const float *sum = sums + turn * SUMS + t;
#pragma unroll 8
        for (int c = 0; c < end - round * ROUND; c++) total += sum[c * 128];
      }
    }
    if (t < high * 16 && group * 16 + (t & 15) < columns) {
      float *at = out + (t >> 4) * y_row + group * 16 + (t & 15);
      *at = adding ? *at + total : total;
    }
  }
}

// MARK: - Segments

// y (+)= the sum of the parts [segment, rows, columns], in their order.
KERNEL(reduce, 256, (const float *parts, float *y, int rows, int columns, i64 y_row, int segments, int adding)) {
  i64 size = static_cast<i64>(rows) * columns, step = static_cast<i64>(gridDim.x) * blockDim.x;
  bool four = columns % 4 == 0 && y_row % 4 == 0 && is_aligned(parts, 16) && is_aligned(y, 16);
  int each = four ? 4 : 1;
  for (i64 i = (static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x) * each; i < size; i += step * each) {
    i64 row = quotient(i, columns);
    float *at = y + row * y_row + (i - row * columns);
    if (four) {
      float4 total = *reinterpret_cast<const float4 *>(parts + i);
      for (int s = 1; s < segments; s++) {
        float4 part = *reinterpret_cast<const float4 *>(parts + s * size + i);
        total.x += part.x, total.y += part.y, total.z += part.z, total.w += part.w;
      }
      if (adding) {
        float4 old = *reinterpret_cast<const float4 *>(at);
        total.x += old.x, total.y += old.y, total.z += old.z, total.w += old.w;
      }
      *reinterpret_cast<float4 *>(at) = total;
    } else {
      float total = parts[i];
      for (int s = 1; s < segments; s++) total += parts[s * size + i];
      *at = adding ? *at + total : total;
    }
  }
}
