// What the elementwise kernels share: one version for each kind of CPU, sums over vector lanes, and exp(x) without a call.

#ifndef FOLIO_EXPONENTIAL_H
#define FOLIO_EXPONENTIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

#define INLINE static inline __attribute__((always_inline))

// A multiply and an add may become one instruction. Where a sum may also be split over lanes, its block says so.
#pragma clang fp contract(fast)
#define SPLIT_SUMS _Pragma("clang fp reassociate(on)")

/// exp(x) without a branch or a table, so that a loop over it becomes vectors: x = n ln 2 + r with |r| ≤ ln 2 / 2, and
/// a polynomial for exp(r) (Cephes expf, Moshier 1989). Off by 2 ulp at most; 0 below -87.3, where the result would be subnormal.
INLINE float exponential(float x) {
  float clamped = x > 88.0f ? 88.0f : (x < -87.0f ? -87.0f : x);
  // Adding 1.5·2^23 rounds to the nearest integer, and leaves it in the low bits.
  float shifted = clamped * 1.44269504088896341f + 12582912.0f;
  float n = shifted - 12582912.0f;
  // ln 2 in two parts, of which the first times n is exact.
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  float value = p * power;
  // Comparisons with NaN are false, so NaN passes through by the last choice.
  return x < -87.0f ? 0.0f : (x > 88.0f ? INFINITY : (x == x ? value : x));
}

#endif
