typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
// C[b][m][n] (+)= factor * sum_k A[b][m a_row + k a_col] * B[b / b_group][k b_row + n b_col]
// causal 0: all; 1: tiles behind the diagonal are left alone (row m sees columns < visible + m); 2: k < visible + m only; 3: k with m < visible + k only
template <typename T> __device__ __forceinline__ float widen(T v);
template <> __device__ __forceinline__ float widen<float>(float v) { return v; }
template <> __device__ __forceinline__ float widen<u16>(u16 v) { return __uint_as_float((u32)v << 16); }
template <int TILE, int EACH, typename T> __device__ __forceinline__ void product_tile(
    const float* __restrict__ A, long long a_batch, long long a_row, long long a_col, const T* __restrict__ B, long long b_batch, long long b_row, long long b_col, int b_group,
    float* __restrict__ C, long long c_batch, long long c_row, int M, int N, int K, float factor, int adding, int causal, int visible, int window) {
  constexpr int BK = 16, THREADS = 256, LOADS = TILE * BK / THREADS, STRIDE = TILE + 4;
  __shared__ __align__(16) float as[2][BK * STRIDE], bs[2][BK * STRIDE];
  int t = threadIdx.x, m0 = blockIdx.y * TILE, n0 = blockIdx.x * TILE, b = blockIdx.z;
  int first = 0, end = K;
  if (causal == 1 && n0 >= visible + min(M, m0 + TILE) - 1) return;
  if (causal == 1 && window && n0 + TILE <= visible + m0 - window) return;
  if (causal == 2) { end = min(K, visible + min(M, m0 + TILE) - 1); if (window) first = max(0, visible + m0 - window) & ~63; }
  if (causal == 3) { first = max(0, m0 - visible + 1) & ~63; if (window) end = min(K, min(M, m0 + TILE) - visible + window); }
  A += b * a_batch; B += (b / b_group) * b_batch; C += b * c_batch;
  bool ak = a_col == 1, bk = b_row == 1;   // which index is read along
  int am = ak ? t >> 4 : t % TILE, a0 = ak ? t & 15 : t / TILE, ams = ak ? 16 : 0, aks = ak ? 0 : THREADS / TILE;
  int bn = bk ? t >> 4 : t % TILE, b0 = bk ? t & 15 : t / TILE, bns = bk ? 16 : 0, bks = bk ? 0 : THREADS / TILE;
  const float* ap = A + (m0 + am) * a_row + (first + a0) * a_col; const T* bp = B + (first + b0) * b_row + (n0 + bn) * b_col;
  long long astep = ams * a_row + aks * a_col, bstep = bns * b_col + bks * b_row;
  int ato = a0 * STRIDE + am, bto = b0 * STRIDE + bn, atos = aks * STRIDE + ams, btos = bks * STRIDE + bns;
  int mleft = M - m0 - am, nleft = N - n0 - bn;
  float ra[LOADS], rb[LOADS];
  auto fetch = [&](int k) {
    const float* p = ap; const T* q = bp;
    #pragma unroll
    for (int i = 0; i < LOADS; i++) {
      ra[i] = (i * ams < mleft && k + a0 + i * aks < end) ? *p : 0.f; p += astep;
      rb[i] = (i * bns < nleft && k + b0 + i * bks < end) ? widen<T>(*q) : 0.f; q += bstep;
    }
    ap += BK * a_col; bp += BK * b_row;
  };
  auto store = [&](int to) {
    #pragma unroll
    for (int i = 0; i < LOADS; i++) { as[to][ato + i * atos] = ra[i]; bs[to][bto + i * btos] = rb[i]; }
  };
  // a thread's numbers: rows 4 ty + 0..3 (and TILE / 2 further), columns 4 tx + 0..3 (and TILE / 2 further); a warp is 8 x 4 threads
  int lane = t & 31, warp = t >> 5, tx = (warp & 3) * 4 + (lane & 3), ty = (warp >> 2) * 8 + (lane >> 2);
  float total[EACH][EACH] = {}, part[EACH][EACH] = {};
  int steps = max(0, (end - first + BK - 1) / BK);
  if (steps) { fetch(first); store(0); }
  __syncthreads();
  for (int s = 0; s < steps; s++) {
    int at = s & 1;
    if (s + 1 < steps) fetch(first + (s + 1) * BK);
    #pragma unroll
    for (int k = 0; k < BK; k++) {
      float x[EACH], y[EACH];
      #pragma unroll
      for (int h = 0; h < EACH / 4; h++) {
        *(float4*)(x + h * 4) = *(const float4*)(as[at] + k * STRIDE + h * (TILE / 2) + ty * 4);
        *(float4*)(y + h * 4) = *(const float4*)(bs[at] + k * STRIDE + h * (TILE / 2) + tx * 4);
      }
      #pragma unroll
      for (int i = 0; i < EACH; i++)
        #pragma unroll
        for (int j = 0; j < EACH; j++) part[i][j] = fmaf(x[i], y[j], part[i][j]);
    }
    if ((s & 3) == 3 || s + 1 == steps) {
      #pragma unroll
      for (int i = 0; i < EACH; i++)
        #pragma unroll
        for (int j = 0; j < EACH; j++) { total[i][j] += part[i][j]; part[i][j] = 0; }
    }
    if (s + 1 < steps) store(at ^ 1);
    __syncthreads();
  }
  #pragma unroll
  for (int i = 0; i < EACH; i++) {
    int m = m0 + (i / 4) * (TILE / 2) + ty * 4 + i % 4; if (m >= M) continue;
    #pragma unroll
    for (int j = 0; j < EACH; j++) {
      int n = n0 + (j / 4) * (TILE / 2) + tx * 4 + j % 4; if (n >= N) continue;
      float* c = C + (long long)m * c_row + n; float v = factor * total[i][j]; *c = adding ? *c + v : v;
    }
  }
}
#define ARGUMENTS(T) const float* A, long long a_batch, long long a_row, long long a_col, const T* B, long long b_batch, long long b_row, long long b_col, int b_group, \
  float* C, long long c_batch, long long c_row, int M, int N, int K, float factor, int adding, int causal, int visible, int window
#define PASS A, a_batch, a_row, a_col, B, b_batch, b_row, b_col, b_group, C, c_batch, c_row, M, N, K, factor, adding, causal, visible, window
extern "C" __global__ void __launch_bounds__(256, 1) product_f32_128(ARGUMENTS(float)) { product_tile<128, 8, float>(PASS); }
extern "C" __global__ void __launch_bounds__(256, 2) product_f32_64(ARGUMENTS(float)) { product_tile<64, 4, float>(PASS); }
extern "C" __global__ void __launch_bounds__(256, 1) product_any_128(ARGUMENTS(u16)) { product_tile<128, 8, u16>(PASS); }
extern "C" __global__ void __launch_bounds__(256, 2) product_any_64(ARGUMENTS(u16)) { product_tile<64, 4, u16>(PASS); }
