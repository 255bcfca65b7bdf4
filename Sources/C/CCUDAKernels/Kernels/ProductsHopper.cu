typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
#ifndef BN
#define BN 192
#endif
#ifndef STAGES
#define STAGES 4
#endif
#ifndef BUFFERS
#define BUFFERS 1
#endif
#ifndef TRANS
#define TRANS 0
#endif
#ifndef PREGS
#define PREGS 40
#define CREGS 232
#endif
#ifndef SWAP
#define SWAP 0
#endif
#ifndef ORDER
#define ORDER 0
#endif
#ifndef GROUP
#define GROUP 12
#endif
#ifndef HOST
#define DYNAMIC_SHARED extern __shared__ __align__(1024) unsigned char smem[]
#include "Tiles.cuh"
#endif
#define CAT2(a, b) a##b
#define CAT(a, b) CAT2(a, b)
#define WGMMA CAT(wgmma_, BN)
#define BM 128
#define BK 64
#define LAG 2
#define ABYTES (BM * BK * 4)
#define BBYTES (TRANS ? ((BN + 63) / 64) * 8192 : BN * 128)
#define STAGE (ABYTES + BBYTES)
#define SHARED (STAGES * STAGE + 1024 + 128)
#define R (BN / 2)
#ifndef HOST
__device__ __forceinline__ u32 sptr(const void* p) { u32 r; asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(r) : "l"(p)); return r; }
__device__ __forceinline__ void cp16(u32 dst, const void* src, int bytes) { asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(dst), "l"(src), "r"(bytes) : "memory"); }
__device__ __forceinline__ void cp_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> __device__ __forceinline__ void cp_wait() { asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory"); }
__device__ __forceinline__ void bar_init(u32 b, int n) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(b), "r"(n) : "memory"); }
__device__ __forceinline__ void bar_arrive(u32 b) { asm volatile("{\n.reg .b64 s;\nmbarrier.arrive.shared::cta.b64 s, [%0];\n}" :: "r"(b) : "memory"); }
__device__ __forceinline__ void bar_wait(u32 b, u32 parity) {
  asm volatile("{\n.reg .pred p;\nWAIT:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\nbra WAIT;\nDONE:\n}" :: "r"(b), "r"(parity) : "memory");
}
__device__ __forceinline__ void proxy_fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int N> __device__ __forceinline__ void wgmma_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(N) : "memory"); }
__device__ __forceinline__ float2 lds2(u32 a) { float2 v; asm volatile("ld.shared.v2.f32 {%0,%1}, [%2];" : "=f"(v.x), "=f"(v.y) : "r"(a)); return v; }
__device__ __forceinline__ u32 pack(float lo, float hi) { u32 r; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo)); return r; }
__device__ __forceinline__ int thread_again() { int t; asm volatile("mov.u32 %0, %%tid.x;" : "=r"(t)); return t; }
__device__ __forceinline__ u32 shared_again(const void* p) { u32 r; asm volatile("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(r) : "l"(p)); return (r + 1023u) & ~1023u; }
__device__ __forceinline__ void named_sync(int id) { asm volatile("bar.sync %0, 256;" :: "r"(id) : "memory"); }
__device__ __forceinline__ void named_arrive(int id) { asm volatile("bar.arrive %0, 256;" :: "r"(id) : "memory"); }
template <int N> __device__ __forceinline__ void registers_down() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" :: "n"(N)); }
template <int N> __device__ __forceinline__ void registers_up() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" :: "n"(N)); }
__device__ __forceinline__ void bar_init_done() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
#endif
__device__ __forceinline__ u64 descriptor(u32 address, u32 leading, u32 stride) {
  return (u64)((address & 0x3FFFF) >> 4) | (u64)(leading >> 4) << 16 | (u64)(stride >> 4) << 32 | 1ull << 62;
}
// the three bf16 planes of two neighbours, smallest last
__device__ __forceinline__ void split(float2 v, u32& p0, u32& p1, u32& p2) {
  p0 = pack(v.x, v.y); v.x -= __uint_as_float(p0 << 16); v.y -= __uint_as_float(p0 & 0xFFFF0000u);
  p1 = pack(v.x, v.y); v.x -= __uint_as_float(p1 << 16); v.y -= __uint_as_float(p1 & 0xFFFF0000u);
  p2 = pack(v.x, v.y);
}
__device__ __forceinline__ int clamp16(int bytes) { return max(0, min(16, bytes)); }

extern "C" __global__ void __launch_bounds__(384, 1)
product(const float* __restrict__ X, long long xrow, const u16* __restrict__ W, long long wrow, float* __restrict__ C, long long crow,
        int M, int N, int K, int segment, int adding) {
  DYNAMIC_SHARED;
  u32 base = (sptr(smem) + 1023u) & ~1023u, bars = base + STAGES * STAGE;
  int tilesM = (M + BM - 1) / BM, tilesN = (N + BN - 1) / BN;
  int id = blockIdx.x, group = id / (GROUP * tilesN), inside = id - group * GROUP * tilesN;
  int high = min(GROUP, tilesM - group * GROUP);
  int m0 = (group * GROUP + inside % high) * BM, n0 = (inside / high) * BN;
  int k0 = blockIdx.y * segment, k1 = min(K, k0 + segment), steps = (k1 - k0 + BK - 1) / BK;
  int wg = threadIdx.x >> 7, active = M - m0 > 64 ? 2 : 1;
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) { bar_init(bars + i * 16, 128); bar_init(bars + i * 16 + 8, 4 * active); }
    bar_init_done();
  }
  __syncthreads();
  if (wg == 2) {
    registers_down<PREGS>();
    int p = threadIdx.x - 256;
    int ac = p & 15, ar = p >> 4, rows = M - m0 - ar;
    const float* xs = X + (u64)(m0 + ar) * xrow + k0 + ac * 4;
    u32 ad = ar * 256 + ((ac ^ ((ar & 3) << 1)) << 4);
    int bc = p & 7, br = p >> 3;
    const u16* ws = TRANS ? W + (u64)(k0 + br) * wrow + n0 + bc * 8 : W + (u64)(n0 + br) * wrow + k0 + bc * 8;
    u32 bd = ABYTES + br * 128 + ((bc ^ (br & 7)) << 4);
    int nleft = N - n0 - (TRANS ? bc * 8 : br);
    for (int s = 0; s < steps; s++) {
      int st = s % STAGES;
      if (s >= STAGES) bar_wait(bars + st * 16 + 8, (s / STAGES - 1) & 1);
      u32 to = base + st * STAGE; int left = k1 - k0 - s * BK;
      int ab = clamp16((left - ac * 4) * 4);
      const float* x = xs;
      #pragma unroll
      for (int i = 0; i < 16; i++) {
        if (i < 8 || active == 2) cp16(to + ad + i * 2048, x, i * 8 < rows ? ab : 0);
        x += 8 * xrow;
      }
      if (!TRANS) {
        int bb = clamp16((left - bc * 8) * 2); const u16* w = ws;
        #pragma unroll
        for (int i = 0; i < (BN + 15) / 16; i++) {
          if (i * 16 + 16 <= BN || br < BN - i * 16) cp16(to + bd + i * 2048, w, i * 16 < nleft ? bb : 0);
          w += 16 * wrow;
        }
        ws += BK;
      } else {
        const u16* w = ws;
        #pragma unroll
        for (int i = 0; i < 4; i++) {
          #pragma unroll
          for (int nb = 0; nb < (BN + 63) / 64; nb++)
            if (nb * 64 + 64 <= BN || bc * 8 < BN - nb * 64)
              cp16(to + bd + nb * 8192 + i * 2048, w + nb * 64, i * 16 + br < left ? clamp16((nleft - nb * 64) * 2) : 0);
          w += 16 * wrow;
        }
        ws += BK * wrow;
      }
      xs += BK;
      cp_commit();
      if (s >= LAG) { cp_wait<LAG>(); proxy_fence(); bar_arrive(bars + ((s - LAG) % STAGES) * 16); }
    }
    cp_wait<0>(); proxy_fence();
    for (int s = max(0, steps - LAG); s < steps; s++) bar_arrive(bars + (s % STAGES) * 16);
  } else {
    registers_up<CREGS>();
    if (wg >= active) return;
    base = shared_again(smem); bars = base + STAGES * STAGE;   // read anew: it would be kept in memory through the branch otherwise
    int t = threadIdx.x & 3, row = (threadIdx.x >> 5) * 16 + ((threadIdx.x & 31) >> 2);
    u32 ra = base + row * 256 + (((t >> 1) << 4) ^ ((row & 3) << 5)) + (t & 1) * 8;
    float total[R], part[R];
    #pragma unroll
    for (int i = 0; i < R; i++) total[i] = 0;
    u32 a[BUFFERS][3][4]; float2 raw[4];
    u64 d0 = TRANS ? descriptor(base + ABYTES, SWAP ? 1024 : 8192, SWAP ? 8192 : 1024) : descriptor(base + ABYTES, 16, 1024);
#define LOAD(stage, kk) { \
    u32 q = (ra + (stage) * STAGE) ^ ((kk) * 64); \
    raw[0] = lds2(q); raw[1] = lds2(q + 2048); raw[2] = lds2(q ^ 32); raw[3] = lds2((q ^ 32) + 2048); }
#define SPLIT(b) { _Pragma("unroll") for (int i = 0; i < 4; i++) split(raw[i], a[b][0][i], a[b][1][i], a[b][2][i]); }
    if (ORDER && active == 2 && wg == 1) named_arrive(1);
    bar_wait(bars, 0);
    LOAD(0, 0)
    if (BUFFERS == 2) SPLIT(0)
    for (int s = 0; s < steps; s++) {
      int st = s % STAGES;
      u64 d = d0 + (u64)(st * STAGE >> 4);
      #pragma unroll
      for (int kk = 0; kk < 4; kk++) {
        const int b = kk % BUFFERS;
        if (BUFFERS == 1) { if (kk) wgmma_wait<0>(); SPLIT(0) }
        if (ORDER && kk == 0 && active == 2) named_sync(1 + wg);   // the two warpgroups take turns, a chunk each
        wgmma_fence();
        #pragma unroll
        for (int p = 2; p >= 0; p--) WGMMA<TRANS>(part, a[b][p], d + kk * (TRANS ? 128 : 2), !(kk == 0 && p == 2));
        wgmma_commit();
        if (ORDER && kk == 3 && active == 2 && (wg == 0 || s + 1 < steps)) named_arrive(2 - wg);
        if (BUFFERS == 2 && kk) wgmma_wait<1>();
        if (kk < 3) LOAD(st, kk + 1)
        else if (s + 1 < steps) { int next = (s + 1) % STAGES; bar_wait(bars + next * 16, ((s + 1) / STAGES) & 1); LOAD(next, 0) }
        if (BUFFERS == 2) SPLIT(b ^ 1)
      }
      wgmma_wait<0>();
      if ((threadIdx.x & 31) == 0) bar_arrive(bars + st * 16 + 8);
      #pragma unroll
      for (int i = 0; i < R; i++) total[i] += part[i];
    }
    int again = thread_again();   // read anew, so that no register holds it through the loop
    row = (again >> 5) * 16 + ((again & 31) >> 2); t = again & 3;
    float* out = C + (gridDim.y > 1 ? (u64)blockIdx.y * M * crow : 0);
    bool pairs = !((crow | ((u64)out >> 2)) & 1);
    #pragma unroll
    for (int h = 0; h < 2; h++) {
      int m = m0 + row + h * 8; if (m >= M) continue;
      float* o = out + (u64)m * crow;
      #pragma unroll
      for (int j = 0; j < BN / 8; j++) {
        int n = n0 + j * 8 + t * 2; float x = total[j * 4 + h * 2], y = total[j * 4 + h * 2 + 1];
        if (pairs && n + 1 < N) {
          if (adding) { float2 v = *(float2*)(o + n); x += v.x; y += v.y; }
          *(float2*)(o + n) = make_float2(x, y);
        } else {
          if (n < N) o[n] = adding ? o[n] + x : x;
          if (n + 1 < N) o[n + 1] = adding ? o[n + 1] + y : y;
        }
      }
    }
  }
}
