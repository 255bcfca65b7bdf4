// The functions that make neurons, with their slopes, and the soft cap.

#ifndef FOLIO_ACTIVATIONS_CUH
#define FOLIO_ACTIVATIONS_CUH

#include "Platform.cuh"

/// As `ck_activation` numbers them.
enum { gelu_kind, gelu_tanh_kind, silu_kind };

/// f(x), f(x) / x, and the derivative of f.
struct Activated {
  float value, share, slope;
};

/// x · Φ(x). Φ by the complementary error function, which keeps its digits where Φ is small.
INLINE Activated gelu(float x) {
  float half = 0.5f * erfcf(-x * 0.70710678118654752f);
  return Activated{x * half, half, fmaf(x * 0.3989422804014327f, expf(-0.5f * x * x), half)};
}

/// 0.5x(1 + tanh u) = x / (1 + exp(-2u)): no cancellation, and one exp.
INLINE Activated gelu_tanh(float x) {
  const float twice = 1.5957691216057308f;  // 2√(2/π)
  float u = twice * fmaf(0.044715f * x * x, x, x);
  float divisor = 1.0f + expf(-u), sigmoid = 1.0f / divisor;
  float slope = fmaf(x * sigmoid * (1.0f - sigmoid) * twice, fmaf(0.134145f * x, x, 1.0f), sigmoid);
  return Activated{x / divisor, sigmoid, slope};
}

INLINE Activated silu(float x) {
  float divisor = 1.0f + expf(-x), sigmoid = 1.0f / divisor;
  return Activated{x / divisor, sigmoid, fmaf(x * sigmoid, 1.0f - sigmoid, sigmoid)};
}

INLINE float softly_capped(float x, float cap) { return cap * tanhf(x / cap); }

#endif
