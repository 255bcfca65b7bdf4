// Compiles the header KERNELS once for each kind of CPU; it makes a `struct kind` of that kind's kernels. `kind_of_cpu()` is this CPU's.

#if defined(__x86_64__)
#define LANES 16
#define REGISTERS 32
#define FUSED 1
#define NAME(x) x##_avx512
#pragma clang attribute push(FOR_AVX512, apply_to = function)
#include "Lanes.h"
#include KERNELS
#pragma clang attribute pop
#undef LANES
#undef REGISTERS
#undef FUSED
#undef NAME

#define LANES 8
#define REGISTERS 16
#define FUSED 1
#define NAME(x) x##_avx2
#pragma clang attribute push(FOR_AVX2, apply_to = function)
#include "Lanes.h"
#include KERNELS
#pragma clang attribute pop
#undef LANES
#undef REGISTERS
#undef FUSED
#undef NAME
#endif

#define LANES 4
#define NAME(x) x##_plain
#if defined(__aarch64__)
#define REGISTERS 32
#define FUSED 1
#else
#define REGISTERS 16
#define FUSED 0
#endif
#include "Lanes.h"
#include KERNELS
#undef LANES
#undef REGISTERS
#undef FUSED
#undef NAME

INLINE const struct kind *kind_of_cpu(void) {
#if defined(__x86_64__)
  int kind = ck_kind();
  return kind == ck_avx512 ? &kind_avx512 : kind == ck_avx2 ? &kind_avx2 : &kind_plain;
#else
  return &kind_plain;
#endif
}
