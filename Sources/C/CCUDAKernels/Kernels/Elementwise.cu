// Arithmetic and activations, element by element.
//
// Launch: blocks of 256 threads; any grid is right, and (n + 2047) / 2048 blocks are fast. An output may be an input; other overlaps are not
// allowed. `n` may be 0.
//
//   fill(float *y, i64 n, float value)                                                     y = value
//   combine(int op, const float *x, const float *y, float *out, i64 n)                     out = x op y; op is 0 +, 1 -, 2 *, 3 /
//   combine_scalar(int op, const float *x, float value, float *out, i64 n, int reversed)   out = x op value, or value op x if reversed
//   magnitude(const float *x, float *out, i64 n)                                           out = |x|
//   add(const float *x, float *y, i64 n)                                                   y += x
//   add_scaled(const float *x, float factor, float *y, i64 n)                              y += factor * x, rounded once
//   activate(int kind, const float *x, const float *up, float *y, i64 n)                   y = f(x) * up, or f(x) if up is null;
//                                                                                          kind is 0 gelu, 1 gelu_tanh, 2 silu
//   soft_cap(float *x, float cap, i64 n)                                                   x = cap * tanh(x / cap)
//   activate_gradient(int kind, const float *x, const float *up, const float *gradient,
//                     float *x_gradient, float *up_gradient, i64 n)                        where up is null, up_gradient may be null
//   soft_cap_gradient(const float *capped, float cap, float *gradient, i64 n)              gradient *= 1 - (capped / cap)²

#include "Activations.cuh"
#include "Elements.cuh"

KERNEL(fill, 256, (float *y, i64 n, float value)) {
  for_each_element(nullptr, nullptr, y, n, [=](float, float, i64) { return value; });
}

INLINE float combined(int op, float x, float y) {
  switch (op) {
    case 0: return x + y;
    case 1: return x - y;
    case 2: return x * y;
    default: return x / y;
  }
}

KERNEL(combine, 256, (int op, const float *x, const float *y, float *out, i64 n)) {
  for_each_element(x, y, out, n, [=](float x, float y, i64) { return combined(op, x, y); });
}

KERNEL(combine_scalar, 256, (int op, const float *x, float value, float *out, i64 n, int reversed)) {
  for_each_element(
      x, nullptr, out, n, [=](float x, float, i64) { return reversed ? combined(op, value, x) : combined(op, x, value); });
}

KERNEL(magnitude, 256, (const float *x, float *out, i64 n)) {
  for_each_element(x, nullptr, out, n, [](float x, float, i64) { return fabsf(x); });
}

KERNEL(add, 256, (const float *x, float *y, i64 n)) {
  for_each_element(x, y, y, n, [](float x, float y, i64) { return y + x; });
}

KERNEL(add_scaled, 256, (const float *x, float factor, float *y, i64 n)) {
  for_each_element(x, y, y, n, [=](float x, float y, i64) { return fmaf(factor, x, y); });
}

/// The function is chosen outside of the loop, so that each has a loop of its own.
template <class Function>
INLINE void activate_by(const float *x, const float *up, float *y, i64 n, Function f) {
  if (up) {
    for_each_element(x, up, y, n, [=](float x, float up, i64) { return f(x).value * up; });
  } else {
    for_each_element(x, nullptr, y, n, [=](float x, float, i64) { return f(x).value; });
  }
}

KERNEL(activate, 256, (int kind, const float *x, const float *up, float *y, i64 n)) {
  if (kind == gelu_kind) activate_by(x, up, y, n, [](float x) { return gelu(x); });
  if (kind == gelu_tanh_kind) activate_by(x, up, y, n, [](float x) { return gelu_tanh(x); });
  if (kind == silu_kind) activate_by(x, up, y, n, [](float x) { return silu(x); });
}

template <class Function>
INLINE void go_back(const float *x, const float *up, const float *gradient, float *x_gradient, float *up_gradient, i64 n, Function f) {
  if (!up) {
    return for_each_element(x, gradient, x_gradient, n, [=](float x, float g, i64) { return g * f(x).slope; });
  }
  bool whole = is_aligned(x, 16) && is_aligned(up, 16) && is_aligned(gradient, 16) && is_aligned(x_gradient, 16) &&
               is_aligned(up_gradient, 16);
  i64 first = thread_in_grid(), step = threads_in_grid(), fours = n / 4;
  for (i64 i = first; i < fours; i += step) {
    Four a = load_four(x + 4 * i, whole), u = load_four(up + 4 * i, whole), g = load_four(gradient + 4 * i, whole), dx, du;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      Activated activated = f(a.at[j]);
      dx.at[j] = g.at[j] * u.at[j] * activated.slope;
      du.at[j] = g.at[j] * a.at[j] * activated.share;
    }
    store_four(x_gradient + 4 * i, dx, whole);
    store_four(up_gradient + 4 * i, du, whole);
  }
  for (i64 i = 4 * fours + first; i < n; i += step) {
    Activated activated = f(x[i]);
    float a = x[i], g = gradient[i], u = up[i];
    x_gradient[i] = g * u * activated.slope;
    up_gradient[i] = g * a * activated.share;
  }
}

KERNEL(activate_gradient, 256,
       (int kind, const float *x, const float *up, const float *gradient, float *x_gradient, float *up_gradient, i64 n)) {
  if (kind == gelu_kind) go_back(x, up, gradient, x_gradient, up_gradient, n, [](float x) { return gelu(x); });
  if (kind == gelu_tanh_kind) go_back(x, up, gradient, x_gradient, up_gradient, n, [](float x) { return gelu_tanh(x); });
  if (kind == silu_kind) go_back(x, up, gradient, x_gradient, up_gradient, n, [](float x) { return silu(x); });
}

KERNEL(soft_cap, 256, (float *x, float cap, i64 n)) {
  for_each_element(x, nullptr, x, n, [=](float x, float, i64) { return softly_capped(x, cap); });
}

KERNEL(soft_cap_gradient, 256, (const float *capped, float cap, float *gradient, i64 n)) {
  for_each_element(capped, gradient, gradient, n, [=](float capped, float gradient, i64) {
    float share = capped / cap;
    return gradient * fmaf(-share, share, 1.0f);
  });
}
