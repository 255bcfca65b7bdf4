// The inner part of a product for one kind of CPU: packing its factors, and the sums of one tile of the result, which stay in registers.
// Included after Lanes.h with TILE_ROWS ≤ LANES, the rows of the largest tile; its columns are two vectors.

/// Puts a left sliver of `rows` ≤ TILE_ROWS rows into the order of its use: `rows` numbers for each k. Writes up to LANES numbers too many.
static void NAME(pack_left)(const float *from, size_t stride, size_t rows, size_t depth, float *to) {
  for (size_t k = 0; k < depth; k += LANES) {
    size_t count = depth - k < LANES ? depth - k : LANES;
    words square[LANES];
    UNROLL for (size_t r = 0; r < LANES; r++) {
      vec row = 0;
      if (r < rows) row = count == LANES ? NAME(load)(from + r * stride + k) : NAME(load_some)(from + r * stride + k, count);
      square[r] = __builtin_bit_cast(words, row);
    }
    NAME(transpose)(square);
    // In rising order, so that each covers what the one before wrote too much.
    if (count == LANES) {
      UNROLL for (size_t i = 0; i < LANES; i++) memcpy(to + (k + i) * rows, square + i, sizeof(words));
    } else {
      for (size_t i = 0; i < count; i++) memcpy(to + (k + i) * rows, square + i, sizeof(words));
    }
  }
}

/// The same from a transposed matrix, in which `readable` numbers follow in each row.
static void NAME(pack_left_transposed)(const float *from, size_t stride, size_t rows, size_t readable, size_t depth, float *to) {
  if (readable >= LANES)
    for (size_t k = 0; k < depth; k++) NAME(store)(to + k * rows, NAME(load)(from + k * stride));
  else
    for (size_t k = 0; k < depth; k++) NAME(store)(to + k * rows, NAME(load_some)(from + k * stride, rows));
}

/// LANES columns of a transposed matrix, `count` of which exist, become LANES numbers for each k; these lie `width` apart.
INLINE void NAME(pack_columns)(
  const uint8_t *from, ck_format format, size_t stride, size_t count, size_t depth, float *to, size_t width) {
  // A vector's bytes of each column hold so many numbers.
  const size_t size = format == ck_bfloat16 ? 2 : 4, step = sizeof(words) / size;
  for (size_t k = 0; k < depth; k += step) {
    size_t filled = depth - k < step ? depth - k : step;
    words square[LANES];
    UNROLL for (size_t c = 0; c < LANES; c++) {
      const uint8_t *source = from + (c * stride + k) * size;
      // The columns after these are wanted soon, and lie too far apart for the CPU to guess it.
      __builtin_prefetch(source + LANES * stride * size);
      square[c] = 0;
      if (c < count) memcpy(square + c, source, filled == step ? sizeof(words) : filled * size);
    }
    NAME(transpose)(square);
    float *out = to + k * width;
    if (format == ck_float32) {
      if (filled == step) {
        UNROLL for (size_t i = 0; i < LANES; i++) NAME(store)(out + i * width, __builtin_bit_cast(vec, square[i]));
      } else {
        for (size_t i = 0; i < filled; i++) NAME(store)(out + i * width, __builtin_bit_cast(vec, square[i]));
      }
    } else if (filled == step) {
      UNROLL for (size_t i = 0; i < LANES; i++) {
        NAME(store)(out + 2 * i * width, NAME(evens)(square[i]));
        NAME(store)(out + (2 * i + 1) * width, NAME(odds)(square[i]));
      }
    } else {
      for (size_t i = 0; i < filled; i++)
        NAME(store)(out + i * width, i % 2 == 0 ? NAME(evens)(square[i / 2]) : NAME(odds)(square[i / 2]));
    }
  }
}

/// Packs `columns` of a right matrix [columns, inner] into slivers of 2 · LANES columns, the last of which may have LANES.
static void NAME(pack_right_transposed)(
  const uint8_t *from, ck_format format, size_t stride, size_t columns, size_t depth, float *to) {
  for (size_t c = 0; c < columns; c += LANES) {
    size_t first = c / (2 * LANES) * (2 * LANES), width = columns - first > LANES ? 2 * LANES : LANES;
    size_t count = columns - c < LANES ? columns - c : LANES;
    float *out = to + first * depth + (c - first);
    const uint8_t *source = from + c * stride * (format == ck_bfloat16 ? 2 : 4);
    if (count == LANES && format == ck_bfloat16)
      NAME(pack_columns)(source, ck_bfloat16, stride, LANES, depth, out, width);
    else if (count == LANES)
      NAME(pack_columns)(source, ck_float32, stride, LANES, depth, out, width);
    else
      NAME(pack_columns)(source, format, stride, count, depth, out, width);
  }
  // The second half of a last sliver that has a single number too many for one vector is written above, with zeros in it.
}

/// The same from a matrix [inner, columns], `columns` of which are packed.
static void NAME(pack_right)(const uint8_t *from, ck_format format, size_t stride, size_t columns, size_t depth, float *to) {
  const size_t size = format == ck_bfloat16 ? 2 : 4;
  for (size_t k = 0; k < depth; k++) {
    const uint8_t *row = from + k * stride * size;
    for (size_t c = 0; c < columns; c += LANES) {
      size_t first = c / (2 * LANES) * (2 * LANES), width = columns - first > LANES ? 2 * LANES : LANES;
      float *out = to + first * depth + k * width + (c - first);
      if (columns - c >= LANES) {
        NAME(store)(out, format == ck_bfloat16 ? NAME(widen)(row + 2 * c) : NAME(load)(row + 4 * c));
      } else {
        uint8_t last[sizeof(vec)] = {0};
        memcpy(last, row + c * size, (columns - c) * size);
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
