// The functions of Tiles.cuh and Warpgroups.cuh in C++. Copies to shared memory happen when they are waited for, so that a wait which is missing
// shows; products are computed once for a warp, by the last of its lanes to come.

#ifndef FOLIO_HOSTTILES_H
#define FOLIO_HOSTTILES_H

#include "Host.h"

INLINE uint32_t shared_address(const void *at) {
  return static_cast<uint32_t>(static_cast<const unsigned char *>(at) - host_block()->shared);
}
template <class Value>
INLINE Value host_shared(uint32_t at) {
  Value value;
  memcpy(&value, host_block()->shared + at, sizeof value);
  return value;
}

// MARK: - Copies

void copy_16(uint32_t to, const void *from, int bytes);
void close_copies();
/// Does the thread's copies, but for those of its last groups.
void host_do_copies(int but);
template <int COUNT>
INLINE void await_copies() {
  host_do_copies(COUNT);
}

INLINE float2 shared_pair(uint32_t at) { return host_shared<float2>(at); }

// MARK: - Numbers in bfloat16

INLINE uint32_t host_half(float value) {
  uint32_t bits = __float_as_uint(value);
  if (value != value) return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
INLINE uint32_t pack_halves(float low, float high) { return host_half(low) | host_half(high) << 16; }
INLINE float host_low(uint32_t both) { return __uint_as_float(both << 16); }
INLINE float host_high(uint32_t both) { return __uint_as_float(both & 0xffff0000u); }

/// a · b + c in double, rounded: not always as if rounded once, but many at a time.
INLINE float fused(float a, float b, float c) { return static_cast<float>(static_cast<double>(a) * b + c); }

// MARK: - Matrices in registers

template <class Place>
INLINE void load_matrices(uint32_t (&out)[4], Place place) {
  int lane = host_lane();
  for (int i = 0; i < 4; i++) out[i] = host_shared<uint32_t>(place(i * 8 + lane / 4) + lane % 4 * 4);
}
template <class Place>
INLINE void load_transposed(uint32_t (&out)[4], Place place) {
  int lane = host_lane();
  for (int i = 0; i < 4; i++) {
    uint32_t first = place(i * 8 + lane % 4 * 2), second = place(i * 8 + lane % 4 * 2 + 1);
    out[i] = host_shared<uint16_t>(first + lane / 4 * 2) | static_cast<uint32_t>(host_shared<uint16_t>(second + lane / 4 * 2)) << 16;
  }
}

/// d[rows, columns] += a[part][rows, 16] · b[16, columns] for each of three parts, the last first; each product is added up by itself.
void host_multiply(float *d, const float *a, const float *b, int rows, int columns);

/// Rows `lane / 4` and `lane / 4 + 8` of a matrix [16, 16] from a lane's four registers.
INLINE void host_spread(float *matrix, int lane, const uint32_t (&registers)[4]) {
  for (int r = 0; r < 4; r++) {
    float *at = matrix + (lane / 4 + (r & 1) * 8) * 16 + (r >> 1) * 8 + lane % 4 * 2;
    at[0] = host_low(registers[r]);
    at[1] = host_high(registers[r]);
  }
}

template <int DOWN, int ACROSS>
struct HostTileWork {
  float (*d)[ACROSS][4];
  const uint32_t (*a)[3][4];
  const uint32_t (*b)[2];

  static void work(void *const *lanes) {
    constexpr int WIDE = ACROSS * 8;
    float a[3][256], b[16 * WIDE], d[16 * WIDE];
    for (int lane = 0; lane < 32; lane++)
      for (int j = 0; j < ACROSS; j++)
        for (int r = 0; r < 2; r++) {
          uint32_t both = static_cast<HostTileWork *>(lanes[lane])->b[j][r];
          float *at = b + (r * 8 + lane % 4 * 2) * WIDE + j * 8 + lane / 4;
          at[0] = host_low(both);
          at[WIDE] = host_high(both);
        }
    for (int i = 0; i < DOWN; i++) {
      auto each = [&](auto body) {
        for (int lane = 0; lane < 32; lane++)
          for (int j = 0; j < ACROSS; j++)
            for (int e = 0; e < 4; e++)
              body(
                  static_cast<HostTileWork *>(lanes[lane])->d[i][j][e],
                  d[(lane / 4 + (e >> 1) * 8) * WIDE + j * 8 + lane % 4 * 2 + (e & 1)]);
      };
      for (int lane = 0; lane < 32; lane++)
        for (int part = 0; part < 3; part++) host_spread(a[part], lane, static_cast<HostTileWork *>(lanes[lane])->a[i][part]);
      each([](float &own, float &all) { all = own; });
      host_multiply(d, a[0], b, 16, WIDE);
      each([](float &own, float &all) { own = all; });
    }
  }
};

template <int DOWN, int ACROSS>
INLINE void multiply_tiles(float (&d)[DOWN][ACROSS][4], const uint32_t (&a)[DOWN][3][4], const uint32_t (&b)[ACROSS][2]) {
  HostTileWork<DOWN, ACROSS> own = {d, a, b};
  host_work_as_warp(&own, HostTileWork<DOWN, ACROSS>::work);
}

template <int STEPS>
struct HostStepWork {
  float *d;
  const uint32_t (*a)[4];
  const uint32_t (*b)[3][2];

  /// The rows of x, which are the columns here, are multiplied with the weight's transpose.
  static void work(void *const *lanes) {
    float d[8 * 16];
    auto each = [&](auto body) {
      for (int lane = 0; lane < 32; lane++)
        for (int e = 0; e < 4; e++)
          body(static_cast<HostStepWork *>(lanes[lane])->d[e], d[(lane % 4 * 2 + (e & 1)) * 16 + lane / 4 + (e >> 1) * 8]);
    };
    each([](float &own, float &all) { all = own; });
    for (int step = 0; step < STEPS; step++) {
      float weight[256], transposed[256], x[3][8 * 16];
      for (int lane = 0; lane < 32; lane++) {
        HostStepWork &own = *static_cast<HostStepWork *>(lanes[lane]);
        host_spread(weight, lane, own.a[step]);
        for (int part = 0; part < 3; part++)
          for (int r = 0; r < 2; r++) {
            float *at = x[part] + lane / 4 * 16 + r * 8 + lane % 4 * 2;
            at[0] = host_low(own.b[step][part][r]);
            at[1] = host_high(own.b[step][part][r]);
          }
      }
      for (int n = 0; n < 16; n++)
        for (int k = 0; k < 16; k++) transposed[k * 16 + n] = weight[n * 16 + k];
      host_multiply(d, x[0], transposed, 8, 16);
    }
    each([](float &own, float &all) { own = all; });
  }
};

template <int STEPS>
INLINE void multiply_steps(float (&d)[4], const uint32_t (&a)[STEPS][4], const uint32_t (&b)[STEPS][3][2]) {
  HostStepWork<STEPS> own = {d, a, b};
  host_work_as_warp(&own, HostStepWork<STEPS>::work);
}

// MARK: - Warpgroups

/// What a barrier's 8 bytes hold.
struct HostBarrier {
  int16_t count, left;
  uint32_t phase;
};
INLINE HostBarrier *host_barrier(uint32_t at) { return reinterpret_cast<HostBarrier *>(host_block()->shared + at); }

INLINE void begin_barrier(uint32_t barrier, int count) {
  *host_barrier(barrier) = {static_cast<int16_t>(count), static_cast<int16_t>(count), 0};
}
INLINE void publish_barriers() {}
INLINE void arrive(uint32_t barrier) {
  HostBarrier *own = host_barrier(barrier);
  if (--own->left > 0) return;
  own->left = own->count;
  own->phase++;
  host_wake();
}
INLINE void await_phase(uint32_t barrier, uint32_t parity) {
  while ((host_barrier(barrier)->phase & 1) == parity) host_pause();
}
INLINE void publish_copies() {}
template <int COUNT>
INLINE void keep_registers() {}
template <int COUNT>
INLINE void take_registers() {}
INLINE int thread_again() { return threadIdx.x; }
INLINE int block_again() { return blockIdx.x; }
INLINE uint32_t shared_again(const void *at) { return shared_address(at); }
INLINE void await_products() {}

template <bool TRANSPOSED, int COUNT>
struct HostGroupWork {
  float *d;
  const uint32_t (*a)[4];
  uint64_t b;
  bool fresh;

  /// The number [k, n] of the weight, where the descriptor says.
  static float weight(uint64_t descriptor, int k, int n) {
    uint32_t start = (descriptor & 0x3fff) << 4, leading = (descriptor >> 16 & 0x3fff) << 4, stride = (descriptor >> 32 & 0x3fff) << 4;
    uint32_t at = TRANSPOSED ? start + n / 64 * leading + n % 64 * 2 + k / 8 * stride + k % 8 * 128
                             : start + n / 8 * stride + n % 8 * 128 + k * 2;
    return host_low(host_shared<uint16_t>(at ^ (at >> 7 & 7) << 4));
  }

  static void work(void *const *lanes) {
    constexpr int WIDE = COUNT * 2;
    float a[3][256], b[16 * WIDE], d[16 * WIDE];
    HostGroupWork &first = *static_cast<HostGroupWork *>(lanes[0]);
    if (first.b >> 62 != 1) host_stop("A matrix in shared memory has rows of 128 bytes.");
    for (int k = 0; k < 16; k++)
      for (int n = 0; n < WIDE; n++) b[k * WIDE + n] = weight(first.b, k, n);
    auto each = [&](auto body) {
      for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < COUNT; i++)
          body(
              static_cast<HostGroupWork *>(lanes[lane])->d[i],
              d[(lane / 4 + (i >> 1 & 1) * 8) * WIDE + i / 4 * 8 + lane % 4 * 2 + (i & 1)]);
    };
    for (int lane = 0; lane < 32; lane++)
      for (int part = 0; part < 3; part++) host_spread(a[part], lane, static_cast<HostGroupWork *>(lanes[lane])->a[part]);
    each([&](float &own, float &all) { all = first.fresh ? 0 : own; });
    host_multiply(d, a[0], b, 16, WIDE);
    each([](float &own, float &all) { own = all; });
  }
};

template <bool TRANSPOSED, int COUNT>
INLINE void multiply_parts(float (&d)[COUNT], const uint32_t (&a)[3][4], uint64_t b, bool fresh) {
  HostGroupWork<TRANSPOSED, COUNT> own = {d, a, b, fresh};
  host_work_as_warp(&own, HostGroupWork<TRANSPOSED, COUNT>::work);
}

#endif
