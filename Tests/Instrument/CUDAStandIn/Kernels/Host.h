// CUDA's words in C++, so that a kernel's source runs on the processor: each thread of a block is a fiber with a stack of its own; it runs until
// it waits for others, then the next one does. A file of kernels compiles with this in front of it:
//
//   #include "Host.h"
//   #include "../../../../Sources/C/CCUDAKernels/Kernels/Elementwise.cu"

#ifndef FOLIO_HOST_H
#define FOLIO_HOST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <type_traits>
#include <utility>

#define FOLIO_HOST_BUILD 1

// As on the card: nothing is fused that the source does not fuse.
#pragma clang fp contract(off)
// CUDA's unrolling is advice; the loops here may not follow it.
#pragma clang diagnostic ignored "-Wpass-failed"
#pragma clang diagnostic ignored "-Wunknown-pragmas"

#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(n) alignas(n)
#define INLINE static inline __attribute__((always_inline, unused))
#define INLINE_MEMBER inline __attribute__((always_inline))
// One block runs at a time on a thread of the processor.
#define __shared__ static thread_local
#define DYNAMIC_SHARED(type, name) type *const name = reinterpret_cast<type *>(host_block()->shared)

/// The kernel, and its entry in the table of all.
#define KERNEL(name, threads, parameters) \
  static void name parameters; \
  static HostKernel host_kernel_##name(#name, threads, &name); \
  static void name parameters

struct uint3 {
  unsigned x, y, z;
};

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
INLINE float2 make_float2(float x, float y) { return {x, y}; }
INLINE float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
INLINE uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
INLINE uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

/// What the threads of a warp hand to each other: written before they meet, read after. Two places in turn, so that who is ahead does not
/// overwrite what others have yet to read.
struct HostWarp {
  uint64_t exchanged[2][32];
  void *handed[32];
  int arrived;
  int lanes;
};

/// One thread of a block.
struct HostThread {
  uint3 index;
  int number;
  /// Which of the two places of its warp it uses next.
  int turn;
  HostWarp *warp;
  void *stack;
  enum { ready, waiting, paused, done } state;
};

/// The block that runs on this thread of the processor.
struct HostBlock {
  uint3 index, size, grid;
  HostThread *thread;
  unsigned char *shared;
};

extern thread_local HostBlock host_running_block;
inline HostBlock *host_block() { return &host_running_block; }

#define threadIdx (host_block()->thread->index)
#define blockIdx (host_block()->index)
#define blockDim (host_block()->size)
#define gridDim (host_block()->grid)
#define warpSize 32

/// Lets the others run until all threads of the block, or of the warp, have come here.
void host_wait_for_block();
void host_wait_for_warp();
/// Lets the others run until one of them wakes all that have paused.
void host_pause();
void host_wake();
/// Each lane of the warp hands something over; the last one to come does the work of all.
void host_work_as_warp(void *own, void (*work)(void *const *lanes));
[[noreturn]] void host_stop(const char *message);

inline void __syncthreads() { host_wait_for_block(); }
INLINE void __threadfence() {}
INLINE void __threadfence_block() {}

INLINE void host_check(unsigned mask) {
  if (mask != 0xffffffffu) host_stop("A kernel names some lanes of a warp; the host build knows only whole warps.");
}

INLINE void __syncwarp(unsigned mask = 0xffffffffu) {
  host_check(mask);
  host_wait_for_warp();
}

/// Hands a value to the warp, and returns all lanes' values. They are valid until the lane's next exchange but one.
template <class Value>
INLINE const uint64_t *host_exchange(Value value) {
  static_assert(sizeof(Value) <= 8, "Lanes exchange at most 8 bytes.");
  HostThread *own = host_block()->thread;
  uint64_t *place = own->warp->exchanged[own->turn];
  own->turn ^= 1;
  memcpy(place + own->number % 32, &value, sizeof value);
  host_wait_for_warp();
  return place;
}

template <class Value>
INLINE Value host_from_lane(Value value, int lane) {
  const uint64_t *all = host_exchange(value);
  memcpy(&value, all + lane, sizeof value);
  return value;
}

INLINE int host_lane() { return host_block()->thread->number % 32; }

/// A lane outside of the segment of `width` lanes gives the thread's own value.
template <class Value>
INLINE Value host_within(Value value, int source, int width) {
  int first = host_lane() / width * width;
  return host_from_lane(value, source < first || source >= first + width ? host_lane() : source);
}

template <class Value>
INLINE Value __shfl_sync(unsigned mask, Value value, int lane, int width = 32) {
  host_check(mask);
  return host_from_lane(value, host_lane() / width * width + lane % width);
}
template <class Value>
INLINE Value __shfl_xor_sync(unsigned mask, Value value, int lanes, int width = 32) {
  host_check(mask);
  return host_within(value, host_lane() ^ lanes, width);
}
template <class Value>
INLINE Value __shfl_down_sync(unsigned mask, Value value, int lanes, int width = 32) {
  host_check(mask);
  return host_within(value, host_lane() + lanes, width);
}
template <class Value>
INLINE Value __shfl_up_sync(unsigned mask, Value value, int lanes, int width = 32) {
  host_check(mask);
  return host_within(value, host_lane() - lanes, width);
}

INLINE unsigned __ballot_sync(unsigned mask, int predicate) {
  host_check(mask);
  const uint64_t *all = host_exchange<uint64_t>(predicate != 0);
  unsigned bits = 0;
  for (int lane = 0; lane < host_block()->thread->warp->lanes; lane++) bits |= static_cast<unsigned>(all[lane]) << lane;
  return bits;
}
INLINE int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
INLINE int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

INLINE int __ffs(int value) { return __builtin_ffs(value); }
INLINE int __popc(unsigned value) { return __builtin_popcount(value); }
INLINE float __uint_as_float(unsigned bits) { return __builtin_bit_cast(float, bits); }
INLINE unsigned __float_as_uint(float value) { return __builtin_bit_cast(unsigned, value); }
INLINE int __float_as_int(float value) { return __builtin_bit_cast(int, value); }
INLINE float __int_as_float(int bits) { return __builtin_bit_cast(float, bits); }
template <class Value>
INLINE Value __ldg(const Value *from) { return *from; }

template <class Value>
INLINE Value min(Value a, Value b) { return b < a ? b : a; }
template <class Value>
INLINE Value max(Value a, Value b) { return a < b ? b : a; }

// One thread of the processor runs a launch, but several launches may run at once.
template <class Value, class Operation>
INLINE Value host_atomic(Value *at, Operation operation) {
  Value old, replaced;
  __atomic_load(at, &old, __ATOMIC_SEQ_CST);
  do {
    replaced = operation(old);
  } while (!__atomic_compare_exchange(at, &old, &replaced, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return old;
}
template <class Value>
INLINE Value atomicAdd(Value *at, std::common_type_t<Value> value) {
  return host_atomic(at, [=](Value old) { return static_cast<Value>(old + value); });
}
template <class Value>
INLINE Value atomicMax(Value *at, std::common_type_t<Value> value) {
  return host_atomic(at, [=](Value old) { return old < value ? value : old; });
}
template <class Value>
INLINE Value atomicExch(Value *at, std::common_type_t<Value> value) {
  return host_atomic(at, [=](Value) { return value; });
}
INLINE unsigned atomicInc(unsigned *at, unsigned last) {
  return host_atomic(at, [=](unsigned old) { return old >= last ? 0 : old + 1; });
}

/// The entry of a kernel in the table of all: how to call it with the addresses of its arguments.
struct HostKernel {
  const char *name;
  unsigned threads;
  size_t parameters;
  const size_t *sizes;
  /// Which of the parameters are pointers.
  const bool *pointers;
  const HostKernel *next;
  void (*function)();
  void (*call)(void (*function)(), void **arguments);

  template <class... Arguments>
  HostKernel(const char *name, unsigned threads, void (*function)(Arguments...))
      : name(name), threads(threads), parameters(sizeof...(Arguments)), function(reinterpret_cast<void (*)()>(function)) {
    static const size_t all[] = {sizeof(Arguments)..., 0};
    sizes = all;
    static const bool are_pointers[] = {std::is_pointer_v<Arguments>..., false};
    pointers = are_pointers;
    call = [](void (*function)(), void **arguments) {
      call_with<Arguments...>(function, arguments, std::index_sequence_for<Arguments...>());
    };
    enter();
  }

 private:
  void enter();

  template <class... Arguments, size_t... Index>
  static void call_with(void (*function)(), void **arguments, std::index_sequence<Index...>) {
    reinterpret_cast<void (*)(Arguments...)>(function)(*static_cast<Arguments *>(arguments[Index])...);
  }
};

#endif
