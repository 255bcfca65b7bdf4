// The types and steps that every kind of CPU has in its own width. Included once for each kind, with
//   LANES      how many floats a vector has
//   REGISTERS  how many vectors the CPU can hold
//   FUSED      1 if it multiplies and adds with one rounding
//   NAME(x)    the name of x for this kind
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

/// So many bytes, and zeros up to a vector's.
INLINE void NAME(copy_some)(uint8_t *to, const uint8_t *from, size_t count) {
#if LANES == 16
  _mm512_storeu_si512(to, _mm512_maskz_loadu_epi8(((__mmask64)1 << count) - 1, from));
#else
  memset(to, 0, sizeof(words));
  memcpy(to, from, count);
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

/// Of four words each of the rows 0, 4, 8, … one vector.
INLINE words NAME(gather)(const uint8_t *const *rows, size_t offset) {
  typedef uint32_t four __attribute__((ext_vector_type(4)));
  four part[LANES / 4];
  UNROLL for (int i = 0; i < LANES / 4; i++) memcpy(part + i, rows[4 * i] + offset, sizeof(four));
#if LANES == 4
  return part[0];
#else
  typedef uint32_t eight __attribute__((ext_vector_type(8)));
  eight low = __builtin_shufflevector(part[0], part[1], 0, 1, 2, 3, 4, 5, 6, 7);
#if LANES == 8
  return low;
#else
  eight high = __builtin_shufflevector(part[2], part[3], 0, 1, 2, 3, 4, 5, 6, 7);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
#endif
}

#if LANES == 16
#define LANEWISE(a, b, c, d) \
  a, b, c, d, a + 4, b + 4, c + 4, d + 4, a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12, d + 12
#elif LANES == 8
#define LANEWISE(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
#else
#define LANEWISE(a, b, c, d) a, b, c, d
#endif
#define INTERLEAVE_LOW LANEWISE(0, LANES, 1, LANES + 1)
#define INTERLEAVE_HIGH LANEWISE(2, LANES + 2, 3, LANES + 3)

/// LANES words of each of LANES rows become LANES vectors of one word of each row.
///
/// Reading them in fours leaves squares of 4 x 4, which are transposed within 128-bit lanes: moving words across these costs more.
INLINE void NAME(transpose)(const uint8_t *const rows[LANES], size_t offset, words columns[LANES]) {
  UNROLL for (int i = 0; i < LANES; i += 4) {
    words row[4], half[4];
    UNROLL for (int r = 0; r < 4; r++) row[r] = NAME(gather)(rows + r, offset + 4 * i);
    UNROLL for (int r = 0; r < 2; r++) {
      half[2 * r] = __builtin_shufflevector(row[r], row[r + 2], INTERLEAVE_LOW);
      half[2 * r + 1] = __builtin_shufflevector(row[r], row[r + 2], INTERLEAVE_HIGH);
    }
    UNROLL for (int r = 0; r < 2; r++) {
      columns[i + 2 * r] = __builtin_shufflevector(half[r], half[r + 2], INTERLEAVE_LOW);
      columns[i + 2 * r + 1] = __builtin_shufflevector(half[r], half[r + 2], INTERLEAVE_HIGH);
    }
  }
}

/// The same for rows that end after `count` bytes.
INLINE void NAME(transpose_some)(const uint8_t *const rows[LANES], size_t offset, size_t count, words columns[LANES]) {
  uint8_t copies[LANES][sizeof(words)];
  const uint8_t *copied[LANES];
  for (int r = 0; r < LANES; r++) {
    NAME(copy_some)(copies[r], rows[r] + offset, count);
    copied[r] = copies[r];
  }
  NAME(transpose)(copied, 0, columns);
}

#undef LANEWISE
#undef INTERLEAVE_LOW
#undef INTERLEAVE_HIGH
