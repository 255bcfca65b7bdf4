// Matrix-vector products for a few rows: the weight is read once, by several of its rows at a time, at the speed of memory.
//
// A number of the result is one vector of sums over its row of x and its row of the weight, whose lanes are added at the end: the same
// however many rows are computed together.

#include "Product.h"

#include "Kinds.h"

/// The numbers of `inner` for which x is packed at a time: eight rows of them leave room in the second cache. A result's bits depend on it.
enum { depth_of_block = 8192 };

struct dots {
  const float *x;
  const uint8_t *weight;
  ck_format format;
  /// The first number of `weight`, where it is not the one at its address: of formats other than fp32 and bf16.
  size_t first;
  /// Of the weight, in numbers.
  size_t stride;
  size_t depth;
  /// How many rows of the weight are left.
  size_t count;
  float *result;
  size_t result_stride;
  bool adding;
};

struct kind {
  void (*pack_x)(const float *x, size_t stride, size_t rows, ck_format format, size_t depth, float *to);
  /// By rows - 1. Each does one or several rows of the weight, and says how many.
  void (*dots[8])(const struct dots *dots, size_t *together);
};

#define KERNELS "Dots.h"
#include "EachKind.h"

void ck_gemv_part(
  const float *x, size_t rows, size_t x_stride, const void *weight, ck_format format, size_t first, size_t inner,
  size_t weight_stride, float *result, size_t result_stride, size_t from, size_t to) {
  const struct kind *kind = kind_of_cpu();
  if (inner == 0)
    for (size_t r = 0; r < rows; r++)
      for (size_t o = from; o < to; o++) result[r * result_stride + o] = 0;
  for (size_t row = 0; row < rows; row += 8) {
    size_t group = rows - row < 8 ? rows - row : 8;
    for (size_t i = 0; i < inner; i += depth_of_block) {
      size_t depth = inner - i < depth_of_block ? inner - i : depth_of_block;
      float *packed = ck_scratch();
      kind->pack_x(x + row * x_stride + i, x_stride, group, format, depth, packed);
      struct dots dots = {packed, weight, format, 0, weight_stride, depth, 0, 0, result_stride, i > 0};
      for (size_t o = from, together; o < to; o += together) {
        size_t number = first + o * weight_stride + i;
        if (format == ck_float32 || format == ck_bfloat16)
          dots.weight = (const uint8_t *)weight + number * ck_block_bytes(format);
        else
          dots.first = number;
        dots.count = to - o;
        dots.result = result + row * result_stride + o;
        kind->dots[group - 1](&dots, &together);
      }
    }
  }
}

void ck_gemv(
  const float *x, size_t rows, size_t x_stride, const void *weight, ck_format format, size_t inner, size_t weight_stride,
  float *result, size_t result_stride, size_t from, size_t to) {
  ck_gemv_part(x, rows, x_stride, weight, format, 0, inner, weight_stride, result, result_stride, from, to);
}
