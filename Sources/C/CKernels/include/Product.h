// Products of matrices whose right factor may be in any format of weights, as they lie in a model's file: they are widened to fp32 as
// they are used, and the result is, bit for bit, that of a factor in fp32 with these numbers.
//
// Row invariance: a number of the result depends, bit for bit, on its own row of `left`, its own column of `right`, on `inner` and on
// the kind of CPU only. How many rows or columns are computed together, how they lie in memory and into how many tasks the work is
// divided changes nothing, so that what a language model keeps of a prefix is exactly what the computation of the whole text gives.
//
// Each thread that computes keeps 2 MiB to pack factors into, until it ends.

#ifndef FOLIO_CKERNELS_PRODUCT_H
#define FOLIO_CKERNELS_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "Formats.h"

/// result = factor · left · right, or result += factor · left · right with `adding`. Strides count numbers, from row to row. `right`
/// begins at the number `right_first` of those that lie at its address: it may be a part of a row, which begins within a block.
///
/// `left` is [rows, inner], or [inner, rows] if transposed; `right` is [inner, columns], or [columns, inner] if transposed, as the
/// weight [out, in] of a linear layer is. The result must not overlap its factors. Any size may be 0.
typedef struct {
  size_t rows, columns, inner;
  const float *left;
  size_t left_stride;
  bool left_transposed;
  const void *right;
  ck_format format;
  size_t right_first, right_stride;
  bool right_transposed;
  float *result;
  size_t result_stride;
  float factor;
  bool adding;
} ck_product;

/// Into how many tasks the product is best divided for so many threads: 1 for a small one, several a thread for a large one.
size_t ck_product_tasks(const ck_product *product, size_t threads);

/// Does one of `tasks` tasks, any number of which may run at the same time. Together they make the whole result.
void ck_product_task(const ck_product *product, size_t task, size_t tasks);

/// result[r, o] = Σ_i x[r, i] · weight[o, i] for o in from..<to: for few rows, at the speed at which the weight can be read. `weight`
/// begins at the number `first` of those at its address.
///
/// Its rows are as invariant as those of `ck_product_task`, but sums are taken in another order than there, which for bfloat16 is not
/// that for fp32; for every other format it is.
void ck_gemv_part(
  const float *x, size_t rows, size_t x_stride, const void *weight, ck_format format, size_t first, size_t inner,
  size_t weight_stride, float *result, size_t result_stride, size_t from, size_t to);

/// The same for a weight that begins at its address.
void ck_gemv(
  const float *x, size_t rows, size_t x_stride, const void *weight, ck_format format, size_t inner, size_t weight_stride,
  float *result, size_t result_stride, size_t from, size_t to);

#endif
