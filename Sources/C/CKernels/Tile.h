// The inner part of a product for one kind of CPU: packing its factors, and summing one tile of the result in registers.
// Included after Lanes.h.

/// The largest tile has so many rows of two vectors: its sums, two vectors of `right` and one of `left` fill the registers. No more than
/// LANES, which `pack_left` relies on.
#if LANES == 16
#define TILE_ROWS 14
#elif LANES == 8
#define TILE_ROWS 6
#else
#define TILE_ROWS 4
#endif

/// Puts a left sliver of `rows` ≤ TILE_ROWS rows into the order of its use: `rows` numbers for each k.
/// Writes up to LANES numbers too many.
static void NAME(pack_left)(const float *from, size_t stride, size_t rows, size_t depth, float *to) {
  // The rows that a vector has beyond these are the last one again.
  const uint8_t *row[LANES];
  for (size_t r = 0; r < LANES; r++) row[r] = (const uint8_t *)(from + (r < rows ? r : rows - 1) * stride);
  words columns[LANES];
  size_t k = 0;
  for (; k + LANES <= depth; k += LANES) {
    NAME(transpose)(row, k * sizeof(float), columns);
    // In rising order, so that each covers what the one before wrote too much.
    UNROLL for (size_t i = 0; i < LANES; i++) memcpy(to + (k + i) * rows, columns + i, sizeof(words));
  }
  if (k == depth) return;
  NAME(transpose_some)(row, k * sizeof(float), (depth - k) * sizeof(float), columns);
  for (size_t i = 0; i < depth - k; i++) memcpy(to + (k + i) * rows, columns + i, sizeof(words));
}

/// The same from a transposed matrix, in which `readable` numbers follow in each row.
static void NAME(pack_left_transposed)(const float *from, size_t stride, size_t rows, size_t readable, size_t depth, float *to) {
  if (readable >= LANES)
    for (size_t k = 0; k < depth; k++) NAME(store)(to + k * rows, NAME(load)(from + k * stride));
  else
    for (size_t k = 0; k < depth; k++) NAME(store)(to + k * rows, NAME(load_some)(from + k * stride, rows));
}

/// Writes the numbers of so many words, one vector for each k; they lie `width` apart.
INLINE void NAME(spread)(const words columns[LANES], ck_format format, size_t count, float *to, size_t width) {
  UNROLL for (size_t i = 0; i < LANES; i++) {
    if (format == ck_float32) {
      if (i < count) NAME(store)(to + i * width, __builtin_bit_cast(vec, columns[i]));
    } else {
      if (2 * i < count) NAME(store)(to + 2 * i * width, NAME(evens)(columns[i]));
      if (2 * i + 1 < count) NAME(store)(to + (2 * i + 1) * width, NAME(odds)(columns[i]));
    }
  }
}

/// LANES columns of a transposed matrix, `count` of which exist, become LANES numbers for each k. The others' are never used.
INLINE void NAME(pack_columns)(
  const uint8_t *from, const ck_format format, size_t stride, size_t count, size_t depth, float *to, size_t width) {
  const size_t size = format == ck_bfloat16 ? 2 : 4, step = sizeof(words) / size;
  const uint8_t *column[LANES];
  for (size_t c = 0; c < LANES; c++) column[c] = from + (c < count ? c : count - 1) * stride * size;
  words columns[LANES];
  size_t k = 0;
  for (; k + step <= depth; k += step) {
    // The columns after these are wanted soon, and lie too far apart for the CPU to guess it.
    UNROLL for (size_t c = 0; c < LANES; c++) __builtin_prefetch(column[c] + (k + LANES * stride) * size, 0, 2);
    NAME(transpose)(column, k * size, columns);
    NAME(spread)(columns, format, step, to + k * width, width);
  }
  if (k == depth) return;
  NAME(transpose_some)(column, k * size, (depth - k) * size, columns);
  NAME(spread)(columns, format, depth - k, to + k * width, width);
}

/// Packs `columns` of a right matrix [columns, inner] into slivers of 2 · LANES columns, the last of which may have LANES.
///
/// Of other formats than fp32 and bf16, LANES columns are widened first.
static void NAME(pack_right_transposed)(
  const uint8_t *from, ck_format format, size_t number, size_t stride, size_t columns, size_t depth, float *to) {
  float wide[LANES * depth_of_block];
  for (size_t c = 0; c < columns; c += LANES) {
    size_t first = c / (2 * LANES) * (2 * LANES), width = columns - first > LANES ? 2 * LANES : LANES;
    size_t count = columns - c < LANES ? columns - c : LANES;
    float *out = to + first * depth + (c - first);
    size_t source = number + c * stride;
    if (format == ck_bfloat16) {
      NAME(pack_columns)(from + 2 * source, ck_bfloat16, stride, count, depth, out, width);
    } else if (format == ck_float32) {
      NAME(pack_columns)(from + 4 * source, ck_float32, stride, count, depth, out, width);
    } else {
      for (size_t i = 0; i < count; i++) ck_widen(from, format, source + i * stride, depth, wide + i * depth_of_block);
      NAME(pack_columns)((const uint8_t *)wide, ck_float32, depth_of_block, count, depth, out, width);
    }
  }
}

/// The same from a matrix [inner, columns], `columns` of which are packed.
static void NAME(pack_right)(
  const uint8_t *from, ck_format format, size_t number, size_t stride, size_t columns, size_t depth, float *to) {
  const size_t size = format == ck_bfloat16 ? 2 : 4;
  float wide[columns_of_block];
  for (size_t k = 0; k < depth; k++) {
    const uint8_t *row = from + (number + k * stride) * size;
    if (format != ck_float32 && format != ck_bfloat16) {
      ck_widen(from, format, number + k * stride, columns, wide);
      row = (const uint8_t *)wide;
    }
    for (size_t c = 0; c < columns; c += LANES) {
      size_t first = c / (2 * LANES) * (2 * LANES), width = columns - first > LANES ? 2 * LANES : LANES;
      float *out = to + first * depth + k * width + (c - first);
      if (columns - c >= LANES) {
        NAME(store)(out, format == ck_bfloat16 ? NAME(widen)(row + 2 * c) : NAME(load)(row + 4 * c));
      } else {
        uint8_t last[sizeof(words)];
        NAME(copy_some)(last, row + c * size, (columns - c) * size);
        NAME(store)(out, format == ck_bfloat16 ? NAME(widen)(last) : NAME(load)(last));
      }
    }
  }
}

/// One tile: sums over `depth` products, in order, then once into the result. Inlined for each number of rows and vectors.
INLINE void NAME(tile)(const size_t rows, const size_t vectors, const struct tile *t) {
  vec sum[TILE_ROWS][2];
  UNROLL for (size_t r = 0; r < rows; r++) {
    __builtin_prefetch(t->result + r * t->stride, 1);
    __builtin_prefetch(t->result + r * t->stride + t->columns - 1, 1);
    UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = 0;
  }
  const float *left = t->left, *right = t->right;
  for (size_t k = t->depth; k > 0; k--) {
    vec b[2];
    UNROLL for (size_t v = 0; v < vectors; v++) b[v] = NAME(load)(right + v * LANES);
    UNROLL for (size_t r = 0; r < rows; r++) {
      vec a = left[r];
      UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = NAME(fma)(a, b[v], sum[r][v]);
    }
    left += rows;
    right += vectors * LANES;
  }
  vec factor = t->factor;
  size_t last = t->columns - (vectors - 1) * LANES;
  UNROLL for (size_t r = 0; r < rows; r++) {
    UNROLL for (size_t v = 0; v < vectors; v++) {
      float *out = t->result + r * t->stride + v * LANES;
      if (v + 1 < vectors || last == LANES) {
        NAME(store)(out, t->adding ? NAME(fma)(factor, sum[r][v], NAME(load)(out)) : factor * sum[r][v]);
      } else {
        NAME(store_some)(out, t->adding ? NAME(fma)(factor, sum[r][v], NAME(load_some)(out, last)) : factor * sum[r][v], last);
      }
    }
  }
}

#define TILE(r) \
  static void NAME(tile_1_##r)(const struct tile *t) { NAME(tile)(r, 1, t); } \
  static void NAME(tile_2_##r)(const struct tile *t) { NAME(tile)(r, 2, t); }
#define BOTH(r) {NAME(tile_1_##r), NAME(tile_2_##r)}
TILE(1) TILE(2) TILE(3) TILE(4)
#if TILE_ROWS > 4
TILE(5) TILE(6)
#endif
#if TILE_ROWS > 6
TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
#endif

static const struct kind NAME(kind) = {
  LANES, TILE_ROWS, NAME(pack_left), NAME(pack_left_transposed), NAME(pack_right), NAME(pack_right_transposed),
  {
    BOTH(1), BOTH(2), BOTH(3), BOTH(4),
#if TILE_ROWS > 4
    BOTH(5), BOTH(6),
#endif
#if TILE_ROWS > 6
    BOTH(7), BOTH(8), BOTH(9), BOTH(10), BOTH(11), BOTH(12), BOTH(13), BOTH(14),
#endif
  }};
#undef TILE
#undef BOTH
#undef TILE_ROWS
