// Widening for one kind of CPU. Included after Lanes.h.

static void NAME(widen_run)(const uint8_t *from, ck_format format, size_t first, size_t count, float *y) {
  widen_numbers(from, format, first, count, y);
}

static const struct kind NAME(kind) = {NAME(widen_run)};
