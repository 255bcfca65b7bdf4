// Products of matrices, on every card from 8.0 on.
//
// A number of a product depends on its row, its column and the inner length alone: sums are taken over chunks of 64 along the inner length, and the
// chunks are added up in their order, whatever tile a kernel has, and however many rows and columns there are. So kernels may be chosen by the
// numbers of rows and columns. Products with weights in bfloat16 add chunks up within segments (2048 of the inner length), and then the segments:
// `product_bf16_*`, here and in ProductsHopper.cu, and `gemv_bf16` give the same bits.
//
//   kernel                          block  dynamic shared bytes        grid
//   product_f32_128, product_any_128  256  0                           (columns / 128, rows / 128, batches), rounded up
//   product_f32_64, product_any_64    256  0                           (columns / 64, rows / 64, batches), rounded up
//   product_bf16_nt, product_bf16_nn  256  98304                       (⌈rows / 128⌉ · ⌈columns / 128⌉, segments, 1)
//   product_bf16_nt_small, …_nn_small 128  49152                       (⌈rows / 64⌉ · ⌈columns / 64⌉, segments, 1)
//   gemv_bf16                         512  32768 + stages · 32768      (min(⌈columns / 16⌉, max(1, multiprocessors / (segments · ⌈rows / 8⌉))),
//                                                                       segments, ⌈rows / 8⌉)
//   reduce                            256  0                           any, up to ⌈rows · columns / 1024⌉
//
// Arguments of `product_bf16_*` and `gemv_bf16`:
//   (const float *x, i64 x_row, const u16 *w, i64 w_row, float *y, i64 y_row, int rows, int columns, int inner, int segment, int adding)
// and for `gemv_bf16` one more, `int stages`: 2 to 6 where a block may have so much shared memory: 6 on 9.0 and 10.0 (229376 bytes), 4 on 8.0
// (163840), 2 on 8.6, 8.9 and 12.0 (98304).
//   y[rows, columns] (+)= x[rows, inner] · w, with w as rows [columns, inner] (nt, gemv) or [inner, columns] (nn). `x_row`, `w_row` and `y_row` are
//   by how many numbers rows lie apart. x and w begin at multiples of 16 bytes, and so do their rows: x_row is a multiple of 4, w_row of 8. y may lie
//   anywhere. `segment` is 2048 (a multiple of 64, at most 2048 for gemv), and there are ⌈inner / segment⌉ segments. If there is more than one,
//   y is the place of the parts [segment, rows, columns] with y_row = columns and adding = 0, and `reduce` follows.
// reduce(const float *parts, float *y, int rows, int columns, i64 y_row, int segments, int adding)

#include "Tiles.cuh"

// MARK: - Plain fp32

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

/// A tile of TILE rows and columns by 256 threads, EACH times EACH numbers a thread.
template <int TILE, int EACH, class Right>
INLINE void product_tile(const PlainProduct<Right> &p) {
  constexpr int DEPTH = 16, THREADS = 256, LOADS = TILE * DEPTH / THREADS, STRIDE = TILE + 4;
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
  int am_step = a_along ? 16 : 0, ak_step = a_along ? 0 : THREADS / TILE;
  int bn_step = b_along ? 16 : 0, bk_step = b_along ? 0 : THREADS / TILE;
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

  // A thread has the rows 4 y to 4 y + 3 and the columns 4 x to 4 x + 3, and those half a tile further; a warp is 8 times 4 threads.
  int lane = t & 31, warp = t >> 5, x = (warp & 3) * 4 + (lane & 3), y = (warp >> 2) * 8 + (lane >> 2);
  bool works = m0 + y * 4 < p.rows && n0 + x * 4 < p.columns;
  float total[EACH][EACH] = {}, part[EACH][EACH] = {};
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
        float left[EACH], right[EACH];
#pragma unroll
        for (int h = 0; h < EACH / 4; h++) {
          *reinterpret_cast<float4 *>(left + h * 4) =
              *reinterpret_cast<const float4 *>(as[s & 1] + k * STRIDE + h * (TILE / 2) + y * 4);
          *reinterpret_cast<float4 *>(right + h * 4) =
              *reinterpret_cast<const float4 *>(bs[s & 1] + k * STRIDE + h * (TILE / 2) + x * 4);
        }
#pragma unroll
        for (int i = 0; i < EACH; i++)
#pragma unroll
          for (int j = 0; j < EACH; j++) part[i][j] = fused(left[i], right[j], part[i][j]);
      }
      if (((begin + (s + 1) * DEPTH) & 63) == 0 || s + 1 == steps) {
#pragma unroll
        for (int i = 0; i < EACH; i++)
#pragma unroll
          for (int j = 0; j < EACH; j++) {
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
  for (int i = 0; i < EACH; i++) {
    int m = m0 + i / 4 * (TILE / 2) + y * 4 + i % 4;
    if (m >= p.rows) continue;
#pragma unroll
    for (int j = 0; j < EACH; j++) {
      int n = n0 + j / 4 * (TILE / 2) + x * 4 + j % 4;
      if (n >= p.columns) continue;
      float *at = c + m * p.c_row + n;
      *at = p.adding ? *at + p.factor * total[i][j] : p.factor * total[i][j];
    }
  }
}

// Chunks begin where `phase` (0 to 63) numbers more came before the first of the inner length.
#define PLAIN_PARAMETERS(Right) \
  const float *a, i64 a_batch, i64 a_row, i64 a_column, const Right *b, i64 b_batch, i64 b_row, i64 b_column, int group, float *c, \
      i64 c_batch, i64 c_row, int rows, int columns, int inner, float factor, int adding, int hidden, int visible, int window, int phase
#define PLAIN_TILE(tile, each, Right) \
  product_tile<tile, each, Right>( \
      {a, a_batch, a_row, a_column, b, b_batch, b_row, b_column, group, c, c_batch, c_row, rows, columns, inner, factor, adding, hidden, \
       visible, window, phase})
KERNEL(product_f32_128, 256, (PLAIN_PARAMETERS(float))) { PLAIN_TILE(128, 8, float); }
KERNEL(product_f32_64, 256, (PLAIN_PARAMETERS(float))) { PLAIN_TILE(64, 4, float); }
KERNEL(product_any_128, 256, (PLAIN_PARAMETERS(u16))) { PLAIN_TILE(128, 8, u16); }
KERNEL(product_any_64, 256, (PLAIN_PARAMETERS(u16))) { PLAIN_TILE(64, 4, u16); }

// MARK: - Weights in bfloat16

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
