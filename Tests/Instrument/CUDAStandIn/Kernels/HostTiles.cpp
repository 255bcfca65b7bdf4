// Copies to shared memory, and the arithmetic of the tensor cores, for HostTiles.h.

#include "HostTiles.h"

#include <vector>

namespace {
struct Copy {
  uint32_t to;
  int bytes, group;
  const void *from;
};
/// What a block's thread has begun to copy.
struct Copies {
  std::vector<Copy> pending;
  int groups = 0;
};
thread_local Copies copies[1024];
}  // namespace

void copy_16(uint32_t to, const void *from, int bytes) {
  if (to % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0) host_stop("A copy of 16 bytes does not begin at a multiple of 16.");
  Copies &own = copies[host_block()->thread->number];
  own.pending.push_back({to, bytes, own.groups, from});
}

void close_copies() { copies[host_block()->thread->number].groups++; }

void host_do_copies(int but) {
  Copies &own = copies[host_block()->thread->number];
  size_t done = 0;
  for (; done < own.pending.size() && own.pending[done].group < own.groups - but; done++) {
    const Copy &copy = own.pending[done];
    unsigned char *to = host_block()->shared + copy.to;
    memset(to, 0, 16);
    memcpy(to, copy.from, copy.bytes);
  }
  own.pending.erase(own.pending.begin(), own.pending.begin() + done);
}

#if defined(__x86_64__)
#define WIDE_IF_THERE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_IF_THERE
#endif

// Products of numbers in bfloat16 are exact in fp32, so that nothing depends on whether they are fused. Rows and columns of zeros add nothing.
template <int COLUMNS>
__attribute__((always_inline)) static inline void multiply_columns(float *d, const float *a, const float *b, int columns) {
  float sum[COLUMNS] = {};
  for (int k = 0; k < 16; k++)
    for (int n = 0; n < COLUMNS; n++) sum[n] += a[k] * b[k * columns + n];
  for (int n = 0; n < COLUMNS; n++) d[n] += sum[n];
}

static bool is_zero(const float *numbers, int count) {
  for (int i = 0; i < count; i++)
    if (numbers[i] != 0) return false;
  return true;
}

WIDE_IF_THERE static void multiply_rows(float *d, const float *a, const float *b, int rows, int columns, const bool *used) {
  for (int part = 2; part >= 0; part--)
    for (int m = 0; m < rows; m++) {
      const float *row = a + (part * rows + m) * 16;
      if (is_zero(row, 16)) continue;
      if (columns % 32 == 0)
        for (int n = 0; n < columns; n += 32) {
          if (used[n / 32]) multiply_columns<32>(d + m * columns + n, row, b + n, columns);
        }
      else
        for (int n = 0; n < columns; n += 16) multiply_columns<16>(d + m * columns + n, row, b + n, columns);
    }
}

void host_multiply(float *d, const float *a, const float *b, int rows, int columns) {
  bool used[16];
  for (int n = 0; n + 32 <= columns; n += 32) {
    used[n / 32] = false;
    for (int k = 0; k < 16 && !used[n / 32]; k++) used[n / 32] = !is_zero(b + k * columns + n, 32);
  }
  multiply_rows(d, a, b, rows, columns, used);
}
