// The attention of one token of one text to all that came before it.
//
// Two launches. Keys are taken in parts of 32 by their positions, each by a block of its own that computes all heads that share them; then the
// parts of a head are put together, in their order. What a part holds depends on the positions alone, and so does every bit.
//
//   decode_attention_parts(const float *q, const float *keys, const float *values, float *parts, i64 heads, i64 group_heads, i64 c,
//                          i64 key_row_stride, i64 first_key, i64 key_count, float scale, float cap)
//     q is [heads, c]; keys and values point to the row of position 0, head h reads the c numbers at key * key_row_stride + (h / group_heads) * c
//     of them. Keys first_key ..< first_key + key_count are seen; key_count > 0. cap is 0 for none. With
//     P = (first_key + key_count - 1) / 32 - first_key / 32 + 1, `parts` has heads * P * (c + 2) numbers, 16-byte aligned.
//     Block: 256. Grid: (P, heads / group_heads * ((group_heads + 7) / 8)).
//   decode_attention(const float *parts, float *z, i64 heads, i64 c, i64 part_count)
//     z is [heads, c], part_count is P. Block: 256. Grid: (heads, (c + 255) / 256).

#include "Elements.cuh"

constexpr int part_keys = 32;
constexpr int attention_threads = 256;
constexpr int warps = attention_threads / 32;
constexpr int keys_of_warp = part_keys / warps;
/// How many columns a warp multiplies at once: a four of each lane.
constexpr int stretch = 128;

/// Sums over the lanes of each of `count` numbers. A lane is left with the sum whose number is the lane's highest bits.
template <int count>
INLINE float sum_over_lanes(float (&x)[count]) {
  int lane = threadIdx.x % 32, distance = 16;
#pragma unroll
  for (int half = count / 2; half > 0; half /= 2) {
    bool upper = lane & distance;
#pragma unroll
    for (int i = 0; i < half; i++) {
      float kept = upper ? x[i + half] : x[i], given = upper ? x[i] : x[i + half];
      x[i] = kept + __shfl_xor_sync(EVERY_LANE, given, distance);
    }
    distance /= 2;
  }
#pragma unroll
  for (; distance > 0; distance /= 2) x[0] += __shfl_xor_sync(EVERY_LANE, x[0], distance);
  return x[0];
}

/// What all blocks of a launch know.
struct Decoding {
  const float *q, *keys, *values;
  float *parts;
  i64 heads, group_heads, c, key_row_stride, first_key, key_count;
  float scale, cap;
};

/// q · k of `count` heads and four keys, of which a warp sees those from `low` to `high`.
template <int count>
INLINE void score(const Decoding &d, const float *q, int used, const float *keys, i64 low, i64 high, float (&sums)[keys_of_warp][count]) {
  int lane = threadIdx.x % 32;
  bool whole = is_aligned(q, 16) && is_aligned(keys, 16) && d.c % 4 == 0 && d.key_row_stride % 4 == 0;
#pragma unroll
  for (int key = 0; key < keys_of_warp; key++) {
#pragma unroll
    for (int head = 0; head < count; head++) sums[key][head] = 0;
  }
  for (i64 first = 0; first < d.c; first += stretch) {
    i64 column = first + 4 * lane;
    Four k[keys_of_warp];
#pragma unroll
    for (int key = 0; key < keys_of_warp; key++) {
      bool seen = key >= low && key < high;
      k[key] = load_some(keys + key * d.key_row_stride + column, seen ? d.c - column : 0, whole);
    }
#pragma unroll
    for (int head = 0; head < count; head++) {
      Four a = load_some(q + head * d.c + column, head < used ? d.c - column : 0, whole);
#pragma unroll
      for (int key = 0; key < keys_of_warp; key++) {
#pragma unroll
        for (int i = 0; i < 4; i++) sums[key][head] = fmaf(a.at[i], k[key].at[i], sums[key][head]);
      }
    }
  }
}

/// A block's part: up to `count` heads of one group, and 32 keys.
template <int count>
INLINE void attend(const Decoding &d) {
  __shared__ float weights[part_keys][count];
  i64 group_blocks = (d.group_heads + 7) / 8, group = blockIdx.y / group_blocks, block = blockIdx.y % group_blocks;
  i64 first_head = group * d.group_heads + block * 8;
  int used = static_cast<int>(smaller(d.group_heads - block * 8, count));
  i64 part = d.first_key / part_keys + blockIdx.x, first = part * part_keys;
  i64 low = larger(d.first_key - first, 0), high = smaller(d.first_key + d.key_count - first, part_keys);
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;

  i64 own = warp * keys_of_warp;
  float sums[keys_of_warp][count];
  const float *keys = d.keys + (first + own) * d.key_row_stride + group * d.c;
  score(d, d.q + first_head * d.c, used, keys, low - own, high - own, sums);
#pragma unroll
  for (int key = 0; key < keys_of_warp; key++) {
    float score = sum_over_lanes(sums[key]) * d.scale;
    if (d.cap > 0) score = d.cap * tanhf(score / d.cap);
    bool seen = own + key >= low && own + key < high;
    if (lane % (32 / count) == 0) weights[own + key][lane / (32 / count)] = seen ? score : minus_infinity();
  }
  __syncthreads();

  float *maxima = d.parts + d.heads * gridDim.x * d.c, *totals = maxima + d.heads * gridDim.x;
  if (warp < used) {
    float score = weights[lane][warp], largest = score;
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) largest = fmaxf(largest, __shfl_xor_sync(EVERY_LANE, largest, distance));
    // A part may see nothing but -inf; others may see more.
    float weight = score == minus_infinity() ? 0 : expf(score - largest), total = weight;
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) total += __shfl_xor_sync(EVERY_LANE, total, distance);
    weights[lane][warp] = weight;
    i64 at = (first_head + warp) * gridDim.x + blockIdx.x;
    if (lane == 0) maxima[at] = largest, totals[at] = total;
  }
  __syncthreads();

  const float *values = d.values + first * d.key_row_stride + group * d.c;
  for (i64 column = threadIdx.x; column < d.c; column += attention_threads) {
    float gathered[count];
#pragma unroll
    for (int head = 0; head < count; head++) gathered[head] = 0;
#pragma unroll 16
    for (int key = static_cast<int>(low); key < high; key++) {
      float value = values[key * d.key_row_stride + column];
#pragma unroll
      for (int head = 0; head < count; head++) gathered[head] = fmaf(weights[key][head], value, gathered[head]);
    }
#pragma unroll
    for (int head = 0; head < count; head++)
      if (head < used) d.parts[((first_head + head) * gridDim.x + blockIdx.x) * d.c + column] = gathered[head];
  }
}

KERNEL(decode_attention_parts, attention_threads,
       (const float *q, const float *keys, const float *values, float *parts, i64 heads, i64 group_heads, i64 c, i64 key_row_stride,
        i64 first_key, i64 key_count, float scale, float cap)) {
  Decoding decoding{q, keys, values, parts, heads, group_heads, c, key_row_stride, first_key, key_count, scale, cap};
  if (group_heads > 4) {
    attend<8>(decoding);
  } else if (group_heads > 2) {
    attend<4>(decoding);
  } else if (group_heads > 1) {
    attend<2>(decoding);
  } else {
    attend<1>(decoding);
  }
}

KERNEL(decode_attention, attention_threads, (const float *parts, float *z, i64 heads, i64 c, i64 part_count)) {
  __shared__ float maxima_of_warps[warps], weights[attention_threads], totals[attention_threads];
  i64 head = blockIdx.x, column = static_cast<i64>(blockIdx.y) * attention_threads + threadIdx.x;
  const float *gathered = parts + head * part_count * c;
  const float *maxima = parts + heads * part_count * c + head * part_count, *sums = maxima + heads * part_count;
  float largest = minus_infinity();
  for (i64 part = threadIdx.x; part < part_count; part += attention_threads) largest = fmaxf(largest, maxima[part]);
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) largest = fmaxf(largest, __shfl_xor_sync(EVERY_LANE, largest, distance));
  if (threadIdx.x % 32 == 0) maxima_of_warps[threadIdx.x / 32] = largest;
  __syncthreads();
  for (int warp = 0; warp < warps; warp++) largest = fmaxf(largest, maxima_of_warps[warp]);

  float sum = 0, total = 0;
  for (i64 first = 0; first < part_count; first += attention_threads) {
    i64 count = smaller(part_count - first, attention_threads), own = first + threadIdx.x;
    __syncthreads();
    if (own < part_count) {
      weights[threadIdx.x] = expf(maxima[own] - largest);
      totals[threadIdx.x] = sums[own];
    }
    __syncthreads();
    if (column >= c) continue;
#pragma unroll 8
    for (i64 part = 0; part < count; part++) {
      sum = fmaf(weights[part], gathered[(first + part) * c + column], sum);
      total = fmaf(weights[part], totals[part], total);
    }
  }
  if (column < c) z[head * c + column] = sum / total;
}
