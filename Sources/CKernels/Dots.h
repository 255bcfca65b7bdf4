// Sums of a few rows of x with a few rows of a weight, for one kind of CPU. Included after Lanes.h with
//   REGISTERS    how many sums it can hold in registers

/// How many rows of the weight are read together: so many sums do not wait for one another.
#define TOGETHER(rows) (REGISTERS / (rows) < 4 ? REGISTERS / (rows) : 4)

/// Puts x into the order of its use: for each 2 · LANES of `depth` the rows' numbers, of bfloat16 those for the even ones first.
static void NAME(pack_x)(const float *x, size_t stride, size_t rows, ck_format format, size_t depth, float *to) {
  for (size_t i = 0; i < depth; i += 2 * LANES) {
    for (size_t r = 0; r < rows; r++, to += 2 * LANES) {
      size_t count = depth - i < 2 * LANES ? depth - i : 2 * LANES;
      float both[2 * LANES] = {0};
      memcpy(both, x + r * stride + i, count * sizeof(float));
      if (format == ck_bfloat16)
        for (size_t l = 0; l < LANES; l++) {
          to[l] = both[2 * l];
          to[LANES + l] = both[2 * l + 1];
        }
      else
        memcpy(to, both, sizeof both);
    }
  }
}

/// One step: 2 · LANES numbers of each row. A sum takes first the one vector, then the other.
INLINE void NAME(step)(
  const size_t rows, const size_t together, const ck_format format, const float *x, const uint8_t *weight, size_t stride,
  vec sums[8][4]) {
  UNROLL for (size_t w = 0; w < together; w++) {
    vec first, second;
    if (format == ck_bfloat16) {
      words pairs;
      memcpy(&pairs, weight + w * stride, sizeof pairs);
      first = NAME(evens)(pairs);
      second = NAME(odds)(pairs);
    } else {
      first = NAME(load)(weight + w * stride);
      second = NAME(load)(weight + w * stride + sizeof(vec));
    }
    UNROLL for (size_t r = 0; r < rows; r++) sums[r][w] = NAME(fma)(NAME(load)(x + 2 * r * LANES), first, sums[r][w]);
    UNROLL for (size_t r = 0; r < rows; r++) sums[r][w] = NAME(fma)(NAME(load)(x + (2 * r + 1) * LANES), second, sums[r][w]);
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

INLINE void NAME(dots)(const size_t rows, const size_t together, const ck_format format, const struct dots *d) {
  const size_t bytes = format == ck_bfloat16 ? 4 * LANES : 8 * LANES, size = format == ck_bfloat16 ? 2 : 4;
  vec sums[8][4];
  UNROLL for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t w = 0; w < together; w++) sums[r][w] = 0;
  }
  const float *x = d->x;
  const uint8_t *weight = d->weight;
  size_t stride = d->stride * size;
  for (size_t i = d->depth / (2 * LANES); i > 0; i--) {
    UNROLL for (size_t w = 0; w < together; w++) AHEAD(weight + w * stride, together * stride, format);
    NAME(step)(rows, together, format, x, weight, stride, sums);
    x += rows * 2 * LANES;
    weight += bytes;
  }
  size_t rest = d->depth % (2 * LANES);
  if (rest > 0) {
    uint8_t last[4][8 * LANES] = {0};
    UNROLL for (size_t w = 0; w < together; w++) memcpy(last[w], weight + w * stride, rest * size);
    NAME(step)(rows, together, format, x, last[0], sizeof last[0], sums);
  }
  UNROLL for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t w = 0; w < together; w++) {
      float *out = d->result + r * d->result_stride + w;
      *out = d->adding ? *out + NAME(total)(sums[r][w]) : NAME(total)(sums[r][w]);
    }
  }
}

#define DOTS(r) \
  static void NAME(dots_##r)(const struct dots *d, size_t *together) { \
    *together = TOGETHER(r) <= d->count ? TOGETHER(r) : 1; \
    if (d->format == ck_bfloat16 && *together > 1) NAME(dots)(r, TOGETHER(r), ck_bfloat16, d); \
    else if (d->format == ck_bfloat16) NAME(dots)(r, 1, ck_bfloat16, d); \
    else if (*together > 1) NAME(dots)(r, TOGETHER(r), ck_float32, d); \
    else NAME(dots)(r, 1, ck_float32, d); \
  }
DOTS(1) DOTS(2) DOTS(3) DOTS(4) DOTS(5) DOTS(6) DOTS(7) DOTS(8)
#undef DOTS
#undef TOGETHER
