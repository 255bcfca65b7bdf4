// The elementwise kernels of a transformer's layer, in C so that the compiler can make one version for each kind of CPU.
//
// Each function is compiled for AVX-512, for AVX2 and for the plain architecture, and the dynamic loader picks one: the build needs no
// flags for a machine, and the binary runs anywhere. Sums are reassociated into vector lanes, which is the only liberty taken.
// Matrices are row-major and without gaps. No function allocates; pointers may be unaligned, and an output may be its input.

#ifndef FOLIO_CKERNELS_H
#define FOLIO_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "Product.h"

/// scale[r] = sqrt(mean(x[r]²) + epsilon), normalized[r] = x[r] / scale[r]. `scale` has `rows` elements.
void ck_rms_normalize(const float *x, float *normalized, float *scale, size_t rows, size_t width, float epsilon);

/// y[r] = x[r] / scale[r], rounded as `ck_rms_normalize` rounds.
void ck_divide_rows(const float *x, const float *scale, float *y, size_t rows, size_t width);

/// y[r] = x[r] ⊙ factors.
void ck_scale_columns(const float *x, const float *factors, float *y, size_t rows, size_t width);

/// y[r] = x[r] less its mean. It is its own gradient.
void ck_center_rows(const float *x, float *y, size_t rows, size_t width);

/// y[r] += bias.
void ck_add_to_rows(const float *bias, float *y, size_t rows, size_t width);

/// Turns, of the first `turned` numbers of each head, the first half against the second: x is [rows, heads, width], cosine and sine are
/// [rows, turned / 2]. The other numbers stay.
void ck_rotate_halves(const float *x, const float *cosine, const float *sine, float *y, size_t rows, size_t heads, size_t width,
                      size_t turned);

/// Softmax of each row of `x` [rows, width] over the last `window` of its first `visible + r` columns, at most `width`; the rest of the
/// row becomes 0.
void ck_causal_softmax(float *x, size_t rows, size_t width, size_t visible, size_t window);

/// The functions f that make neurons: gelu(x) = x · Φ(x), its form with tanh, 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))), and x · σ(x).
typedef enum { ck_gelu, ck_gelu_tanh, ck_silu } ck_activation;

/// y = f(x) ⊙ up, or f(x) if `up` is null.
void ck_activate(ck_activation activation, const float *x, const float *up, float *y, size_t count);

/// x = cap · tanh(x / cap).
void ck_soft_cap(float *x, float cap, size_t count);

/// y += x.
void ck_add(const float *x, float *y, size_t count);

/// x *= factor.
void ck_scale(float *x, float factor, size_t count);

// Gradients. Each takes the gradient of the result and gives that of what it was made of.

/// Of normalized[r] = x[r] / scale[r]: the gradient of each scale, -Σ gradient ⊙ x / scale².
void ck_rms_scale_gradient(const float *x, const float *scale, const float *gradient, float *result, size_t rows, size_t width);

/// Of normalized and of scale together, that of x: gradient / scale + scale_gradient · x / (width · scale). It may be `gradient` itself.
void ck_rms_input_gradient(const float *x, const float *scale, const float *gradient, const float *scale_gradient, float *result,
                           size_t rows, size_t width);

/// Of `ck_activate`, that of x and that of up, the latter is left out where `up` is null. Either may be `gradient` itself.
void ck_activate_gradient(ck_activation activation, const float *x, const float *up, const float *gradient, float *x_gradient,
                          float *up_gradient, size_t count);

/// Of `ck_soft_cap`, in place, given what it made: gradient becomes gradient · (1 - (capped / cap)²).
void ck_soft_cap_gradient(const float *capped, float cap, float *gradient, size_t count);

/// Of softmax, row by row and in place: gradient becomes pattern ⊙ (gradient - Σ pattern ⊙ gradient).
void ck_softmax_gradient(const float *pattern, float *gradient, size_t rows, size_t width);

/// 1 if none of the numbers is NaN or infinite.
int ck_is_finite(const void *source, ck_format format, size_t count);

/// Exact widening of bfloat16 and IEEE half from little-endian bytes of any alignment.
void ck_widen_bfloat16(const void *source, float *y, size_t count);
void ck_widen_float16(const void *source, float *y, size_t count);

/// Whether this thread does a part of divided work already, so that it need not divide its part.
int ck_in_part(void);
void ck_set_in_part(int value);

/// A 64-bit hash of bytes, at the speed of memory. It notices accidents, not attacks.
uint64_t ck_hash(const void *source, size_t count, uint64_t seed);

#endif
