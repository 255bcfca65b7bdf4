// Norms of rows, what is done to each row or column, and the gradients.
//
// Launch: blocks of exactly 256 threads; any grid is right. x, y, normalized, gradient and result are [rows, width]; scale and scale_gradient
// are [rows]. An output may be an input of the same shape. Sizes may be 0.
//
// Rows (fast with (rows + 7) / 8 blocks if width <= 512, else `rows`, at most some ten thousand):
//   rms_normalize(const float *x, float *normalized, float *scale, i64 rows, i64 width, float epsilon)
//   center_rows(const float *x, float *y, i64 rows, i64 width)
//   rms_scale_gradient(const float *x, const float *scale, const float *gradient, float *result, i64 rows, i64 width)
// Elements (fast with (rows * width + 1023) / 1024 blocks, at most some ten thousand):
//   divide_rows(const float *x, const float *scale, float *y, i64 rows, i64 width)
//   scale_columns(const float *x, const float *factors, float *y, i64 rows, i64 width)
//   add_to_rows(const float *bias, float *y, i64 rows, i64 width)
//   rms_input_gradient(const float *x, const float *scale, const float *gradient, const float *scale_gradient, float *result,
//                      i64 rows, i64 width)
//   rotate_halves(const float *x, const float *cosine, const float *sine, float *y, i64 rows, i64 heads, i64 width, i64 turned)
//     x and y are [rows, heads, width], cosine and sine [rows, turned / 2]

#include "Rows.cuh"

template <bool narrow>
INLINE void normalize(const float *x, float *normalized, float *scale, i64 rows, i64 width, float epsilon) {
  bool whole = is_aligned(x, 16) && is_aligned(normalized, 16) && width % 4 == 0;
  Span span{0, width};
  bool keeps = is_one_page<narrow>(span);
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < rows; row += row_step<narrow>()) {
    const float *from = x + row * width;
    Page<narrow> page;
    Accumulated<narrow, float> squares(0);
    for_each_page<narrow>(span, [&](i64 first) {
      page.load(from, first, span, whole, 0);
      page.each(first, span, [&](int slot, int i) {
        float value = page.at[slot].at[i];
        squares.place(slot, i) = fmaf(value, value, squares.place(slot, i));
      });
    });
    float divisor = sqrtf(row_sum(squares, turn) / static_cast<float>(width) + epsilon), inverse = 1.0f / divisor;
    if (threadIdx.x % (narrow ? 32 : row_threads) == 0) scale[row] = divisor;
    for_each_page<narrow>(span, [&](i64 first) {
      if (!keeps) page.load(from, first, span, whole, 0);
      page.each(first, span, [&](int slot, int i) { page.at[slot].at[i] *= inverse; });
      page.store(normalized + row * width, first, span, whole);
    });
  }
}

KERNEL(rms_normalize, row_threads, (const float *x, float *normalized, float *scale, i64 rows, i64 width, float epsilon)) {
  if (is_narrow(width)) {
    normalize<true>(x, normalized, scale, rows, width, epsilon);
  } else {
    normalize<false>(x, normalized, scale, rows, width, epsilon);
  }
}

template <bool narrow>
INLINE void center(const float *x, float *y, i64 rows, i64 width) {
  bool whole = is_aligned(x, 16) && is_aligned(y, 16) && width % 4 == 0;
  Span span{0, width};
  bool keeps = is_one_page<narrow>(span);
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < rows; row += row_step<narrow>()) {
    const float *from = x + row * width;
    Page<narrow> page;
    Accumulated<narrow, float> sums(0);
    for_each_page<narrow>(span, [&](i64 first) {
      page.load(from, first, span, whole, 0);
      page.each(first, span, [&](int slot, int i) {
        sums.place(slot, i) += page.at[slot].at[i];
      });
    });
    float mean = row_sum(sums, turn) / static_cast<float>(width);
    for_each_page<narrow>(span, [&](i64 first) {
      if (!keeps) page.load(from, first, span, whole, 0);
      page.each(first, span, [&](int slot, int i) { page.at[slot].at[i] -= mean; });
      page.store(y + row * width, first, span, whole);
    });
  }
}

KERNEL(center_rows, row_threads, (const float *x, float *y, i64 rows, i64 width)) {
  if (is_narrow(width)) {
    center<true>(x, y, rows, width);
  } else {
    center<false>(x, y, rows, width);
  }
}

template <bool narrow>
INLINE void scale_gradients(const float *x, const float *scale, const float *gradient, float *result, i64 rows, i64 width) {
  bool whole = is_aligned(x, 16) && is_aligned(gradient, 16) && width % 4 == 0;
  Span span{0, width};
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < rows; row += row_step<narrow>()) {
    Page<narrow> page, gradients;
    Accumulated<narrow, float> products(0);
    for_each_page<narrow>(span, [&](i64 first) {
      page.load(x + row * width, first, span, whole, 0);
      gradients.load(gradient + row * width, first, span, whole, 0);
      page.each(first, span, [&](int slot, int i) {
        products.place(slot, i) = fmaf(page.at[slot].at[i], gradients.at[slot].at[i], products.place(slot, i));
      });
    });
    float sum = row_sum(products, turn);
    if (threadIdx.x % (narrow ? 32 : row_threads) == 0) result[row] = -sum / (scale[row] * scale[row]);
  }
}

KERNEL(rms_scale_gradient, row_threads,
       (const float *x, const float *scale, const float *gradient, float *result, i64 rows, i64 width)) {
  if (is_narrow(width)) {
    scale_gradients<true>(x, scale, gradient, result, rows, width);
  } else {
    scale_gradients<false>(x, scale, gradient, result, rows, width);
  }
}

KERNEL(divide_rows, row_threads, (const float *x, const float *scale, float *y, i64 rows, i64 width)) {
  bool whole = is_aligned(x, 16) && is_aligned(y, 16) && width % 4 == 0;
  for_each_place(rows, width, whole, [=](i64 row, i64 column) {
    float inverse = 1.0f / scale[row];
    i64 at = row * width + column;
    if (!whole) return void(y[at] = x[at] * inverse);
    Four four = load_four(x + at, true);
#pragma unroll
    for (int i = 0; i < 4; i++) four.at[i] *= inverse;
    store_four(y + at, four, true);
  });
}

KERNEL(scale_columns, row_threads, (const float *x, const float *factors, float *y, i64 rows, i64 width)) {
  bool whole = is_aligned(x, 16) && is_aligned(factors, 16) && is_aligned(y, 16) && width % 4 == 0;
  for_each_place(rows, width, whole, [=](i64 row, i64 column) {
    i64 at = row * width + column;
    if (!whole) return void(y[at] = x[at] * factors[column]);
    Four four = load_four(x + at, true), f = load_four(factors + column, true);
#pragma unroll
    for (int i = 0; i < 4; i++) four.at[i] *= f.at[i];
    store_four(y + at, four, true);
  });
}

KERNEL(add_to_rows, row_threads, (const float *bias, float *y, i64 rows, i64 width)) {
  bool whole = is_aligned(bias, 16) && is_aligned(y, 16) && width % 4 == 0;
  for_each_place(rows, width, whole, [=](i64 row, i64 column) {
    i64 at = row * width + column;
    if (!whole) return void(y[at] += bias[column]);
    Four four = load_four(y + at, true), b = load_four(bias + column, true);
#pragma unroll
    for (int i = 0; i < 4; i++) four.at[i] += b.at[i];
    store_four(y + at, four, true);
  });
}

KERNEL(rms_input_gradient, row_threads,
       (const float *x, const float *scale, const float *gradient, const float *scale_gradient, float *result, i64 rows, i64 width)) {
  bool whole = is_aligned(x, 16) && is_aligned(gradient, 16) && is_aligned(result, 16) && width % 4 == 0;
  for_each_place(rows, width, whole, [=](i64 row, i64 column) {
    float inverse = 1.0f / scale[row], share = scale_gradient[row] * inverse / static_cast<float>(width);
    i64 at = row * width + column;
    if (!whole) return void(result[at] = fmaf(share, x[at], gradient[at] * inverse));
    Four a = load_four(x + at, true), g = load_four(gradient + at, true);
#pragma unroll
    for (int i = 0; i < 4; i++) g.at[i] = fmaf(share, a.at[i], g.at[i] * inverse);
    store_four(result + at, g, true);
  });
}

INLINE void turn(float &first, float &second, float cosine, float sine) {
  float turned = fmaf(first, cosine, -(second * sine));
  second = fmaf(second, cosine, first * sine);
  first = turned;
}

KERNEL(rotate_halves, row_threads,
       (const float *x, const float *cosine, const float *sine, float *y, i64 rows, i64 heads, i64 width, i64 turned)) {
  i64 half = turned / 2;
  bool whole = is_aligned(x, 16) && is_aligned(cosine, 16) && is_aligned(sine, 16) && is_aligned(y, 16) && width % 4 == 0 &&
               half % 4 == 0;
  for_each_place(rows * heads, half, whole, [=](i64 head, i64 column) {
    i64 at = head * width + column, angle = quotient(head, heads) * half + column;
    if (!whole) {
      float first = x[at], second = x[at + half];
      turn(first, second, cosine[angle], sine[angle]);
      y[at] = first, y[at + half] = second;
      return;
    }
    Four first = load_four(x + at, true), second = load_four(x + at + half, true);
    Four c = load_four(cosine + angle, true), s = load_four(sine + angle, true);
#pragma unroll
    for (int i = 0; i < 4; i++) turn(first.at[i], second.at[i], c.at[i], s.at[i]);
    store_four(y + at, first, true);
    store_four(y + at + half, second, true);
  });
  if (x == y || turned == width) return;
  for_each_place(rows * heads, width - turned, false, [=](i64 head, i64 column) {
    i64 at = head * width + turned + column;
    y[at] = x[at];
  });
}
