import CKernels

extension CPUBackend {
  package func normalize(_ x: Tensor, epsilon: Float, into y: inout Tensor, scale: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    scale.withUnsafeMutableElements { scale in
      withPointers(x, &y) { x, y in
        guard let scale = scale.baseAddress else { return }
        Parallel.overRows(rows, width: width) {
          let first = $0.lowerBound
          ck_rms_normalize(x + first * width, y + first * width, scale + first, $0.count, width, epsilon)
        }
      }
    }
  }

  package func divideRows(_ x: Tensor, by scale: Tensor, into y: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    scale.withUnsafeElements { scale in withPointers(x, &y) { ck_divide_rows($0, scale.baseAddress, $1, rows, width) } }
  }

  package func scaleColumns(_ x: Tensor, by factors: Tensor, into y: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    factors.withUnsafeElements { factors in
      withPointers(x, &y) { x, y in
        guard let factors = factors.baseAddress else { return }
        Parallel.overRows(rows, width: width) {
          ck_scale_columns(x + $0.lowerBound * width, factors, y + $0.lowerBound * width, $0.count, width)
        }
      }
    }
  }

  package func centerRows(_ x: Tensor, into y: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    withPointers(x, &y) { x, y in
      Parallel.overRows(rows, width: width) {
        ck_center_rows(x + $0.lowerBound * width, y + $0.lowerBound * width, $0.count, width)
      }
    }
  }

  package func addToRows(_ bias: Tensor, to y: inout Tensor) {
    let (rows, width) = (y.shape[0], y.shape[1])
    withPointers(bias, &y) { ck_add_to_rows($0, $1, rows, width) }
  }

  package func rotate(_ x: Tensor, cosine: Tensor, sine: Tensor, into y: inout Tensor) {
    let (rows, heads, width, half) = (x.shape[0], x.shape[1], x.shape[2], cosine.shape[1])
    withPointers(x, &y) { x, y in
      cosine.withUnsafeElements { c in
        sine.withUnsafeElements { s in
          guard let c = c.baseAddress, let s = s.baseAddress else { return }
          Parallel.overRows(rows, width: heads * width) { rows in
            let (first, angle) = (rows.lowerBound * heads * width, rows.lowerBound * half)
            ck_rotate_halves(x + first, c + angle, s + angle, y + first, rows.count, heads, width, 2 * half)
          }
        }
      }
    }
  }

  package func scaleGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, into y: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    withPointers(gradient, &y) { g, y in
      x.withUnsafeElements { x in
        scale.withUnsafeElements { ck_rms_scale_gradient(x.baseAddress, $0.baseAddress, g, y, rows, width) }
      }
    }
  }

  package func normGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, scaleGradient: Tensor, into y: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    withPointers(gradient, &y) { g, out in
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
  }

  package func softmax(_ y: inout Tensor, seeing columns: VisibleColumns) {
    forEachSquare(&y) { ck_causal_softmax($0, $1, $2, columns.first, columns.window) }
  }

  package func softmax(_ y: inout Tensor) {
    let width = y.shape.last ?? 0
    forEachRow(&y) { row, _ in
      // What a mask cuts off at either end does not take part in the sum, so that it is the one over the rest alone.
      var (start, end) = (0, width)
      while end > 0, row[end - 1] == -.infinity { end -= 1 }
      while start < end, row[start] == -.infinity { start += 1 }
      // A row of nothing but -∞ has no softmax; it becomes NaN.
      if start == end { (start, end) = (0, width) }
      ck_causal_softmax(row, 1, width, end, end - start)
    }
  }

  package func softmaxGradient(_ gradient: inout Tensor, pattern: Tensor) {
    let width = gradient.shape.last ?? 0
    let rows = width == 0 ? 0 : gradient.count / width
    withPointers(pattern, &gradient) { ck_softmax_gradient($0, $1, rows, width) }
  }

  package func setUnseen(_ y: inout Tensor, to value: Float, seeing columns: VisibleColumns, where pattern: Tensor?) {
    let width = y.shape.last ?? 0
    pattern.withElements { pattern in
      var done = 0
      forEachRow(&y) { row, index in
        let (visible, pattern) = (columns.columns(ofRow: index, width: width), pattern.map { $0 + done })
        for column in 0..<width where !visible.contains(column) && (pattern?[column] ?? 0) == 0 { row[column] = value }
        done += width
      }
    }
  }

  /// The rows of one square behind the other, each with its number in its square.
  private func forEachRow(_ y: inout Tensor, _ body: (UnsafeMutablePointer<Float>, Int) -> Void) {
    forEachSquare(&y) { square, rows, width in for row in 0..<rows { body(square + row * width, row) } }
  }

  private func forEachSquare(_ y: inout Tensor, _ body: (UnsafeMutablePointer<Float>, Int, Int) -> Void) {
    let (rows, width) = (y.shape[y.rank - 2], y.shape[y.rank - 1])
    y.withUnsafeMutableElements { numbers in
      guard let base = numbers.baseAddress, rows * width > 0 else { return }
      for first in stride(from: 0, to: numbers.count, by: rows * width) { body(base + first, rows, width) }
    }
  }
}
