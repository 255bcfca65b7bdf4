// The functions that make neurons, and the soft cap, forward and back.

#include "CKernels.h"

#include "Exponential.h"

/// A quotient of polynomials in x², times x. Coefficients are listed from the highest power.
#define POLYNOMIAL(name, coefficients, x2) \
  float name = 0; \
  for (size_t k = 0; k < sizeof coefficients / sizeof *coefficients; k++) name = name * x2 + coefficients[k];

INLINE float clamped(float x, float limit) { return x > limit ? limit : (x < -limit ? -limit : x); }

/// tanh(x) by a rational function on the range where it is not ±1 (Eigen's `ptanh_float`). Off by 7 ulp at most; NaN stays NaN.
INLINE float hyperbolic_tangent(float value) {
  static const float above[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-08f,
                                1.48572235717979e-05f,  6.37261928875436e-04f, 4.89352455891786e-03f};
  static const float below[] = {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f};
  float x = clamped(value, 7.90531110763549805f), x2 = x * x;
  POLYNOMIAL(p, above, x2)
  POLYNOMIAL(q, below, x2)
  return x * p / q;
}

/// erf(x), likewise (XLA's `ErfImpl32`). Off by 4e-7 at most.
INLINE float error_function(float value) {
  static const float above[] = {0.00022905065861350646f, 0.0034082910107109506f, 0.050955695062380861f, 0.18520832239976145f,
                                1.128379143519084f};
  static const float below[] = {-1.1791602954361697e-7f, 0.000023547966471313185f, 0.0010179625278914885f, 0.014070470171167667f,
                                0.11098505178285362f,    0.49746925110067538f,     1.0f};
  float x = clamped(value, 3.832506856900711f), x2 = x * x;
  POLYNOMIAL(p, above, x2)
  POLYNOMIAL(q, below, x2)
  return x * p / q;
}

/// f(x), f(x) / x, and the derivative of f.
struct activated {
  float value, share, slope;
};

INLINE struct activated gelu(float x) {
  float half = 0.5f * (1.0f + error_function(x * 0.70710678118654752f));
  return (struct activated){x * half, half, half + x * 0.3989422804014327f * exponential(-0.5f * x * x)};
}

INLINE struct activated gelu_tanh(float x) {
  // 0.5(1 + tanh u) = 1 / (1 + exp(-2u)): no cancellation, and one exp.
  const float twice = 1.5957691216057308f;  // 2√(2/π)
  float u = twice * (x + 0.044715f * x * x * x);
  float divisor = 1.0f + exponential(-u), sigmoid = 1.0f / divisor;
  return (struct activated){x / divisor, sigmoid, sigmoid + x * sigmoid * (1.0f - sigmoid) * twice * (1.0f + 0.134145f * x * x)};
}

INLINE struct activated silu(float x) {
  float divisor = 1.0f + exponential(-x), sigmoid = 1.0f / divisor;
  return (struct activated){x / divisor, sigmoid, sigmoid + x * sigmoid * (1.0f - sigmoid)};
}

#define ACTIVATE(f) \
  if (up) { \
    for (size_t i = 0; i < count; i++) y[i] = f(x[i]).value * up[i]; \
  } else { \
    for (size_t i = 0; i < count; i++) y[i] = f(x[i]).value; \
  } \
  break;

FOR_EACH_CPU
void ck_activate(ck_activation activation, const float *x, const float *up, float *y, size_t count) {
  switch (activation) {
    case ck_gelu: ACTIVATE(gelu)
    case ck_gelu_tanh: ACTIVATE(gelu_tanh)
    case ck_silu: ACTIVATE(silu)
  }
}

#define ACTIVATE_GRADIENT(f) \
  if (up) { \
    for (size_t i = 0; i < count; i++) { \
      struct activated a = f(x[i]); \
      float g = gradient[i], u = up[i]; \
      x_gradient[i] = g * u * a.slope; \
      up_gradient[i] = g * x[i] * a.share; \
    } \
  } else { \
    for (size_t i = 0; i < count; i++) x_gradient[i] = gradient[i] * f(x[i]).slope; \
  } \
  break;

FOR_EACH_CPU
void ck_activate_gradient(ck_activation activation, const float *x, const float *up, const float *gradient, float *x_gradient,
                          float *up_gradient, size_t count) {
  switch (activation) {
    case ck_gelu: ACTIVATE_GRADIENT(gelu)
    case ck_gelu_tanh: ACTIVATE_GRADIENT(gelu_tanh)
    case ck_silu: ACTIVATE_GRADIENT(silu)
  }
}

FOR_EACH_CPU
void ck_soft_cap(float *x, float cap, size_t count) {
  float inverse = 1.0f / cap;
  for (size_t i = 0; i < count; i++) x[i] = cap * hyperbolic_tangent(x[i] * inverse);
}

FOR_EACH_CPU
void ck_soft_cap_gradient(const float *capped, float cap, float *gradient, size_t count) {
  float inverse = 1.0f / cap;
  for (size_t i = 0; i < count; i++) {
    float share = capped[i] * inverse;
    gradient[i] *= 1.0f - share * share;
  }
}
