// The types and steps that every kind of CPU has in its own width. Included once for each kind, with
//   LANES    how many floats a vector has
//   FUSED    1 if the CPU multiplies and adds with one rounding
//   NAME(x)  the name of x for this kind
// within the target attributes of the kind, so that these functions become part of its kernels.

#define vec NAME(vec)
#define words NAME(words)
typedef float vec __attribute__((ext_vector_type(LANES)));
typedef uint32_t words __attribute__((ext_vector_type(LANES)));

INLINE vec NAME(load)(const void *from) {
  vec value;
  memcpy(&value, from, sizeof value);
  return value;
}

INLINE void NAME(store)(float *to, vec value) { memcpy(to, &value, sizeof value); }

/// The first `count` of a vector's numbers, then zeros. Nothing beyond them is touched.
INLINE vec NAME(load_some)(const void *from, size_t count) {
#if LANES == 16
  return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#else
  vec value = 0;
  memcpy(&value, from, count * sizeof(float));
  return value;
#endif
}

INLINE void NAME(store_some)(float *to, vec value, size_t count) {
#if LANES == 16
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)value);
#else
  memcpy(to, &value, count * sizeof(float));
#endif
}

/// a · b + c. Where it takes two roundings, the compiler may not make it one in some places only.
INLINE vec NAME(fma)(vec a, vec b, vec c) {
#if FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
#pragma clang fp contract(off)
  return a * b + c;
#endif
}

/// The two halves of a bfloat16 pair, widened: of each word the low half comes first in memory.
INLINE vec NAME(evens)(words pairs) { return __builtin_bit_cast(vec, pairs << 16); }
INLINE vec NAME(odds)(words pairs) { return __builtin_bit_cast(vec, pairs & 0xFFFF0000u); }

/// LANES bfloat16 numbers of any alignment.
INLINE vec NAME(widen)(const uint8_t *from) {
  typedef uint16_t halves __attribute__((ext_vector_type(LANES)));
  halves value;
  memcpy(&value, from, sizeof value);
  return __builtin_bit_cast(vec, __builtin_convertvector(value, words) << 16);
}

#if LANES == 16
#define LOWS 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGHS 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define LOWS 0, 8, 1, 9, 2, 10, 3, 11
#define HIGHS 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOWS 0, 4, 1, 5
#define HIGHS 2, 6, 3, 7
#endif

/// Transposes a square of words: riffling its first half of rows into its second half, like cards, once for each bit of a row's number.
INLINE void NAME(transpose)(words square[LANES]) {
  UNROLL for (int step = 1; step < LANES; step *= 2) {
    words riffled[LANES];
    UNROLL for (int i = 0; i < LANES / 2; i++) {
      riffled[2 * i] = __builtin_shufflevector(square[i], square[i + LANES / 2], LOWS);
      riffled[2 * i + 1] = __builtin_shufflevector(square[i], square[i + LANES / 2], HIGHS);
    }
    UNROLL for (int i = 0; i < LANES; i++) square[i] = riffled[i];
  }
}

#undef LOWS
#undef HIGHS
