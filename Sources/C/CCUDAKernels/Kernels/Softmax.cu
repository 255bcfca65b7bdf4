// Softmax over rows of scores, what hides scores, and the gradient.
//
// A square is a matrix [rows, width] of scores; `squares` of them lie one behind the other, each with the same mask: its row r sees the columns
// below visible + r, and of those the last `window` (LLONG_MAX: all).
//
// Launch: blocks of exactly 256 threads; any grid is right. Sizes may be 0.
//
// Rows (fast with (squares * rows + 7) / 8 blocks if width <= 512, else squares * rows, at most some ten thousand):
//   causal_softmax(float *x, i64 squares, i64 rows, i64 width, i64 visible, i64 window)
//     softmax over what a row sees; the rest becomes 0, whatever stood there
//   masked_softmax(float *x, i64 rows, i64 width)                     width < 2^31
//     softmax over all columns, of which those that are -inf become 0; a row of nothing but -inf becomes NaN. The bits are those of
//     causal_softmax where -inf stands for what is not seen.
//   softmax_gradient(const float *pattern, float *gradient, i64 squares, i64 rows, i64 width, i64 visible, i64 window)
//     gradient = pattern * (gradient - Σ pattern * gradient) over what a row sees; the rest becomes 0, whatever stood there.
//     visible = width gives all columns.
// Elements (fast with (squares * rows * width + 1023) / 1024 blocks, at most some ten thousand):
//   mask_unseen(float *x, i64 squares, i64 rows, i64 width, i64 visible, i64 window, float value)
//     writes `value` where a row does not look
//   clear_unseen(float *x, const float *pattern, i64 squares, i64 rows, i64 width, i64 visible, i64 window)
//     writes 0 where a row does not look and the pattern is 0

#include "Rows.cuh"

/// Writes zeros to the columns of a span.
template <bool narrow>
INLINE void clear(float *row, Span span, bool whole) {
  const int threads = narrow ? 32 : row_threads;
  for (i64 column = span.start / 4 * 4 + threadIdx.x % threads * 4; column < span.end; column += 4 * threads)
    store_within(row, column, span, whole, Four{{0, 0, 0, 0}});
}

template <bool narrow>
INLINE void softmax(float *row, i64 width, Span span, bool whole, int &turn) {
  bool keeps = is_one_page<narrow>(span);
  Page<narrow> page;
  // The order of maxima is free, so four places are enough.
  Accumulated<narrow, float> maxima(minus_infinity());
  for_each_page<narrow>(span, [&](i64 first) {
    page.load(row, first, span, whole, minus_infinity());
    page.each(first, span, [&](int slot, int i) { maxima.place(0, i) = fmaxf(page.at[slot].at[i], maxima.place(0, i)); });
  });
  float largest = row_max(maxima, turn);
  Accumulated<narrow, float> sums(0);
  for_each_page<narrow>(span, [&](i64 first) {
    if (!keeps) page.load(row, first, span, whole, minus_infinity());
    page.each(first, span, [&](int slot, int i) {
      page.at[slot].at[i] = expf(page.at[slot].at[i] - largest);
      sums.place(slot, i) += page.at[slot].at[i];
    });
  });
  float inverse = 1.0f / row_sum(sums, turn);
  for_each_page<narrow>(span, [&](i64 first) {
    if (!keeps) page.load(row, first, span, whole, minus_infinity());
    page.each(first, span, [&](int slot, int i) {
      float exponential = keeps ? page.at[slot].at[i] : expf(page.at[slot].at[i] - largest);
      page.at[slot].at[i] = exponential * inverse;
    });
    page.store(row, first, span, whole);
  });
  clear<narrow>(row, Span{0, span.start}, whole);
  clear<narrow>(row, Span{span.end, width}, whole);
}

template <bool narrow>
INLINE void causal(float *x, i64 squares, i64 rows, i64 width, i64 visible, i64 window) {
  bool whole = is_aligned(x, 16) && width % 4 == 0;
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < squares * rows; row += row_step<narrow>()) {
    Span span = seen_span(row - quotient(row, rows) * rows, width, visible, window);
    softmax<narrow>(x + row * width, width, span, whole, turn);
  }
}

KERNEL(causal_softmax, row_threads, (float *x, i64 squares, i64 rows, i64 width, i64 visible, i64 window)) {
  if (is_narrow(width)) {
    causal<true>(x, squares, rows, width, visible, window);
  } else {
    causal<false>(x, squares, rows, width, visible, window);
  }
}

/// The first column that is not -inf; 0 if there is none.
template <bool narrow>
INLINE i64 first_seen(const float *row, i64 width, bool whole, int &turn) {
  Span all{0, width};
  Accumulated<narrow, int> places(static_cast<int>(width));
  for_each_page<narrow>(all, [&](i64 first) {
    Page<narrow> page;
    page.load(row, first, all, whole, minus_infinity());
    page.each(first, all, [&](int slot, int i) {
      if (page.at[slot].at[i] != minus_infinity())
        places.place(0, 0) = min(places.place(0, 0), static_cast<int>(Page<narrow>::column(first, slot)) + i);
    });
  });
  int place = reduced(places, turn, [](int a, int b) { return min(a, b); });
  return place < width ? place : 0;
}

template <bool narrow>
INLINE void masked(float *x, i64 rows, i64 width) {
  bool whole = is_aligned(x, 16) && width % 4 == 0;
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < rows; row += row_step<narrow>()) {
    i64 start = first_seen<narrow>(x + row * width, width, whole, turn);
    softmax<narrow>(x + row * width, width, Span{start, width}, whole, turn);
  }
}

KERNEL(masked_softmax, row_threads, (float *x, i64 rows, i64 width)) {
  if (is_narrow(width)) {
    masked<true>(x, rows, width);
  } else {
    masked<false>(x, rows, width);
  }
}

template <bool narrow>
INLINE void go_back(const float *pattern, float *gradient, i64 squares, i64 rows, i64 width, i64 visible, i64 window) {
  bool whole = is_aligned(pattern, 16) && is_aligned(gradient, 16) && width % 4 == 0;
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < squares * rows; row += row_step<narrow>()) {
    Span span = seen_span(row - quotient(row, rows) * rows, width, visible, window);
    const float *patterns = pattern + row * width;
    float *gradients = gradient + row * width;
    bool keeps = is_one_page<narrow>(span);
    Page<narrow> p, g;
    Accumulated<narrow, float> products(0);
    for_each_page<narrow>(span, [&](i64 first) {
      p.load(patterns, first, span, whole, 0);
      g.load(gradients, first, span, whole, 0);
      p.each(first, span, [&](int slot, int i) {
        products.place(slot, i) = fmaf(p.at[slot].at[i], g.at[slot].at[i], products.place(slot, i));
      });
    });
    float sum = row_sum(products, turn);
    for_each_page<narrow>(span, [&](i64 first) {
      if (!keeps) {
        p.load(patterns, first, span, whole, 0);
        g.load(gradients, first, span, whole, 0);
      }
      p.each(first, span, [&](int slot, int i) { g.at[slot].at[i] = p.at[slot].at[i] * (g.at[slot].at[i] - sum); });
      g.store(gradients, first, span, whole);
    });
    clear<narrow>(gradients, Span{0, span.start}, whole);
    clear<narrow>(gradients, Span{span.end, width}, whole);
  }
}

KERNEL(softmax_gradient, row_threads,
       (const float *pattern, float *gradient, i64 squares, i64 rows, i64 width, i64 visible, i64 window)) {
  if (is_narrow(width)) {
    go_back<true>(pattern, gradient, squares, rows, width, visible, window);
  } else {
    go_back<false>(pattern, gradient, squares, rows, width, visible, window);
  }
}

/// Calls body(index) for every element that its row does not see.
template <class Body>
INLINE void for_each_unseen(i64 squares, i64 rows, i64 width, i64 visible, i64 window, Body body) {
  for_each_place(squares * rows, width, false, [=](i64 row, i64 column) {
    Span span = seen_span(row - quotient(row, rows) * rows, width, visible, window);
    if (column < span.start || column >= span.end) body(row * width + column);
  });
}

KERNEL(mask_unseen, row_threads, (float *x, i64 squares, i64 rows, i64 width, i64 visible, i64 window, float value)) {
  for_each_unseen(squares, rows, width, visible, window, [=](i64 i) { x[i] = value; });
}

KERNEL(clear_unseen, row_threads,
       (float *x, const float *pattern, i64 squares, i64 rows, i64 width, i64 visible, i64 window)) {
  for_each_unseen(squares, rows, width, visible, window, [=](i64 i) {
    if (pattern[i] == 0) x[i] = 0;
  });
}
