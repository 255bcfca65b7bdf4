#include "Formats.h"

#include "Kinds.h"

struct kind {
  void (*widen)(const uint8_t *from, ck_format format, size_t first, size_t count, float *y);
};

#define KERNELS "Blocks.h"
#include "EachKind.h"

/// Numbers and bytes of a block, by format.
static const struct {
  uint16_t numbers, bytes;
} blocks[ck_format_count] = {
  [ck_float32] = {1, 4}, [ck_bfloat16] = {1, 2}, [ck_float16] = {1, 2}, [ck_q8_0] = {32, 34}, [ck_q4_0] = {32, 18},
  [ck_q4_1] = {32, 20}, [ck_q5_0] = {32, 22}, [ck_q5_1] = {32, 24}, [ck_q4_k] = {256, 144}, [ck_q5_k] = {256, 176},
  [ck_q6_k] = {256, 210},
};

size_t ck_block_numbers(ck_format format) { return blocks[format].numbers; }
size_t ck_block_bytes(ck_format format) { return blocks[format].bytes; }

void ck_widen(const void *source, ck_format format, size_t first, size_t count, float *y) {
  kind_of_cpu()->widen(source, format, first, count, y);
}

int ck_part_is_finite(const void *source, ck_format format, size_t first, size_t count) {
  enum { part = 1024 };
  float wide[part];
  for (size_t done = 0; done < count; done += part) {
    size_t length = count - done < part ? count - done : part;
    ck_widen(source, format, first + done, length, wide);
    // Infinities and NaN are the numbers whose exponent is all ones.
    uint32_t found = 0;
    for (size_t i = 0; i < length; i++) found |= (__builtin_bit_cast(uint32_t, wide[i]) & 0x7F800000) == 0x7F800000;
    if (found) return 0;
  }
  return 1;
}

int ck_is_finite(const void *source, ck_format format, size_t count) { return ck_part_is_finite(source, format, 0, count); }
