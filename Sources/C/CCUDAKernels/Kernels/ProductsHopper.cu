// Products with weights in bfloat16 on cards of compute capability 9.0 (compiled for sm_90a): the same bits as those of Products.cu, where their
// arguments are described, at the speed of products by whole warpgroups.
//
//   kernel                                  block  dynamic shared bytes  grid
//   product_bf16_nt_192, product_bf16_nn_192  384  230528                (⌈rows / 128⌉ · ⌈columns / 192⌉, segments, 1)
//   product_bf16_nt_64, product_bf16_nn_64    384  164992                (⌈rows / 128⌉ · ⌈columns / 64⌉, segments, 1)

#include "Warpgroups.cuh"

/// A tile of 128 rows of x and WIDE columns. The third warpgroup copies x (as fp32) and the weight into a ring of stages of 64 along the sum; the
/// other two split their 64 rows of x in registers and multiply. Shared memory begins at a multiple of 1024, after which the pieces' exchange counts.
template <int WIDE, bool TRANSPOSED>
INLINE void product_warpgroups(
    unsigned char *shared, const float *__restrict__ x, i64 x_row, const u16 *__restrict__ w, i64 w_row, float *__restrict__ y, i64 y_row, int rows,
    int columns, int inner, int segment, int adding) {
  constexpr int HIGH = 128, DEPTH = 64, STAGES = 4, LAG = 2, COUNT = WIDE / 2;
  constexpr int X_BYTES = HIGH * DEPTH * 4, STAGE = X_BYTES + WIDE * DEPTH * 2;
  // A wide tile's products need registers that copying can do without.
  constexpr bool TRADES = WIDE > 64;
  u32 base = (shared_address(shared) + 1023u) & ~1023u, barriers = base + STAGES * STAGE;
  TilePlace place = tile_place(blockIdx.x, rows, columns, HIGH, WIDE);
  int m0 = place.row, n0 = place.column;
  int k0 = blockIdx.y * segment, k1 = min(inner, k0 + segment), steps = (k1 - k0 + DEPTH - 1) / DEPTH;
  int warpgroup = threadIdx.x >> 7, active = rows - m0 > 64 ? 2 : 1;
  // Of each stage a barrier at which it is full, and one at which it is free.
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) {
      begin_barrier(barriers + i * 16, 128);
      begin_barrier(barriers + i * 16 + 8, 4 * active);
    }
    publish_barriers();
  }
  __syncthreads();

  if (warpgroup == 2) {
    if (TRADES) keep_registers<40>();
    int t = threadIdx.x - 256;
    // Rows of x take 256 bytes; pieces of 16 bytes are exchanged so that four rows lie in different banks.
    int xc = t & 15, xr = t >> 4, rows_left = rows - m0 - xr;
    const float *xs = x + (m0 + xr) * x_row + k0 + xc * 4;
    u32 x_to = xr * 256 + ((xc ^ ((xr & 3) << 1)) << 4);
    int wc = t & 7, wr = t >> 3;
    const u16 *ws = TRANSPOSED ? w + (k0 + wr) * w_row + n0 + wc * 8 : w + (n0 + wr) * w_row + k0 + wc * 8;
    u32 w_to = X_BYTES + wr * 128 + ((wc ^ (wr & 7)) << 4);
    int columns_left = columns - n0 - (TRANSPOSED ? wc * 8 : wr);
    for (int s = 0; s < steps; s++) {
      int stage = s % STAGES, left = k1 - k0 - s * DEPTH;
      if (s >= STAGES) await_phase(barriers + stage * 16 + 8, (s / STAGES - 1) & 1);
      u32 to = base + stage * STAGE;
      int x_bytes = at_most_16((left - xc * 4) * 4);
      const float *from_x = xs;
#pragma unroll
      for (int i = 0; i < 16; i++) {
        if (i < 8 || active == 2) copy_16(to + x_to + i * 2048, from_x, i * 8 < rows_left ? x_bytes : 0);
        from_x += 8 * x_row;
      }
      const u16 *from_w = ws;
      if (TRANSPOSED) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
          for (int n = 0; n < WIDE / 64; n++)
            copy_16(
                to + w_to + n * 8192 + i * 2048, from_w + n * 64, i * 16 + wr < left ? at_most_16((columns_left - n * 64) * 2) : 0);
          from_w += 16 * w_row;
        }
        ws += DEPTH * w_row;
      } else {
        int w_bytes = at_most_16((left - wc * 8) * 2);
#pragma unroll
        for (int i = 0; i < WIDE / 16; i++) {
          copy_16(to + w_to + i * 2048, from_w, i * 16 < columns_left ? w_bytes : 0);
          from_w += 16 * w_row;
        }
        ws += DEPTH;
      }
      xs += DEPTH;
      close_copies();
      if (s >= LAG) {
        await_copies<LAG>();
        publish_copies();
        arrive(barriers + (s - LAG) % STAGES * 16);
      }
    }
    await_copies<0>();
    publish_copies();
    for (int s = max(0, steps - LAG); s < steps; s++) arrive(barriers + s % STAGES * 16);
  } else {
    if (TRADES) take_registers<232>();
    if (warpgroup >= active) return;
    base = (shared_again(shared) + 1023u) & ~1023u;
    barriers = base + STAGES * STAGE;
    int q = threadIdx.x & 3, row = (threadIdx.x >> 5) * 16 + ((threadIdx.x & 31) >> 2);
    u32 from = base + row * 256 + (((q >> 1) << 4) ^ ((row & 3) << 5)) + (q & 1) * 8;
    u64 weight = TRANSPOSED ? descriptor(base + X_BYTES, 8192, 1024) : descriptor(base + X_BYTES, 16, 1024);
    float total[COUNT], part[COUNT];
#pragma unroll
    for (int i = 0; i < COUNT; i++) total[i] = 0;
    float2 pairs[4];
    auto load = [&](int stage, int step) {
      u32 at = (from + stage * STAGE) ^ (step * 64);
      pairs[0] = shared_pair(at);
      pairs[1] = shared_pair(at + 2048);
      pairs[2] = shared_pair(at ^ 32);
      pairs[3] = shared_pair((at ^ 32) + 2048);
    };
    await_phase(barriers, 0);
    load(0, 0);
    int stage = 0;
    u32 parity = 0;
    for (int s = 0; s < steps; s++) {
      u64 b = weight + static_cast<u64>(stage * STAGE >> 4);
#pragma unroll
      for (int step = 0; step < 4; step++) {
        // Registers that a product reads are not written before it is done.
        if (step) await_products();
        u32 a[3][4];
#pragma unroll
        for (int i = 0; i < 4; i++) split(pairs[i], a[0][i], a[1][i], a[2][i]);
        multiply_parts<TRANSPOSED>(part, a, b + step * (TRANSPOSED ? 128 : 2), step == 0);
        if (step < 3) {
          load(stage, step + 1);
        } else if (s + 1 < steps) {
          int next = (stage + 1) % STAGES;
          if (next == 0) parity ^= 1;
          await_phase(barriers + next * 16, parity);
          load(next, 0);
        }
      }
      await_products();
      if ((threadIdx.x & 31) == 0) arrive(barriers + stage * 16 + 8);
#pragma unroll
      for (int i = 0; i < COUNT; i++) total[i] += part[i];
      stage = (stage + 1) % STAGES;
    }
    int t = thread_again();
    place = tile_place(block_again(), rows, columns, HIGH, WIDE);
    row = place.row + (t >> 5) * 16 + ((t & 31) >> 2);
    float *out = y + (gridDim.y > 1 ? static_cast<i64>(blockIdx.y) * rows * y_row : 0);
    bool even = y_row % 2 == 0 && is_aligned(out, 8);
#pragma unroll
    for (int h = 0; h < 2; h++) {
      if (row + h * 8 >= rows) continue;
      float *to = out + (row + h * 8) * y_row;
#pragma unroll
      for (int j = 0; j < WIDE / 8; j++)
        put_pair(
            to, place.column + j * 8 + (t & 3) * 2, columns, make_float2(total[j * 4 + h * 2], total[j * 4 + h * 2 + 1]), even, adding);
    }
  }
}

#define PARAMETERS \
  const float *x, i64 x_row, const u16 *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner, int segment, int adding
#define TILE(wide, transposed) \
  DYNAMIC_SHARED(unsigned char, shared); \
  product_warpgroups<wide, transposed>(shared, x, x_row, w, w_row, y, y_row, rows, columns, inner, segment, adding)
KERNEL(product_bf16_nt_192, 384, (PARAMETERS)) { TILE(192, false); }
KERNEL(product_bf16_nt_64, 384, (PARAMETERS)) { TILE(64, false); }
KERNEL(product_bf16_nn_192, 384, (PARAMETERS)) { TILE(192, true); }
KERNEL(product_bf16_nn_64, 384, (PARAMETERS)) { TILE(64, true); }
