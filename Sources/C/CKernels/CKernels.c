#include "CKernels.h"

#include "Exponential.h"

FOR_EACH_CPU
void ck_rms_normalize(const float *x, float *normalized, float *scale, size_t rows, size_t width, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float sum = 0;
    {
      SPLIT_SUMS
      for (size_t i = 0; i < width; i++) sum += row[i] * row[i];
    }
    float divisor = sqrtf(sum / (float)width + epsilon);
    scale[r] = divisor;
    float inverse = 1.0f / divisor;
    float *out = normalized + r * width;
    for (size_t i = 0; i < width; i++) out[i] = row[i] * inverse;
  }
}

FOR_EACH_CPU
void ck_divide_rows(const float *x, const float *scale, float *y, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    float inverse = 1.0f / scale[r];
    for (size_t i = 0; i < width; i++) y[r * width + i] = x[r * width + i] * inverse;
  }
}

FOR_EACH_CPU
void ck_scale_columns(const float *x, const float *factors, float *y, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < width; i++) y[r * width + i] = x[r * width + i] * factors[i];
}

FOR_EACH_CPU
void ck_center_rows(const float *x, float *y, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = x + r * width;
    float sum = 0;
    {
      SPLIT_SUMS
      for (size_t i = 0; i < width; i++) sum += row[i];
    }
    float mean = sum / (float)width;
    for (size_t i = 0; i < width; i++) y[r * width + i] = row[i] - mean;
  }
}

FOR_EACH_CPU
void ck_add_to_rows(const float *bias, float *y, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < width; i++) y[r * width + i] += bias[i];
}

FOR_EACH_CPU
void ck_rotate_halves(const float *x, const float *cosine, const float *sine, float *y, size_t rows, size_t heads, size_t width,
                      size_t turned) {
  size_t half = turned / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *c = cosine + r * half, *s = sine + r * half;
    for (size_t h = 0; h < heads; h++) {
      const float *in = x + (r * heads + h) * width;
      float *out = y + (r * heads + h) * width;
      for (size_t i = 0; i < half; i++) {
        float first = in[i], second = in[i + half];
        out[i] = first * c[i] - second * s[i];
        out[i + half] = second * c[i] + first * s[i];
      }
      if (in != out) memcpy(out + turned, in + turned, (width - turned) * sizeof(float));
    }
  }
}

/// The largest of some numbers, by lanes, so that the loop becomes vectors. What is not a number is passed over.
INLINE float largest_of(const float *x, size_t count) {
  enum { lanes = 32 };
  float largest[lanes];
  for (size_t l = 0; l < lanes; l++) largest[l] = -INFINITY;
  size_t whole = count - count % lanes;
  for (size_t i = 0; i < whole; i += lanes) {
    for (size_t l = 0; l < lanes; l++) largest[l] = x[i + l] > largest[l] ? x[i + l] : largest[l];
  }
  for (size_t i = whole; i < count; i++) largest[0] = x[i] > largest[0] ? x[i] : largest[0];
  for (size_t l = 1; l < lanes; l++) largest[0] = largest[l] > largest[0] ? largest[l] : largest[0];
  return largest[0];
}

FOR_EACH_CPU
void ck_causal_softmax(float *x, size_t rows, size_t width, size_t visible, size_t window) {
  for (size_t r = 0; r < rows; r++) {
    size_t end = visible + r < width ? visible + r : width, start = visible + r > window ? visible + r - window : 0;
    if (start > end) start = end;
    float *row = x + r * width + start;
    size_t count = end - start;
    float largest = largest_of(row, count);
    for (size_t i = 0; i < count; i++) row[i] = exponential(row[i] - largest);
    float sum = 0;
    {
      SPLIT_SUMS
      for (size_t i = 0; i < count; i++) sum += row[i];
    }
    float inverse = 1.0f / sum;
    for (size_t i = 0; i < count; i++) row[i] *= inverse;
    memset(row - start, 0, start * sizeof(float));
    memset(row + count, 0, (width - end) * sizeof(float));
  }
}

FOR_EACH_CPU
void ck_add(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += x[i];
}

FOR_EACH_CPU
void ck_scale(float *x, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

FOR_EACH_CPU
void ck_widen_bfloat16(const void *source, float *y, size_t count) {
  const uint8_t *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    uint32_t bits = (uint32_t)half << 16;
    memcpy(y + i, &bits, 4);
  }
}

FOR_EACH_CPU
void ck_widen_float16(const void *source, float *y, size_t count) {
  const uint8_t *bytes = source;
  for (size_t i = 0; i < count; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3FF;
    // A subnormal half is fraction · 2^-24, a normal number in fp32.
    float subnormal = (float)fraction * 0x1p-24f;
    uint32_t small;
    memcpy(&small, &subnormal, 4);
    uint32_t normal = ((exponent == 31 ? 255 : exponent + 112) << 23) | fraction << 13;
    uint32_t bits = sign | (exponent == 0 ? small : normal);
    memcpy(y + i, &bits, 4);
  }
}

/// Two 64-bit halves of a product folded into one: the mixing step of wyhash (Wang Yi, public domain).
INLINE uint64_t mix(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

INLINE uint64_t word(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, 8);
  return value;
}

uint64_t ck_hash(const void *source, size_t count, uint64_t seed) {
  const uint64_t primes[4] = {0xa0761d6478bd642full, 0xe7037ed1a0b428dbull, 0x8ebc6af09c88c6e3ull, 0x589965cc75374cc3ull};
  const uint8_t *bytes = source;
  // Four chains at once, so that one multiplication need not wait for the other.
  uint64_t lanes[4] = {seed, seed ^ primes[1], seed ^ primes[2], seed ^ primes[3]};
  size_t done = 0;
  for (; done + 64 <= count; done += 64)
    for (int l = 0; l < 4; l++)
      lanes[l] = mix(word(bytes + done + 16 * l) ^ primes[l], word(bytes + done + 16 * l + 8) ^ lanes[l]);
  uint64_t hash = lanes[0] ^ lanes[1] ^ lanes[2] ^ lanes[3];
  for (; done < count; done++) hash = mix(hash ^ bytes[done], primes[0]);
  return mix(hash ^ primes[1], (uint64_t)count ^ primes[2]);
}

static _Thread_local int in_part;

int ck_in_part(void) { return in_part; }

void ck_set_in_part(int value) { in_part = value; }
