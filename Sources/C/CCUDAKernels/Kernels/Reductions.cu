// Sums, maxima and findings over an axis or over all numbers.
//
// Launch: blocks of exactly 256 threads; any grid is right, and gives the same bits. Sizes may be 0.
//
//   sum_axis(const float *x, float *y, i64 outer, i64 length, i64 inner)   y[o, i] = Σ_l x[o, l, i], added up in double
//   max_axis(const float *x, float *y, i64 outer, i64 length, i64 inner)   y[o, i] = max_l x[o, l, i]; NaN is passed over; -inf of nothing
//     fast with outer * inner blocks if inner < 32 ((outer * inner + 7) / 8 if also length <= 512); else with (outer * inner + 255) / 256 if
//     length < 64, else outer * ((inner + 31) / 32)
//   sum_parts(const float *x, double *parts, i64 n), then sum_all(const double *parts, double *out)
//     parts has 256 numbers; out = Σ x in double, in an order that n alone decides. Grids: 256, and 1.
//   argmax_parts(const float *x, float *values, int *places, i64 rows, i64 n), then
//   argmax(const float *x, const float *values, const int *places, int *out, i64 rows, i64 n)
//     of each row of x [rows, n] the index of the largest number, of equal ones that of the first; NaN is passed over, but 0 where the first
//     is NaN. n < 2^31, not 0. values and places are [rows, 64]. Grids: rows * 64, and rows.
//   any_not_finite(const float *x, i64 n, int *flag)
//     flag becomes 1 if a number is NaN or infinite, else it stays. Grid: (n + 2047) / 2048, at most some ten thousand.

#include "Rows.cuh"

/// From this many columns on, threads that lie side by side take them.
constexpr i64 wide_inner = 32;
/// From this length on, several threads share the numbers of one result.
constexpr i64 split_length = 64;

/// y[o, i] = the reduction of x[o, 0…, i]: accumulate(a, number) makes a new value, join(a, b) of two one.
template <bool narrow, class Value, class Accumulate, class Join>
INLINE void reduce_each(const float *x, float *y, i64 outer, i64 length, i64 inner, Value initial, Accumulate accumulate, Join join) {
  Span span{0, length};
  bool whole = inner == 1 && is_aligned(x, 16) && length % 4 == 0;
  int turn = 0;
  for (i64 row = first_row<narrow>(); row < outer * inner; row += row_step<narrow>()) {
    i64 o = quotient(row, inner);
    const float *from = x + o * length * inner + (row - o * inner);
    Accumulated<narrow, Value> accumulated(initial);
    for_each_page<narrow>(span, [&](i64 first) {
      Page<narrow> page;
      if (inner == 1) page.load(from, first, span, whole, 0);
      page.each(first, span, [&](int slot, int i) {
        i64 l = Page<narrow>::column(first, slot) + i;
        if (l >= length) return;
        Value &place = accumulated.place(slot, i);
        place = accumulate(place, inner == 1 ? page.at[slot].at[i] : from[l * inner]);
      });
    });
    Value value = reduced(accumulated, turn, join);
    if (threadIdx.x % (narrow ? 32 : row_threads) == 0) y[row] = static_cast<float>(value);
  }
}

/// The reduction of every `step`th number of a column, from the first that is named.
template <class Value, class Accumulate>
INLINE Value reduce_column(const float *x, i64 first, i64 step, i64 length, i64 inner, Value initial, Accumulate accumulate) {
  Value value = initial;
#pragma unroll 8
  for (i64 l = first; l < length; l += step) value = accumulate(value, x[l * inner]);
  return value;
}

template <class Value, class Accumulate, class Join>
INLINE void reduce_axis(const float *x, float *y, i64 outer, i64 length, i64 inner, Value initial, Accumulate accumulate, Join join) {
  if (inner < wide_inner) {
    if (is_narrow(length)) return reduce_each<true>(x, y, outer, length, inner, initial, accumulate, join);
    return reduce_each<false>(x, y, outer, length, inner, initial, accumulate, join);
  }
  if (length < split_length) {
    for (i64 i = thread_in_grid(); i < outer * inner; i += threads_in_grid()) {
      i64 o = quotient(i, inner);
      y[i] = static_cast<float>(reduce_column(x + o * length * inner + (i - o * inner), 0, 1, length, inner, initial, accumulate));
    }
    return;
  }
  // Few results of many numbers: eight threads share the numbers of one, each of them every eighth.
  __shared__ Value shares[groups][32];
  int lane = threadIdx.x % 32, group = threadIdx.x / 32;
  i64 pieces = (inner + 31) / 32;
  for (i64 piece = blockIdx.x; piece < outer * pieces; piece += gridDim.x) {
    i64 o = quotient(piece, pieces), i = (piece - o * pieces) * 32 + lane;
    if (i < inner)
      shares[group][lane] = reduce_column(x + o * length * inner + i, group, groups, length, inner, initial, accumulate);
    __syncthreads();
    if (group == 0 && i < inner) {
      Value of_groups[groups];
#pragma unroll
      for (int g = 0; g < groups; g++) of_groups[g] = shares[g][lane];
      y[o * inner + i] = static_cast<float>(of_eight(of_groups, join));
    }
    __syncthreads();
  }
}

KERNEL(sum_axis, row_threads, (const float *x, float *y, i64 outer, i64 length, i64 inner)) {
  reduce_axis(
      x, y, outer, length, inner, 0.0, [](double sum, float x) { return sum + x; }, [](double a, double b) { return a + b; });
}

KERNEL(max_axis, row_threads, (const float *x, float *y, i64 outer, i64 length, i64 inner)) {
  auto larger_of = [](float a, float b) { return fmaxf(a, b); };
  reduce_axis(x, y, outer, length, inner, minus_infinity(), larger_of, larger_of);
}

constexpr int sum_part_count = 256;

KERNEL(sum_parts, row_threads, (const float *x, double *parts, i64 n)) {
  bool whole = is_aligned(x, 16);
  Span all{0, n};
  int turn = 0;
  for (i64 part = blockIdx.x; part < sum_part_count; part += gridDim.x) {
    Accumulated<false, double> sums(0);
    for (i64 first = part * round_columns; first < n; first += sum_part_count * round_columns) {
      Four four = load_within(x, first + 4 * threadIdx.x, all, whole, 0);
#pragma unroll
      for (int i = 0; i < 4; i++) sums.place(0, i) += four.at[i];
    }
    double sum = row_sum(sums, turn);
    if (threadIdx.x == 0) parts[part] = sum;
  }
}

KERNEL(sum_all, row_threads, (const double *parts, double *out)) {
  int turn = 0;
  Accumulated<false, double> sums(0);
  sums.place(0, 0) = parts[threadIdx.x];
  double sum = row_sum(sums, turn);
  if (threadIdx.x == 0) *out = sum;
}

constexpr int argmax_part_count = 64;

/// A number and where it stands.
struct Best {
  float value;
  int place;
};

/// Comparisons with NaN are false, so it is never better.
INLINE Best better(Best a, Best b) { return b.value > a.value || (b.value == a.value && b.place < a.place) ? b : a; }

INLINE Best best_of_warp(Best best) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    Best other{__shfl_xor_sync(EVERY_LANE, best.value, distance), __shfl_xor_sync(EVERY_LANE, best.place, distance)};
    best = better(best, other);
  }
  return best;
}

KERNEL(argmax_parts, row_threads, (const float *x, float *values, int *places, i64 rows, i64 n)) {
  __shared__ Best of_warps[row_threads / 32];
  bool whole = is_aligned(x, 16) && n % 4 == 0;
  Span all{0, n};
  for (i64 task = blockIdx.x; task < rows * argmax_part_count; task += gridDim.x) {
    i64 row = task / argmax_part_count, part = task % argmax_part_count;
    Best best{minus_infinity(), 0};
    for (i64 first = part * round_columns; first < n; first += argmax_part_count * round_columns) {
      i64 column = first + 4 * threadIdx.x;
      Four four = load_within(x + row * n, column, all, whole, minus_infinity());
#pragma unroll
      for (int i = 0; i < 4; i++) best = better(best, Best{four.at[i], static_cast<int>(column + i)});
    }
    best = best_of_warp(best);
    if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = best;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (int w = 1; w < row_threads / 32; w++) best = better(best, of_warps[w]);
      values[task] = best.value, places[task] = best.place;
    }
    __syncthreads();
  }
}

KERNEL(argmax, row_threads, (const float *x, const float *values, const int *places, int *out, i64 rows, i64 n)) {
  for (i64 row = blockIdx.x; row < rows; row += gridDim.x) {
    if (threadIdx.x >= 32) continue;
    i64 at = row * argmax_part_count + threadIdx.x;
    Best best = best_of_warp(better(Best{values[at], places[at]}, Best{values[at + 32], places[at + 32]}));
    float first = x[row * n];
    if (threadIdx.x == 0) out[row] = first == first ? best.place : 0;
  }
}

KERNEL(any_not_finite, row_threads, (const float *x, i64 n, int *flag)) {
  bool whole = is_aligned(x, 16), found = false;
  Span all{0, n};
  for (i64 i = 4 * thread_in_grid(); i < n; i += 4 * threads_in_grid()) {
    Four four = load_within(x, i, all, whole, 0);
#pragma unroll
    for (int k = 0; k < 4; k++) found |= (__float_as_uint(four.at[k]) & 0x7f800000u) == 0x7f800000u;
  }
  if (found) *flag = 1;
}
