// A tile of a product with a weight in bfloat16 by the tensor cores of any card from 8.0 on: for Products.cu.

#ifndef FOLIO_HALVESTILE_CUH
#define FOLIO_HALVESTILE_CUH

#include "Tiles.cuh"

/// A tile of HIGH times WIDE numbers, 32 times ACROSS of them a warp. ALONG: the weight's rows lie along the sum.
template <int HIGH, int WIDE, int ACROSS, bool ALONG>
INLINE void product_halves(
    unsigned char *shared, const float *x, i64 x_row, const u16 *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner,
    int segment, int adding) {
  constexpr int DEPTH = 32, STAGES = 4, LANES = HIGH / 32 * (WIDE / ACROSS) * 32, TILES = ACROSS / 8;
  constexpr int LEFT_BYTES = HIGH * DEPTH * 4, STAGE = LEFT_BYTES + WIDE * DEPTH * 2;
  u32 base = shared_address(shared);
  int t = threadIdx.x, lane = t & 31, warp = t >> 5, g = lane >> 2, q = lane & 3;
  TilePlace place = tile_place(blockIdx.x, rows, columns, HIGH, WIDE);
  int m0 = place.row, n0 = place.column, wm = warp % (HIGH / 32) * 32, wn = warp / (HIGH / 32) * ACROSS;
  int k0 = blockIdx.y * segment, k1 = min(inner, k0 + segment), steps = (k1 - k0 + DEPTH - 1) / DEPTH;

  // Rows of x take 128 bytes; the pieces of 16 bytes are exchanged so that four rows of two pieces lie in different banks.
  constexpr int X_ROWS = LANES / 8;
  int xc = t & 7, xr = t >> 3;
  const float *xs = x + (m0 + xr) * x_row + k0 + xc * 4;
  u32 x_to = base + xr * 128 + ((xc ^ ((xr & 3) << 1)) << 4);
  // Rows of the weight take 64 bytes (32 along the sum) or WIDE times 2; eight of them lie in different banks.
  constexpr int W_PIECES = ALONG ? 4 : WIDE / 8, W_ROWS = LANES / W_PIECES;
  int wc = t % W_PIECES, wr = t / W_PIECES;
  const u16 *ws = ALONG ? w + (n0 + wr) * w_row + k0 + wc * 8 : w + (k0 + wr) * w_row + n0 + wc * 8;
  auto w_place = [](int row, int piece) {
    return ALONG ? row * 64 + ((piece ^ ((row >> 1) & 3)) << 4) : row * (WIDE * 2) + ((piece ^ (row & 7)) << 4);
  };
  u32 w_to = base + LEFT_BYTES + w_place(wr, wc);
  auto load = [&](int s) {
    u32 to = s % STAGES * STAGE;
    int left = k1 - k0 - s * DEPTH, bytes = at_most_16((left - xc * 4) * 4);
#pragma unroll
    for (int i = 0; i < HIGH / X_ROWS; i++) {
      bool has = m0 + xr + i * X_ROWS < rows && bytes;
      copy_16(x_to + to + i * X_ROWS * 128, has ? xs + i * X_ROWS * x_row + s * DEPTH : x, has ? bytes : 0);
    }
#pragma unroll
    for (int i = 0; i < (ALONG ? WIDE : DEPTH) / W_ROWS; i++) {
      int row = wr + i * W_ROWS;
      int there = ALONG ? (n0 + row < columns ? at_most_16((left - wc * 8) * 2) : 0)
                        : (row < left ? at_most_16((columns - n0 - wc * 8) * 2) : 0);
      const u16 *from = ws + i * W_ROWS * w_row + s * DEPTH * (ALONG ? 1 : w_row);
      copy_16(w_to + to + i * W_ROWS * (ALONG ? 64 : WIDE * 2), there ? from : w, there);
    }
  };

  float total[2][TILES][4] = {}, part[2][TILES][4] = {};
#pragma unroll
  for (int s = 0; s < STAGES - 1; s++) {
    if (s < steps) load(s);
    close_copies();
  }
  for (int s = 0; s < steps; s++) {
    await_copies<STAGES - 2>();
    __syncthreads();
    if (s + STAGES - 1 < steps) load(s + STAGES - 1);
    close_copies();
    u32 stage = base + s % STAGES * STAGE;
#pragma unroll
    for (int kk = 0; kk < DEPTH / 16; kk++) {
      u32 a[2][3][4], b[TILES][2];
#pragma unroll
      for (int j = 0; j < TILES; j += 2) {
        u32 both[4];
        if (ALONG)
          load_matrices(both, [&](int l) {
            return stage + LEFT_BYTES + w_place(wn + j * 8 + (l & 7) + (l >> 4 << 3), kk * 2 + (l >> 3 & 1));
          });
        else
          load_transposed(both, [&](int l) {
            return stage + LEFT_BYTES + w_place(kk * 16 + (l & 15), wn / 8 + j + (l >> 4));
          });
        b[j][0] = both[0], b[j][1] = both[1], b[j + 1][0] = both[2], b[j + 1][1] = both[3];
      }
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int r = 0; r < 4; r++) {
          int row = wm + i * 16 + (r & 1) * 8 + g, piece = kk * 4 + (r >> 1) * 2 + (q >> 1);
          float2 pair = shared_pair(stage + row * 128 + ((piece ^ ((row & 3) << 1)) << 4) + (q & 1) * 8);
          split(pair, a[i][0][r], a[i][1][r], a[i][2][r]);
        }
      multiply_tiles(part, a, b);
    }
    if (s % 2 == 1 || s + 1 == steps) {
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < TILES; j++)
#pragma unroll
          for (int e = 0; e < 4; e++) {
            total[i][j][e] += part[i][j][e];
            part[i][j][e] = 0;
          }
    }
  }

  float *out = y + (gridDim.y > 1 ? static_cast<i64>(blockIdx.y) * rows * y_row : 0);
  bool pairs = y_row % 2 == 0 && is_aligned(out, 8);
#pragma unroll
  for (int i = 0; i < 2; i++)
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int m = m0 + wm + i * 16 + h * 8 + g;
      if (m >= rows) continue;
#pragma unroll
      for (int j = 0; j < TILES; j++)
        put_pair(
            out + m * y_row, n0 + wn + j * 8 + q * 2, columns, make_float2(total[i][j][h * 2], total[i][j][h * 2 + 1]), pairs, adding);
    }
}

#endif
