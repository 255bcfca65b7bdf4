// What one block of each format is in fp32, for one kind of CPU: plain loops of fixed length, which the compiler makes vectors of. Included
// after Lanes.h.
//
// The layouts are those of ggml's ggml-quants.c (block_q4_0 and so on), whose numbers PyPI's `gguf` computes in this order too.

/// A half with these bits. Every CPU that fuses has an instruction for it; for others, a subnormal one is fraction · 2^-24, a normal number
/// in fp32.
INLINE float NAME(float_of_half)(uint16_t half) {
#if FUSED
  return (float)__builtin_bit_cast(_Float16, half);
#else
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 0x3FF;
  float subnormal = (float)(int32_t)fraction * 0x1p-24f;
  uint32_t small = __builtin_bit_cast(uint32_t, subnormal);
  uint32_t normal = ((exponent == 31 ? 255 : exponent + 112) << 23) | fraction << 13;
  return __builtin_bit_cast(float, sign | (exponent == 0 ? small : normal));
#endif
}

INLINE uint16_t NAME(half_at)(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, 2);
  return half;
}

/// A scale or a minimum. It goes through a general register: clang would put it into a part of a vector, where it waits for what computed
/// the rest of that, the block before.
INLINE float NAME(scale_at)(const uint8_t *bytes) {
#if FUSED && defined(__x86_64__)
  uint32_t half = NAME(half_at)(bytes);
  __asm__("" : "+r"(half));
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128((int)half)));
#else
  return NAME(float_of_half)(NAME(half_at)(bytes));
#endif
}

/// Scale, 32 signed bytes.
INLINE void NAME(widen_q8_0)(const uint8_t *restrict block, float *restrict y) {
  const float scale = NAME(scale_at)(block);
  const int8_t *quanta = (const int8_t *)block + 2;
  for (int i = 0; i < 32; i++) y[i] = (float)quanta[i] * scale;
}

/// Scale, 16 bytes of which the low halves come first.
INLINE void NAME(widen_q4_0)(const uint8_t *restrict block, float *restrict y) {
  const float scale = NAME(scale_at)(block);
  const uint8_t *quanta = block + 2;
  for (int i = 0; i < 16; i++) {
    y[i] = scale * (float)((quanta[i] & 15) - 8);
    y[i + 16] = scale * (float)((quanta[i] >> 4) - 8);
  }
}

/// Scale, minimum, 16 bytes.
INLINE void NAME(widen_q4_1)(const uint8_t *restrict block, float *restrict y) {
  const float scale = NAME(scale_at)(block), minimum = NAME(scale_at)(block + 2);
  const uint8_t *quanta = block + 4;
  for (int i = 0; i < 16; i++) {
    y[i] = scale * (float)(quanta[i] & 15) + minimum;
    y[i + 16] = scale * (float)(quanta[i] >> 4) + minimum;
  }
}

/// Scale, the fifth bits of 32 quanta, 16 bytes.
INLINE void NAME(widen_q5_0)(const uint8_t *restrict block, float *restrict y) {
  const float scale = NAME(scale_at)(block);
  uint32_t high;
  memcpy(&high, block + 2, 4);
  const uint8_t *quanta = block + 6;
  for (int i = 0; i < 16; i++) {
    y[i] = scale * (float)(int32_t)(((quanta[i] & 15u) | (high >> i & 1) << 4) - 16u);
    y[i + 16] = scale * (float)(int32_t)((((uint32_t)quanta[i] >> 4) | (high >> (i + 16) & 1) << 4) - 16u);
  }
}

/// Scale, minimum, the fifth bits of 32 quanta, 16 bytes.
INLINE void NAME(widen_q5_1)(const uint8_t *restrict block, float *restrict y) {
  const float scale = NAME(scale_at)(block), minimum = NAME(scale_at)(block + 2);
  uint32_t high;
  memcpy(&high, block + 4, 4);
  const uint8_t *quanta = block + 8;
  for (int i = 0; i < 16; i++) {
    y[i] = scale * (float)(int32_t)((quanta[i] & 15u) | (high >> i & 1) << 4) + minimum;
    y[i + 16] = scale * (float)(int32_t)(((uint32_t)quanta[i] >> 4) | (high >> (i + 16) & 1) << 4) + minimum;
  }
}

/// The scale and the minimum, of 6 bits each, of part 0 ..< 8 of a K block; they lie in 12 bytes.
INLINE void NAME(part_of_k)(const uint8_t *packed, int part, float *scale, float *minimum) {
  uint32_t s, m;
  if (part < 4) {
    s = packed[part] & 63;
    m = packed[part + 4] & 63;
  } else {
    s = (packed[part + 4] & 15) | (packed[part - 4] >> 6) << 4;
    m = packed[part + 4] >> 4 | (packed[part] >> 6) << 4;
  }
  *scale *= (float)(int32_t)s;
  *minimum *= (float)(int32_t)m;
}

/// Scale and minimum of all, those of 8 parts of 32 numbers, 128 bytes: of 32 of them the low halves are one part, the high halves the next.
INLINE void NAME(widen_q4_k)(const uint8_t *restrict block, float *restrict y) {
  UNROLL for (int part = 0; part < 8; part++) {
    float scale = NAME(scale_at)(block), minimum = NAME(scale_at)(block + 2);
    NAME(part_of_k)(block + 4, part, &scale, &minimum);
    const uint8_t *quanta = block + 16 + part / 2 * 32;
    const int shift = part % 2 * 4;
    for (int i = 0; i < 32; i++) y[32 * part + i] = scale * (float)(quanta[i] >> shift & 15) - minimum;
  }
}

/// The same with 32 bytes between, which hold the fifth bits of each part.
INLINE void NAME(widen_q5_k)(const uint8_t *restrict block, float *restrict y) {
  UNROLL for (int part = 0; part < 8; part++) {
    float scale = NAME(scale_at)(block), minimum = NAME(scale_at)(block + 2);
    NAME(part_of_k)(block + 4, part, &scale, &minimum);
    const uint8_t *high = block + 16, *quanta = block + 48 + part / 2 * 32;
    const int shift = part % 2 * 4;
    for (int i = 0; i < 32; i++)
      y[32 * part + i] = scale * (float)((quanta[i] >> shift & 15) | (high[i] >> part & 1) << 4) - minimum;
  }
}

/// 128 bytes of low halves, 64 of the two bits above them, 16 signed scales of 16 numbers each, the scale of all.
INLINE void NAME(widen_q6_k)(const uint8_t *restrict block, float *restrict y) {
  const float all = NAME(scale_at)(block + 208);
  UNROLL for (int part = 0; part < 8; part++) {
    const uint8_t *low = block + part / 4 * 64 + part % 2 * 32, *high = block + 128 + part / 4 * 32;
    const int low_shift = part % 4 / 2 * 4, high_shift = part % 4 * 2;
    UNROLL for (int half = 0; half < 2; half++) {
      const float scale = all * (float)(int8_t)block[192 + 2 * part + half];
      for (int i = 16 * half; i < 16 * half + 16; i++)
        y[32 * part + i] = scale * (float)(((low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4) - 32);
    }
  }
}

/// Numbers of whole blocks, and of a part of the first and the last one. Inlined for each kind of block.
INLINE void NAME(widen_blocks)(
  const uint8_t *from, const size_t numbers, const size_t bytes, void (*const block)(const uint8_t *, float *), size_t first,
  size_t count, float *y) {
  float whole[256];
  from += first / numbers * bytes;
  size_t skipped = first % numbers;
  if (skipped > 0 && count > 0) {
    size_t part = count < numbers - skipped ? count : numbers - skipped;
    block(from, whole);
    memcpy(y, whole + skipped, part * sizeof(float));
    y += part;
    count -= part;
    from += bytes;
  }
  for (; count >= numbers; count -= numbers) {
    block(from, y);
    y += numbers;
    from += bytes;
  }
  if (count == 0) return;
  block(from, whole);
  memcpy(y, whole, count * sizeof(float));
}

/// `ck_widen` for this kind.
static void NAME(widen_numbers)(const uint8_t *from, ck_format format, size_t first, size_t count, float *y) {
  switch (format) {
    case ck_float32: memcpy(y, from + first * 4, count * sizeof(float)); return;
    case ck_bfloat16:
      from += 2 * first;
      for (size_t i = 0; i < count; i++) y[i] = __builtin_bit_cast(float, (uint32_t)NAME(half_at)(from + 2 * i) << 16);
      return;
    case ck_float16:
      from += 2 * first;
      for (size_t i = 0; i < count; i++) y[i] = NAME(float_of_half)(NAME(half_at)(from + 2 * i));
      return;
    case ck_q8_0: NAME(widen_blocks)(from, 32, 34, NAME(widen_q8_0), first, count, y); return;
    case ck_q4_0: NAME(widen_blocks)(from, 32, 18, NAME(widen_q4_0), first, count, y); return;
    case ck_q4_1: NAME(widen_blocks)(from, 32, 20, NAME(widen_q4_1), first, count, y); return;
    case ck_q5_0: NAME(widen_blocks)(from, 32, 22, NAME(widen_q5_0), first, count, y); return;
    case ck_q5_1: NAME(widen_blocks)(from, 32, 24, NAME(widen_q5_1), first, count, y); return;
    case ck_q4_k: NAME(widen_blocks)(from, 256, 144, NAME(widen_q4_k), first, count, y); return;
    case ck_q5_k: NAME(widen_blocks)(from, 256, 176, NAME(widen_q5_k), first, count, y); return;
    case ck_q6_k: NAME(widen_blocks)(from, 256, 210, NAME(widen_q6_k), first, count, y); return;
    case ck_format_count: return;
  }
}

static const struct kind NAME(kind) = {NAME(widen_numbers)};
