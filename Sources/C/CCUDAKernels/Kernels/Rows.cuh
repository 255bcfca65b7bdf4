// Reductions over a row of numbers, whose bits depend on the row alone.
//
// Columns are counted from `base`, a multiple of 64. Four that lie together belong to one lane, 32 lanes to one of eight groups, and 1024
// columns make a round: column c is number c % 4 of lane c / 4 % 32 in group c / 128 % 8 of round c / 1024. A sum runs over the rounds, then over
// the four numbers, then over the groups, then over the lanes, in one fixed tree. So further columns that add nothing change no bit, and neither
// do other rows. A row of up to 512 columns is taken by one warp, which is all of its groups; a wider one by a block, each warp of which is
// a group: the sums are the same.
//
// Blocks have exactly 256 threads.

#ifndef FOLIO_ROWS_CUH
#define FOLIO_ROWS_CUH

#include "Elements.cuh"

constexpr int row_threads = 256;
constexpr int groups = 8;
constexpr i64 round_columns = 1024;
/// So many groups a warp takes alone. Those that it does not reach add nothing.
constexpr int narrow_groups = 4;
constexpr i64 narrow_columns = narrow_groups * 128;
INLINE bool is_narrow(i64 width) { return width <= narrow_columns; }

/// The rows that a warp (narrow) or a block takes: `for (i64 row = first_row<narrow>(); row < rows; row += row_step<narrow>())`.
template <bool narrow>
INLINE i64 first_row() {
  return narrow ? static_cast<i64>(blockIdx.x) * groups + threadIdx.x / 32 : blockIdx.x;
}
template <bool narrow>
INLINE i64 row_step() {
  return narrow ? static_cast<i64>(gridDim.x) * groups : gridDim.x;
}

/// Some columns of a row: those from `start` to `end`.
struct Span {
  i64 start, end;

  INLINE_MEMBER i64 base() const { return start / 64 * 64; }
};

/// The columns that row `row` of a causal square sees: below visible + row, and of those the last `window`.
INLINE Span seen_span(i64 row, i64 width, i64 visible, i64 window) {
  u64 limit = static_cast<u64>(visible) + static_cast<u64>(row), reach = static_cast<u64>(window);
  i64 end = limit < static_cast<u64>(width) ? static_cast<i64>(limit) : width;
  i64 start = limit <= reach ? 0 : limit - reach < static_cast<u64>(end) ? static_cast<i64>(limit - reach) : end;
  return Span{start, end};
}

/// Four of a row's numbers, `filling` where the span does not reach. `whole`: all rows' fours lie at multiples of 16 bytes.
INLINE Four load_within(const float *row, i64 column, Span span, bool whole, float filling) {
  if (column >= span.start && column + 4 <= span.end) return load_four(row + column, whole);
  Four four;
#pragma unroll
  for (int i = 0; i < 4; i++) four.at[i] = column + i >= span.start && column + i < span.end ? row[column + i] : filling;
  return four;
}

INLINE void store_within(float *row, i64 column, Span span, bool whole, const Four &four) {
  if (column >= span.start && column + 4 <= span.end) return store_four(row + column, four, whole);
#pragma unroll
  for (int i = 0; i < 4; i++)
    if (column + i >= span.start && column + i < span.end) row[column + i] = four.at[i];
}

/// The fours that a thread holds of a page: of a narrow row one of each group, which is all of it, and of a wide one those of two rounds. So few
/// leave room on a multiprocessor for many rows at once; more of a wide row lies in the cache when it is read again.
template <bool narrow>
struct Page {
  static constexpr int held = narrow ? narrow_groups : 2;
  static constexpr i64 columns = narrow ? narrow_columns : held * round_columns;

  Four at[held];

  /// The column of a four of the page that begins at `first`.
  static INLINE_MEMBER i64 column(i64 first, int slot) {
    return narrow ? first + slot * 128 + threadIdx.x % 32 * 4 : first + slot * round_columns + threadIdx.x * 4;
  }

  /// Calls body(slot, i) for every number of the page that a span may reach. Which slots these are is the same for all lanes of a warp.
  template <class Body>
  static INLINE_MEMBER void each(i64 first, Span span, Body body) {
#pragma unroll
    for (int slot = 0; slot < held; slot++) {
      if (first + slot * (narrow ? 128 : round_columns) >= span.end) continue;
#pragma unroll
      for (int i = 0; i < 4; i++) body(slot, i);
    }
  }

  INLINE_MEMBER void load(const float *row, i64 first, Span span, bool whole, float filling) {
#pragma unroll
    for (int slot = 0; slot < held; slot++) at[slot] = load_within(row, column(first, slot), span, whole, filling);
  }

  INLINE_MEMBER void store(float *row, i64 first, Span span, bool whole) const {
#pragma unroll
    for (int slot = 0; slot < held; slot++) {
      if (column(first, slot) < span.end) store_within(row, column(first, slot), span, whole, at[slot]);
    }
  }
};

/// Whether a span fits one page, so that what a thread holds of it needs not be read again.
template <bool narrow>
INLINE bool is_one_page(Span span) {
  return narrow || span.end - span.base() <= Page<narrow>::columns;
}

/// Calls body(first column) for each page of a span.
template <bool narrow, class Body>
INLINE void for_each_page(Span span, Body body) {
  for (i64 first = span.base(); first < span.end; first += Page<narrow>::columns) body(first);
}

/// What a thread has accumulated: for each group that it works for, by the place within a four.
template <bool narrow, class Value>
struct Accumulated {
  Value initial;
  Value at[narrow ? narrow_groups : 1][4];

  explicit INLINE_MEMBER Accumulated(Value initial) : initial(initial) {
#pragma unroll
    for (int group = 0; group < (narrow ? narrow_groups : 1); group++) {
#pragma unroll
      for (int i = 0; i < 4; i++) at[group][i] = initial;
    }
  }

  /// The place for number `i` of a page's slot.
  INLINE_MEMBER Value &place(int slot, int i) { return at[narrow ? slot : 0][i]; }
};

template <class Value, class Operation>
INLINE Value of_eight(const Value *x, Operation f) {
  return f(f(f(x[0], x[1]), f(x[2], x[3])), f(f(x[4], x[5]), f(x[6], x[7])));
}

/// The reduction of a whole row, in every thread that takes part in it. `turn` is a variable of the kernel, 0 at first: of two places in shared
/// memory each reduction uses the other one, so that one barrier is enough.
template <bool narrow, class Value, class Operation>
INLINE Value reduced(const Accumulated<narrow, Value> &accumulated, int &turn, Operation f) {
  __shared__ Value exchange[2][groups][32];
  Value of_groups[groups];
#pragma unroll
  for (int group = 0; group < (narrow ? narrow_groups : 1); group++) {
    const Value *x = accumulated.at[group];
    of_groups[group] = f(f(x[0], x[1]), f(x[2], x[3]));
  }
  if (!narrow) {
    int lane = threadIdx.x % 32;
    exchange[turn][threadIdx.x / 32][lane] = of_groups[0];
    __syncthreads();
#pragma unroll
    for (int group = 0; group < groups; group++) of_groups[group] = exchange[turn][group][lane];
    turn ^= 1;
  }
  if (narrow) {
#pragma unroll
    for (int group = narrow_groups; group < groups; group++) of_groups[group] = accumulated.initial;
  }
  Value value = of_eight(of_groups, f);
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value = f(value, __shfl_xor_sync(EVERY_LANE, value, distance));
  return value;
}

template <bool narrow, class Value>
INLINE Value row_sum(const Accumulated<narrow, Value> &accumulated, int &turn) {
  return reduced(accumulated, turn, [](Value a, Value b) { return a + b; });
}

/// The largest number; what is not a number is passed over.
template <bool narrow>
INLINE float row_max(const Accumulated<narrow, float> &accumulated, int &turn) {
  return reduced(accumulated, turn, [](float a, float b) { return fmaxf(a, b); });
}

#endif
