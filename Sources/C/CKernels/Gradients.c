#include "CKernels.h"

#include "Exponential.h"

FOR_EACH_CPU
void ck_rms_scale_gradient(const float *x, const float *scale, const float *gradient, float *result, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width, *g = gradient + r * width;
    float sum = 0;
    {
      SPLIT_SUMS
      for (size_t i = 0; i < width; i++) sum += row[i] * g[i];
    }
    result[r] = -sum / (scale[r] * scale[r]);
  }
}

FOR_EACH_CPU
void ck_rms_input_gradient(const float *x, const float *scale, const float *gradient, const float *scale_gradient, float *result,
                           size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width, *g = gradient + r * width;
    float *out = result + r * width;
    float inverse = 1.0f / scale[r], share = scale_gradient[r] * inverse / (float)width;
    for (size_t i = 0; i < width; i++) out[i] = g[i] * inverse + share * row[i];
  }
}

FOR_EACH_CPU
void ck_softmax_gradient(const float *pattern, float *gradient, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *p = pattern + r * width;
    float *g = gradient + r * width;
    float sum = 0;
    {
      SPLIT_SUMS
      for (size_t i = 0; i < width; i++) sum += p[i] * g[i];
    }
    for (size_t i = 0; i < width; i++) g[i] = p[i] * (g[i] - sum);
  }
}

FOR_EACH_CPU
int ck_is_finite(const void *source, ck_format format, size_t count) {
  const uint8_t *bytes = source;
  // Infinities and NaN are the numbers whose exponent is all ones.
  uint32_t found = 0;
  if (format == ck_bfloat16) {
    for (size_t i = 0; i < count; i++) {
      uint16_t half;
      memcpy(&half, bytes + 2 * i, 2);
      found |= (half & 0x7F80) == 0x7F80;
    }
  } else {
    for (size_t i = 0; i < count; i++) {
      uint32_t bits;
      memcpy(&bits, bytes + 4 * i, 4);
      found |= (bits & 0x7F800000) == 0x7F800000;
    }
  }
  return !found;
}
