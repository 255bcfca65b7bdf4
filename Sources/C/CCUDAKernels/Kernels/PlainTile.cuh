// A tile of a product in plain fp32, wherever the numbers lie: for Products.cu.

#ifndef FOLIO_PLAINTILE_CUH
#define FOLIO_PLAINTILE_CUH

#include "Tiles.cuh"

/// C[b][m][n] (+)= factor · Σ_k A[b][m][k] · B[b / group][k][n], each by the distances between its neighbours. B is in fp32 or in bfloat16.
template <class Right>
struct PlainProduct {
  const float *a;
  i64 a_batch, a_row, a_column;
  const Right *b;
  i64 b_batch, b_row, b_column;
  int group;
  float *c;
  i64 c_batch, c_row;
  int rows, columns, inner;
  float factor;
  int adding, hidden, visible, window, phase;
};

/// Of which sums something is left out: a query m sees the keys before `visible + m`, of them the last `window` (0: all).
enum Hidden { nothing, /* [query, key] */ results, /* k is a key */ keys, /* k is a query, m a key */ queries };

/// What of the inner length the tile of rows from `top` on needs, or nothing of a tile whose results nobody sees.
template <class Right>
INLINE bool needed(const PlainProduct<Right> &p, int top, int left, int tile, int &first, int &end) {
  i64 below = min(p.rows, top + tile), visible = p.visible, window = p.window ? p.window : 1ll << 40;
  i64 from = 0, to = p.inner;
  if (p.hidden == results) return left < visible + below - 1 && left + tile > visible + top - window;
  if (p.hidden == keys) from = visible + top - window, to = visible + below - 1;
  if (p.hidden == queries) from = top - visible + 1, to = below - visible + window;
  first = static_cast<int>(smaller(larger(from, 0), p.inner));
  end = static_cast<int>(smaller(larger(to, 0), p.inner));
  return true;
}

INLINE float as_float(float value) { return value; }
INLINE float as_float(u16 bits) { return widened(bits); }

/// A tile of TILE rows and columns, DOWN times ACROSS numbers a thread: 4 or 8.
template <int TILE, int DOWN, int ACROSS, class Right>
INLINE void product_tile(const PlainProduct<Right> &p) {
  constexpr int DEPTH = 16, THREADS = TILE / DOWN * (TILE / ACROSS), LOADS = TILE * DEPTH / THREADS, STRIDE = TILE + 4;
  __align__(16) __shared__ float as[2][DEPTH * STRIDE];
  __align__(16) __shared__ float bs[2][DEPTH * STRIDE];
  int t = threadIdx.x, m0 = blockIdx.y * TILE, n0 = blockIdx.x * TILE, batch = blockIdx.z;
  int first = 0, end = p.inner;
  if (!needed(p, m0, n0, TILE, first, end)) return;
  // Chunks begin at multiples of 64 of k + phase, so that is what is counted. What lies before the first of a chunk is 0, and is left out.
  int begin = (first + p.phase) & ~(DEPTH - 1), phase = p.phase, steps = max(0, (end + phase - begin + DEPTH - 1) / DEPTH);

  // Which index neighbouring threads read along.
  bool a_along = p.a_column == 1, b_along = p.b_row == 1;
  int am = a_along ? t >> 4 : t % TILE, ak = a_along ? t & 15 : t / TILE;
  int bn = b_along ? t >> 4 : t % TILE, bk = b_along ? t & 15 : t / TILE;
  int am_step = a_along ? THREADS / DEPTH : 0, ak_step = a_along ? 0 : THREADS / TILE;
  int bn_step = b_along ? THREADS / DEPTH : 0, bk_step = b_along ? 0 : THREADS / TILE;
  const float *from_a = p.a + batch * p.a_batch + (m0 + am) * p.a_row + (begin - phase + ak) * p.a_column;
  const Right *from_b = p.b + batch / p.group * p.b_batch + (n0 + bn) * p.b_column + (begin - phase + bk) * p.b_row;
  i64 a_step = am_step * p.a_row + ak_step * p.a_column, b_step = bn_step * p.b_column + bk_step * p.b_row;
  int rows_left = p.rows - m0 - am, columns_left = p.columns - n0 - bn;
  float next_a[LOADS], next_b[LOADS];
  auto fetch = [&](int k) {
    const float *pa = from_a;
    const Right *pb = from_b;
#pragma unroll
    for (int i = 0; i < LOADS; i++) {
      bool has_a = i * am_step < rows_left && static_cast<u32>(k + ak + i * ak_step) < static_cast<u32>(end);
      bool has_b = i * bn_step < columns_left && static_cast<u32>(k + bk + i * bk_step) < static_cast<u32>(end);
      next_a[i] = has_a ? *pa : 0.0f;
      next_b[i] = has_b ? as_float(*pb) : 0.0f;
      pa += a_step;
      pb += b_step;
    }
    from_a += DEPTH * p.a_column;
    from_b += DEPTH * p.b_row;
  };
  auto store = [&](int buffer) {
#pragma unroll
    for (int i = 0; i < LOADS; i++) {
      as[buffer][(ak + i * ak_step) * STRIDE + am + i * am_step] = next_a[i];
      bs[buffer][(bk + i * bk_step) * STRIDE + bn + i * bn_step] = next_b[i];
    }
  };

  // A thread has the rows 4 y to 4 y + 3 and the columns 4 x to 4 x + 3, and of 8 those half a tile further; a warp is 8 times 4 threads.
  constexpr int WARPS_ACROSS = TILE / ACROSS / 4;
  int lane = t & 31, warp = t >> 5, x = warp % WARPS_ACROSS * 4 + (lane & 3), y = warp / WARPS_ACROSS * 8 + (lane >> 2);
  bool works = m0 + y * 4 < p.rows && n0 + x * 4 < p.columns;
  float total[DOWN][ACROSS] = {}, part[DOWN][ACROSS] = {};
  if (steps) {
    fetch(begin - phase);
    store(0);
  }
  __syncthreads();
  for (int s = 0; s < steps; s++) {
    if (s + 1 < steps) fetch(begin - phase + (s + 1) * DEPTH);
    if (works) {
#pragma unroll
      for (int k = 0; k < DEPTH; k++) {
        float left[DOWN], right[ACROSS];
#pragma unroll
        for (int h = 0; h < DOWN / 4; h++)
          *reinterpret_cast<float4 *>(left + h * 4) =
              *reinterpret_cast<const float4 *>(as[s & 1] + k * STRIDE + h * (TILE / 2) + y * 4);
#pragma unroll
        for (int h = 0; h < ACROSS / 4; h++)
          *reinterpret_cast<float4 *>(right + h * 4) =
              *reinterpret_cast<const float4 *>(bs[s & 1] + k * STRIDE + h * (TILE / 2) + x * 4);
#pragma unroll
        for (int i = 0; i < DOWN; i++)
#pragma unroll
          for (int j = 0; j < ACROSS; j++) part[i][j] = fused(left[i], right[j], part[i][j]);
      }
      if (((begin + (s + 1) * DEPTH) & 63) == 0 || s + 1 == steps) {
#pragma unroll
        for (int i = 0; i < DOWN; i++)
#pragma unroll
          for (int j = 0; j < ACROSS; j++) {
            total[i][j] += part[i][j];
            part[i][j] = 0;
          }
      }
    }
    if (s + 1 < steps) store((s & 1) ^ 1);
    __syncthreads();
  }

  float *c = p.c + batch * p.c_batch;
#pragma unroll
  for (int i = 0; i < DOWN; i++) {
    int m = m0 + i / 4 * (TILE / 2) + y * 4 + i % 4;
    if (m >= p.rows) continue;
#pragma unroll
    for (int j = 0; j < ACROSS; j++) {
      int n = n0 + j / 4 * (TILE / 2) + x * 4 + j % 4;
      if (n >= p.columns) continue;
      float *at = c + m * p.c_row + n;
      *at = p.adding ? *at + p.factor * total[i][j] : p.factor * total[i][j];
    }
  }
}

#endif
