// Sums of a few rows of x with a few rows of a weight, for one kind of CPU. Included after Lanes.h.

#if LANES == 16
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif LANES == 8
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15
#else
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#endif

/// How many rows of the weight are read together. For each, the registers hold its sums, what is read of it and what that is widened
/// to; and one vector of x. More than eight do not make it faster.
#define TOGETHER(rows) ((REGISTERS - 1) / ((rows) + 2) < 8 ? (REGISTERS - 1) / ((rows) + 2) : 8)

/// Puts x into the order of its use: for each 2 · LANES of `depth` the rows' numbers, of bfloat16 those for the even ones first.
static void NAME(pack_x)(const float *x, size_t stride, size_t rows, ck_format format, size_t depth, float *to) {
  for (size_t i = 0; i < depth; i += 2 * LANES) {
    for (size_t r = 0; r < rows; r++, to += 2 * LANES) {
      const float *from = x + r * stride + i;
      float last[2 * LANES] = {0};
      if (depth - i < 2 * LANES) from = memcpy(last, from, (depth - i) * sizeof(float));
      vec first = NAME(load)(from), second = NAME(load)(from + LANES);
      NAME(store)(to, format == ck_bfloat16 ? __builtin_shufflevector(first, second, EVENS) : first);
      NAME(store)(to + LANES, format == ck_bfloat16 ? __builtin_shufflevector(first, second, ODDS) : second);
    }
  }
}

/// One step: 2 · LANES numbers of each row. A sum takes first the one vector of them, then the other.
///
/// For each vector of x the sums are taken in turn: the other way round, the compiler would keep more of x than there are registers.
INLINE void NAME(step)(
  const size_t rows, const size_t together, const ck_format format, const float *x, const uint8_t *weight, size_t stride,
  vec sums[8][8]) {
  UNROLL for (size_t half = 0; half < 2; half++) {
    vec numbers[8];
    UNROLL for (size_t w = 0; w < together; w++) {
      const uint8_t *row = weight + w * stride;
      if (format == ck_float32) {
        numbers[w] = NAME(load)(row + half * sizeof(vec));
      } else {
        words pairs;
        memcpy(&pairs, row, sizeof pairs);
        numbers[w] = half == 0 ? NAME(evens)(pairs) : NAME(odds)(pairs);
      }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
      vec ours = NAME(load)(x + (2 * r + half) * LANES);
      UNROLL for (size_t w = 0; w < together; w++) sums[r][w] = NAME(fma)(ours, numbers[w], sums[r][w]);
    }
  }
}

/// The sum of a vector's numbers: its halves are added until one number is left.
INLINE float NAME(total)(vec value) {
  float numbers[LANES];
  NAME(store)(numbers, value);
  UNROLL for (size_t half = LANES / 2; half > 0; half /= 2) {
    UNROLL for (size_t i = 0; i < half; i++) numbers[i] += numbers[i + half];
  }
  return numbers[0];
}

INLINE void NAME(put_totals)(const size_t rows, const size_t together, const struct dots *d, vec sums[8][8]) {
  UNROLL for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t w = 0; w < together; w++) {
      float *out = d->result + r * d->result_stride + w;
      *out = d->adding ? *out + NAME(total)(sums[r][w]) : NAME(total)(sums[r][w]);
    }
  }
}

INLINE void NAME(dots)(const size_t rows, const size_t together, const ck_format format, const struct dots *d) {
  const size_t bytes = format == ck_bfloat16 ? 4 * LANES : 8 * LANES, size = format == ck_bfloat16 ? 2 : 4;
  vec sums[8][8];
  UNROLL for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t w = 0; w < together; w++) sums[r][w] = 0;
  }
  const float *x = d->x;
  const uint8_t *weight = d->weight;
  size_t stride = d->stride * size;
  // While these rows are used, the next ones are fetched, in the order in which they lie. They go to the second cache: what waits for
  // memory on its way to the first one keeps x from being read. That a part beyond the weight is asked for does no harm.
  size_t steps = d->depth / (2 * LANES), turn = (steps + together - 1) / together;
  for (size_t w = together; steps > 0; w++) {
    const uint8_t *ahead = d->weight + w * stride;
    size_t count = steps < turn ? steps : turn;
    steps -= count;
    for (; count > 0; count--) {
      UNROLL for (size_t b = 0; b < together * bytes; b += 64) __builtin_prefetch(ahead + b, 0, 2);
      NAME(step)(rows, together, format, x, weight, stride, sums);
      x += rows * 2 * LANES;
      weight += bytes;
      ahead += together * bytes;
    }
  }
  size_t rest = d->depth % (2 * LANES);
  if (rest > 0) {
    uint8_t last[8][8 * LANES] = {0};
    UNROLL for (size_t w = 0; w < together; w++) memcpy(last[w], weight + w * stride, rest * size);
    NAME(step)(rows, together, format, x, last[0], sizeof last[0], sums);
  }
  NAME(put_totals)(rows, together, d, sums);
}

/// The same for weights of every other format: some numbers of each row are widened, and used while they are in the first cache. The
/// sums are those of `dots` in fp32, in the same order.
INLINE void NAME(dots_of_widened)(const size_t rows, const size_t together, const struct dots *d) {
  enum { wide_numbers = 512 };
  float wide[8][wide_numbers];
  const size_t block = ck_block_numbers(d->format), bytes = ck_block_bytes(d->format);
  vec sums[8][8];
  UNROLL for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t w = 0; w < together; w++) sums[r][w] = 0;
  }
  const float *x = d->x;
  for (size_t done = 0; done < d->depth; done += wide_numbers) {
    size_t count = d->depth - done < wide_numbers ? d->depth - done : wide_numbers;
    size_t steps = (count + 2 * LANES - 1) / (2 * LANES), end = steps * 2 * LANES;
    for (size_t w = 0; w < together; w++) {
      size_t number = d->first + w * d->stride + done;
      // Meanwhile the same part of the next rows comes to the second cache. The CPU cannot guess it: a part is too short.
      const uint8_t *ahead = d->weight + (number + together * d->stride) / block * bytes;
      for (size_t b = 0; b < count / block * bytes; b += 64) __builtin_prefetch(ahead + b, 0, 2);
      ck_widen(d->weight, d->format, number, count, wide[w]);
      if (end > count) memset(wide[w] + count, 0, (end - count) * sizeof(float));
    }
    const uint8_t *numbers = (const uint8_t *)wide;
    for (; steps > 0; steps--) {
      NAME(step)(rows, together, ck_float32, x, numbers, sizeof wide[0], sums);
      x += rows * 2 * LANES;
      numbers += 2 * sizeof(vec);
    }
  }
  NAME(put_totals)(rows, together, d, sums);
}

#define DOTS(r) \
  static void NAME(dots_##r)(const struct dots *d, size_t *together) { \
    *together = TOGETHER(r) <= d->count ? TOGETHER(r) : 1; \
    if (d->format == ck_bfloat16 && *together > 1) NAME(dots)(r, TOGETHER(r), ck_bfloat16, d); \
    else if (d->format == ck_bfloat16) NAME(dots)(r, 1, ck_bfloat16, d); \
    else if (d->format == ck_float32 && *together > 1) NAME(dots)(r, TOGETHER(r), ck_float32, d); \
    else if (d->format == ck_float32) NAME(dots)(r, 1, ck_float32, d); \
    else if (*together > 1) NAME(dots_of_widened)(r, TOGETHER(r), d); \
    else NAME(dots_of_widened)(r, 1, d); \
  }
DOTS(1) DOTS(2) DOTS(3) DOTS(4) DOTS(5) DOTS(6) DOTS(7) DOTS(8)
#undef DOTS

static const struct kind NAME(kind) = {
  NAME(pack_x),
  {NAME(dots_1), NAME(dots_2), NAME(dots_3), NAME(dots_4), NAME(dots_5), NAME(dots_6), NAME(dots_7), NAME(dots_8)},
};

#undef TOGETHER
#undef EVENS
#undef ODDS
