// Kernels that do what no kernel should, so that the tests see that it is noticed.

#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Platform.cuh"

/// Half of the threads wait for all.
KERNEL(misbehaving_waits, 64, (float *)) {
  if (threadIdx.x < 32) __syncthreads();
}

/// One lane waits for its warp.
KERNEL(misbehaving_warp, 64, (float *)) {
  if (threadIdx.x == 3) __syncwarp();
}

KERNEL(misbehaving_lanes, 32, (float *y)) { y[threadIdx.x] = __shfl_xor_sync(0xffffu, y[threadIdx.x], 1); }

/// More memory of its own than a fiber's stack has.
KERNEL(misbehaving_stack, 32, (float *y)) {
  volatile float own[40000];
  for (int i = 0; i < 40000; i++) own[i] = y[0];
  y[threadIdx.x] = own[threadIdx.x];
}

/// Each thread reads what its neighbour writes, and does not wait for it.
KERNEL(misbehaving_races, 64, (float *y)) {
  __shared__ float shared[64];
  shared[threadIdx.x] = threadIdx.x;
  y[threadIdx.x] = shared[(threadIdx.x + 32) % 64];
}

/// What nobody wrote.
KERNEL(misbehaving_reads, 32, (float *y)) {
  DYNAMIC_SHARED(float, shared);
  y[threadIdx.x] = shared[threadIdx.x];
}
