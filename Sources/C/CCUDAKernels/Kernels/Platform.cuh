// What a kernel's source stands on, so that it compiles by NVRTC and, for the tests, as C++ (behind `Host.h`).
//
// A kernel is written `KERNEL(name, threads, (parameters)) { … }`, where `threads` is the most that a block of it may have. Within one,
// CUDA's own words hold: threadIdx, blockIdx, blockDim, gridDim, __syncthreads, __syncwarp, __shfl_*_sync and __ballot_sync over a whole warp
// (EVERY_LANE), atomics, `__shared__` arrays. Memory whose size the launch gives is `DYNAMIC_SHARED(type, name);`.
//
// Programs are compiled without contraction (`--fmad=false`): what is to be rounded once is written `fmaf(a, b, c)`. Denormal numbers are kept;
// divisions and roots are rounded correctly.

#ifndef FOLIO_PLATFORM_CUH
#define FOLIO_PLATFORM_CUH

#ifdef __CUDACC__

#define KERNEL(name, threads, parameters) extern "C" __global__ void __launch_bounds__(threads) name parameters
#define DYNAMIC_SHARED(type, name) \
  extern __shared__ __align__(1024) unsigned char dynamic_shared_bytes[]; \
  type *const name = reinterpret_cast<type *>(dynamic_shared_bytes)
#define INLINE __device__ __forceinline__
#define INLINE_MEMBER __device__ __forceinline__

#elif !defined(FOLIO_HOST_BUILD)
#error "A kernel compiles by NVRTC, or behind Host.h."
#endif

typedef long long i64;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EVERY_LANE 0xffffffffu

INLINE float minus_infinity() { return __uint_as_float(0xff800000u); }

/// Whether the address is a multiple of so many bytes; null is.
INLINE bool is_aligned(const void *address, int bytes) { return reinterpret_cast<u64>(address) % bytes == 0; }

/// The number that 16 bits of bfloat16 stand for.
INLINE float widened(u16 bits) {
  return __uint_as_float(static_cast<u32>(bits) << 16);
}

/// a / b of numbers that are not negative. A division of 64 bits takes some hundred instructions, and is seldom needed.
INLINE i64 quotient(i64 a, i64 b) {
  return ((a | b) >> 32) == 0 ? static_cast<i64>(static_cast<u32>(a) / static_cast<u32>(b)) : a / b;
}

INLINE i64 smaller(i64 a, i64 b) { return a < b ? a : b; }
INLINE i64 larger(i64 a, i64 b) { return a > b ? a : b; }

#endif
