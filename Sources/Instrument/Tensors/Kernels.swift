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

  /// Rotary position embedding of `[position, head, width]`: the first half of each head turned against its second half
  /// (Su et al. 2021, arXiv:2104.09864, in the half-rotation form of GPT-NeoX). `cosine` and `sine` are `[position, width / 2]`.
  package func rotated(cosine: Tensor, sine: Tensor) -> Tensor {
    require(
      rank == 3 && cosine.shape == [shape[0], shape[2] / 2] && sine.shape == cosine.shape,
      "Angles of shape \(cosine.shape) do not rotate \(shape).")
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { x, y in
      cosine.withUnsafeElements { c in
        sine.withUnsafeElements { s in
          guard let c = c.baseAddress, let s = s.baseAddress else { return }
          let (heads, width) = (shape[1], shape[2])
          Parallel.overRows(shape[0], width: heads * width) { rows in
            let (first, angle) = (rows.lowerBound * heads * width, rows.lowerBound * width / 2)
            ck_rotate_halves(x + first, c + angle, s + angle, y + first, rows.count, heads, width)
          }
        }
      }
    }
    return result
  }

  /// `gelu_tanh(self) ⊙ up` (Hendrycks and Gimpel 2016, arXiv:1606.08415; Shazeer 2020, arXiv:2002.05202).
  package func geluGating(_ up: Tensor) -> Tensor {
    require(shape == up.shape, "A gate of shape \(shape) does not gate \(up.shape).")
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { gate, y in
      up.withUnsafeElements { up in
        guard let up = up.baseAddress else { return }
        Parallel.overRows(count, width: 8) { ck_gelu_gate(gate + $0.lowerBound, up + $0.lowerBound, y + $0.lowerBound, $0.count) }
      }
    }
    return result
  }

  /// Softmax of each row over its first `visible`, `visible + 1`, … columns; 0 beyond.
  package mutating func applyCausalSoftmax(visible: Int) {
    let (rows, width) = (shape[0], shape[1])
    withUnsafeMutableElements { x in
      guard let x = x.baseAddress else { return }
      ck_causal_softmax(x, rows, width, visible)
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
