// What the products of every kind of CPU share.

#ifndef FOLIO_CKERNELS_KINDS_H
#define FOLIO_CKERNELS_KINDS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c")))
#define FOR_AVX2 __attribute__((target("avx2,fma,f16c")))
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// The kinds of CPU, of which each has its kernels. The plain kind is for every other: older x86, and ARM by its vectors of four.
enum { ck_plain, ck_avx2, ck_avx512 };

/// This CPU's, or a lesser one that the environment's FOLIO_CORETYPE names, as OpenBLAS does: then both compute as on such a CPU.
int ck_kind(void);

/// What a thread packs its factors into: one huge page, kept until the thread ends.
enum { ck_scratch_floats = 524288 };
float *ck_scratch(void);

#endif
