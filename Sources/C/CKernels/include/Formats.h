// How the numbers of a weight lie in memory, and what they are in fp32.
//
// The formats of blocks are those of ggml, as GGUF files hold them: so many numbers share a scale, and some a minimum, in fp16. What
// a number is in fp32 is the same, bit for bit, as PyPI's `gguf.quants.dequantize` gives it. A product of a scale and a quantum needs
// at most 23 bits and is exact; the only rounding is that of the one addition of a minimum, fused or not.

#ifndef FOLIO_CKERNELS_FORMATS_H
#define FOLIO_CKERNELS_FORMATS_H

#include <stddef.h>

/// Little-endian, of any alignment.
typedef enum {
  ck_float32, ck_bfloat16, ck_float16, ck_q8_0, ck_q4_0, ck_q4_1, ck_q5_0, ck_q5_1, ck_q4_k, ck_q5_k, ck_q6_k, ck_format_count
} ck_format;

/// How many numbers a block holds, and how many bytes it takes. A number that stands alone is a block of one.
size_t ck_block_numbers(ck_format format);
size_t ck_block_bytes(ck_format format);

/// y = the numbers first ..< first + count of those that lie at `source`, one block after the other. They may begin and end within a
/// block; of the blocks that hold them, the whole is read.
void ck_widen(const void *source, ck_format format, size_t first, size_t count, float *y);

/// 1 if none of these numbers is NaN or infinite.
int ck_part_is_finite(const void *source, ck_format format, size_t first, size_t count);

/// The same for the first `count` numbers.
int ck_is_finite(const void *source, ck_format format, size_t count);

#endif
