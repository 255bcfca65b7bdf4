// The logarithm of a sum of exponentials, which probabilities are divided by.
//
// Launch: blocks of exactly 256 threads; any grid is right, and gives the same bits. Sizes may be 0.
//
//   log_sum_exp_parts(const float *x, double *parts, i64 rows, i64 n), then log_sum_exp(const double *parts, double *out, i64 rows)
//     out[r] = log Σ exp x[r], of x [rows, n], in double and in an order that n alone decides; NaN if a number is NaN or all are -inf.
//     parts is [rows, 64, 2]. Grids: rows * 64, and (rows + 255) / 256.

#include "Platform.cuh"

constexpr int threads = 256;
constexpr int log_part_count = 64;

KERNEL(log_sum_exp_parts, threads, (const float *x, double *parts, i64 rows, i64 n)) {
  __shared__ double sums[threads];
  __shared__ float largests[threads];
  int t = threadIdx.x;
  for (i64 task = blockIdx.x; task < rows * log_part_count; task += gridDim.x) {
    const float *row = x + task / log_part_count * n;
    i64 first = task % log_part_count * threads + t, step = log_part_count * threads;
    float largest = minus_infinity();
    bool is_number = true;
    for (i64 i = first; i < n; i += step) {
      is_number &= row[i] == row[i];
      if (row[i] > largest) largest = row[i];
    }
    largests[t] = largest;
    __syncthreads();
    for (int half = threads / 2; half > 0; half /= 2) {
      if (t < half && largests[t + half] > largests[t]) largests[t] = largests[t + half];
      __syncthreads();
    }
    largest = largests[0];
    double sum = is_number ? 0 : nan("");
    for (i64 i = first; i < n; i += step) sum += row[i] == minus_infinity() ? 0 : exp(static_cast<double>(row[i]) - largest);
    sums[t] = sum;
    __syncthreads();
    for (int half = threads / 2; half > 0; half /= 2) {
      if (t < half) sums[t] += sums[t + half];
      __syncthreads();
    }
    if (t == 0) {
      parts[2 * task] = largest;
      parts[2 * task + 1] = sums[0];
    }
    __syncthreads();
  }
}

KERNEL(log_sum_exp, threads, (const double *parts, double *out, i64 rows)) {
  for (i64 row = blockIdx.x * static_cast<i64>(threads) + threadIdx.x; row < rows; row += gridDim.x * static_cast<i64>(threads)) {
    const double *own = parts + row * log_part_count * 2;
    double largest = minus_infinity(), sum = 0;
    for (int p = 0; p < log_part_count; p++) largest = own[2 * p] > largest ? own[2 * p] : largest;
    // A part of nothing but -inf, or of nothing at all, adds nothing.
    for (int p = 0; p < log_part_count; p++)
      if (own[2 * p] != minus_infinity() || own[2 * p + 1] != 0) sum += own[2 * p + 1] * exp(own[2 * p] - largest);
    out[row] = largest + log(sum == 0 ? nan("") : sum);
  }
}
