import CKernels

/// The elementwise kernels of the backward pass. Each takes the gradient of a result, and gives that of what the result was made of.
extension Tensor {
  /// The gradient of each row's scale in `x / scale`, `[row, 1]`. Self is the gradient of the quotient, `[row, width]`.
  package func gradientOfScale(x: Tensor, scale: Tensor) -> Tensor {
    var result = Tensor(uninitialized: [shape[0], 1])
    withUnsafeElements { g in
      x.withUnsafeElements { x in
        scale.withUnsafeElements { s in
          result.withUnsafeMutableElements {
            ck_rms_scale_gradient(x.baseAddress, s.baseAddress, g.baseAddress, $0.baseAddress, shape[0], shape[1])
          }
        }
      }
    }
    return result
  }

  /// The gradient of x in `x / scale(x)`, where the scale is the root mean square. Self is the gradient of the quotient, and
  /// `scaleGradient` is that of the scales.
  package func gradientThroughNorm(x: Tensor, scale: Tensor, scaleGradient: Tensor) -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    var result = Tensor(uninitialized: shape)
    withPointers(&result) { g, out in
      x.withUnsafeElements { x in
        scale.withUnsafeElements { s in
          scaleGradient.withUnsafeElements { ds in
            guard let x = x.baseAddress, let s = s.baseAddress, let ds = ds.baseAddress else { return }
            Parallel.overRows(rows, width: width) {
              let first = $0.lowerBound
              ck_rms_input_gradient(
                x + first * width, s + first, g + first * width, ds + first, out + first * width, $0.count, width)
            }
          }
        }
      }
    }
    return result
  }

  /// The gradients of the gate and of up in `gelu(gate) ⊙ up`. Self is the gradient of the product.
  package func gradientOfGating(gate: Tensor, up: Tensor) -> (gate: Tensor, up: Tensor) {
    var (gateGradient, upGradient) = (Tensor(uninitialized: shape), Tensor(uninitialized: shape))
    withPointers(&gateGradient) { g, dGate in
      upGradient.withUnsafeMutableElements { dUp in
        gate.withUnsafeElements { gate in
          up.withUnsafeElements { up in
            guard let gate = gate.baseAddress, let up = up.baseAddress, let dUp = dUp.baseAddress else { return }
            Parallel.overRows(count, width: 8) {
              let first = $0.lowerBound
              ck_gelu_gate_gradient(gate + first, up + first, g + first, dGate + first, dUp + first, $0.count)
            }
          }
        }
      }
    }
    return (gateGradient, upGradient)
  }
}
