import CKernels

/// The elementwise kernels of a transformer layer, over tensors. Each has a plain twin in Double in the tests.
extension Tensor {
  /// Each row divided by its root mean square, and the divisors: `x / sqrt(mean(x²) + ε)` (Zhang and Sennrich 2019, arXiv:1910.07467).
  ///
  /// For `[position, width]`, `scale` is `[position, 1]`.
  package func rootMeanSquareNormalized(epsilon: Float) -> (normalized: Tensor, scale: Tensor) {
    let (rows, width) = (shape[0], shape[1])
    var (normalized, scale) = (Tensor(uninitialized: shape), Tensor(uninitialized: [rows, 1]))
    withPointers(&normalized) { x, y in
      scale.withUnsafeMutableElements { s in
        guard let s = s.baseAddress else { return }
        Parallel.overRows(rows, width: width) {
          ck_rms_normalize(x + $0.lowerBound * width, y + $0.lowerBound * width, s + $0.lowerBound, $0.count, width, epsilon)
        }
      }
    }
    return (normalized, scale)
  }

  /// Each row divided by a number of its own, as `rootMeanSquareNormalized` does it: `scale` is `[row, 1]`.
  package func dividedRows(by scale: Tensor) -> Tensor {
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { x, y in
      scale.withUnsafeElements { ck_divide_rows(x, $0.baseAddress, y, shape[0], shape[1]) }
    }
    return result
  }

  /// Each column times a factor of its own: `[row, width]` and `factors` `[width]` make `[row, width]`.
  package func scaledColumns(by factors: Tensor) -> Tensor {
    require(factors.count == shape[1], "Factors of shape \(factors.shape) do not scale the columns of \(shape).")
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { x, y in
      factors.withUnsafeElements { f in
        guard let f = f.baseAddress else { return }
        let width = shape[1]
        Parallel.overRows(shape[0], width: width) {
          ck_scale_columns(x + $0.lowerBound * width, f, y + $0.lowerBound * width, $0.count, width)
        }
      }
    }
    return result
  }

  /// Each row less its mean. The gradient of what it makes goes back through the same.
  package func centeredRows() -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { x, y in
      Parallel.overRows(rows, width: width) {
        ck_center_rows(x + $0.lowerBound * width, y + $0.lowerBound * width, $0.count, width)
      }
    }
    return result
  }

  /// Adds a vector `[width]` to each row of `[row, width]`.
  package mutating func addToRows(_ bias: Tensor) {
    require(rank == 2 && bias.count == shape[1], "A bias of shape \(bias.shape) does not belong to the rows of \(shape).")
    let (rows, width) = (shape[0], shape[1])
    withUnsafeMutableElements { y in
      bias.withUnsafeElements { bias in
        guard let y = y.baseAddress, let bias = bias.baseAddress else { return }
        ck_add_to_rows(bias, y, rows, width)
      }
    }
  }

  /// Rotary position embedding of `[position, head, width]`: of the first numbers of each head, the first half turned against the second
  /// (Su et al. 2021, arXiv:2104.09864, in the half-rotation form of GPT-NeoX). `cosine` and `sine` are `[position, turned / 2]`; the other
  /// numbers stay.
  package func rotated(cosine: Tensor, sine: Tensor) -> Tensor {
    let turned = 2 * (cosine.shape.last ?? 0)
    require(
      rank == 3 && cosine.shape == [shape[0], turned / 2] && sine.shape == cosine.shape && turned <= shape[2],
      "Angles of shape \(cosine.shape) do not rotate \(shape).")
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { x, y in
      cosine.withUnsafeElements { c in
        sine.withUnsafeElements { s in
          guard let c = c.baseAddress, let s = s.baseAddress else { return }
          let (heads, width) = (shape[1], shape[2])
          Parallel.overRows(shape[0], width: heads * width) { rows in
            let (first, angle) = (rows.lowerBound * heads * width, rows.lowerBound * turned / 2)
            ck_rotate_halves(x + first, c + angle, s + angle, y + first, rows.count, heads, width, turned)
          }
        }
      }
    }
    return result
  }

  /// `f(self) ⊙ up`, or `f(self)` without it (Shazeer 2020, arXiv:2002.05202).
  package func activated(by function: Activation, gating up: Tensor? = nil) -> Tensor {
    require(up == nil || shape == up?.shape, "A gate of shape \(shape) does not gate \(up?.shape ?? []).")
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { x, y in
      up.withElements { up in
        Parallel.overRows(count, width: 8) { part in
          let first = part.lowerBound
          ck_activate(function.kernel, x + first, up.map { $0 + first }, y + first, part.count)
        }
      }
    }
    return result
  }

  /// Softmax of each row over its first `visible`, `visible + 1`, … columns, or the last `window` of them; 0 elsewhere.
  package mutating func applyCausalSoftmax(visible: Int, window: Int = .max) {
    let (rows, width) = (shape[0], shape[1])
    withUnsafeMutableElements { x in
      guard let x = x.baseAddress else { return }
      ck_causal_softmax(x, rows, width, visible, window)
    }
  }

  /// Caps every number softly: `cap · tanh(x / cap)`.
  package mutating func softCap(at cap: Float) {
    let count = count
    withUnsafeMutableElements { x in
      guard let x = x.baseAddress else { return }
      Parallel.overRows(count, width: 8) { ck_soft_cap(x + $0.lowerBound, cap, $0.count) }
    }
  }

  /// Adds another tensor of the same shape to this one.
  package mutating func add(_ other: Tensor) {
    require(shape == other.shape, "\(other.shape) cannot be added to \(shape).")
    withUnsafeMutableElements { y in
      other.withUnsafeElements { x in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        ck_add(x, y, other.count)
      }
    }
  }

  /// Multiplies every number by a factor.
  package mutating func scale(by factor: Float) {
    let count = count
    withUnsafeMutableElements { x in
      guard let x = x.baseAddress else { return }
      ck_scale(x, factor, count)
    }
  }

  func withPointers(_ result: inout Tensor, _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeElements { x in
      result.withUnsafeMutableElements { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        body(x, y)
      }
    }
  }
}

extension Optional<Tensor> {
  /// The numbers, or nil. The pointer is valid within `body` only.
  func withElements(_ body: (UnsafePointer<Float>?) -> Void) {
    if let self { self.withUnsafeElements { body($0.baseAddress) } } else { body(nil) }
  }
}
