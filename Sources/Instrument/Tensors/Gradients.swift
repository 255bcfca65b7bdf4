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

  /// The gradients of x and of up in `f(x) ⊙ up`, or of x in `f(x)`. Self is the gradient of the result.
  package func gradientOfActivation(
    _ function: Activation, of x: Tensor, gating up: Tensor? = nil
  ) -> (x: Tensor, up: Tensor?) {
    var (xGradient, upGradient) = (Tensor(uninitialized: shape), Tensor(uninitialized: up == nil ? [0] : shape))
    withPointers(&xGradient) { g, dx in
      upGradient.withUnsafeMutableElements { du in
        x.withUnsafeElements { x in
          up.withElements { up in
            guard let x = x.baseAddress else { return }
            Parallel.overRows(count, width: 8) { part in
              let first = part.lowerBound
              ck_activate_gradient(
                function.kernel, x + first, up.map { $0 + first }, g + first, dx + first, du.baseAddress.map { $0 + first },
                part.count)
            }
          }
        }
      }
    }
    return (xGradient, up == nil ? nil : upGradient)
  }

  /// Makes the gradient of softly capped numbers that of the numbers themselves, in place.
  /// - Parameter capped: What the cap made.
  package mutating func goBackThroughSoftCap(at cap: Float, capped: Tensor) {
    let count = count
    withUnsafeMutableElements { g in
      capped.withUnsafeElements { capped in
        guard let g = g.baseAddress, let capped = capped.baseAddress else { return }
        ck_soft_cap_gradient(capped, cap, g, count)
      }
    }
  }
}
