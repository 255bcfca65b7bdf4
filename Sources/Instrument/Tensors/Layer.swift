/// The operations of a transformer's layer, over tensors. Each is done where its operands lie, by their `Backend`; each has a plain twin in Double
/// in the tests.
extension Tensor {
  /// Each row divided by its root mean square, and the divisors: `x / sqrt(mean(x²) + ε)` (Zhang and Sennrich 2019, arXiv:1910.07467).
  ///
  /// For `[position, width]`, `scale` is `[position, 1]`.
  package func rootMeanSquareNormalized(epsilon: Float) -> (normalized: Tensor, scale: Tensor) {
    var (normalized, scale) = (backend.allocate(shape), backend.allocate([shape[0], 1]))
    backend.normalize(self, epsilon: epsilon, into: &normalized, scale: &scale)
    return (normalized, scale)
  }

  /// Each row divided by a number of its own, as `rootMeanSquareNormalized` does it: `scale` is `[row, 1]`.
  package func dividedRows(by scale: Tensor) -> Tensor {
    require(scale.count == shape[0], "Divisors of shape \(scale.shape) do not divide the rows of \(shape).")
    return result(with: scale) { $0.divideRows($1, by: $2, into: &$3) }
  }

  /// Each column times a factor of its own: `[row, width]` and `factors` `[width]` make `[row, width]`.
  package func scaledColumns(by factors: Tensor) -> Tensor {
    require(factors.count == shape[1], "Factors of shape \(factors.shape) do not scale the columns of \(shape).")
    return result(with: factors) { $0.scaleColumns($1, by: $2, into: &$3) }
  }

  /// Each row less its mean. The gradient of what it makes goes back through the same.
  package func centeredRows() -> Tensor {
    var result = backend.allocate(shape)
    backend.centerRows(self, into: &result)
    return result
  }

  /// Adds a vector `[width]` to each row of `[row, width]`.
  package mutating func addToRows(_ bias: Tensor) {
    require(rank == 2 && bias.count == shape[1], "A bias of shape \(bias.shape) does not belong to the rows of \(shape).")
    change(with: bias) { $0.addToRows($1, to: &$2) }
  }

  /// Rotary position embedding of `[position, head, width]`: of the first numbers of each head, the first half turned against the second
  /// (Su et al. 2021, arXiv:2104.09864, in the half-rotation form of GPT-NeoX). `cosine` and `sine` are `[position, turned / 2]`; the other
  /// numbers stay.
  package func rotated(cosine: Tensor, sine: Tensor) -> Tensor {
    let turned = 2 * (cosine.shape.last ?? 0)
    require(
      rank == 3 && cosine.shape == [shape[0], turned / 2] && sine.shape == cosine.shape && turned <= shape[2],
      "Angles of shape \(cosine.shape) do not rotate \(shape).")
    let backend = Tensor.meeting(self, cosine, sine)
    return result(with: cosine) { $0.rotate($1, cosine: $2, sine: sine.moved(to: backend), into: &$3) }
  }

  /// `f(self) ⊙ up`, or `f(self)` without it (Shazeer 2020, arXiv:2002.05202).
  package func activated(by function: Activation, gating up: Tensor? = nil) -> Tensor {
    require(up == nil || shape == up?.shape, "A gate of shape \(shape) does not gate \(up?.shape ?? []).")
    let backend = Tensor.meeting(self, up)
    var result = backend.allocate(shape)
    backend.activate(function, moved(to: backend), gating: up?.moved(to: backend), into: &result)
    return result
  }

  /// Softmax of each row over its first `visible`, `visible + 1`, … columns, or the last `window` of them; 0 elsewhere. Of `[square, row,
  /// column]`, each square's.
  package mutating func applyCausalSoftmax(visible: Int, window: Int = .max) {
    let backend = backend
    backend.softmax(&self, seeing: VisibleColumns(first: visible, window: window))
  }

  /// Softmax of each row over all of its columns, where -∞ counts for nothing.
  package mutating func applySoftmax() {
    let backend = backend
    backend.softmax(&self)
  }

  /// Sets what a row does not see to a number; with `pattern`, only where that is 0.
  package mutating func setUnseen(to value: Float, seeing columns: VisibleColumns, where pattern: Tensor? = nil) {
    let backend = Tensor.meeting(self, pattern)
    self = moved(to: backend)
    backend.setUnseen(&self, to: value, seeing: columns, where: pattern?.moved(to: backend))
  }

  /// Caps every number softly: `cap · tanh(x / cap)`.
  package mutating func softCap(at cap: Float) {
    let backend = backend
    backend.softCap(&self, at: cap)
  }

  /// Adds another tensor of the same shape to this one, times a factor.
  package mutating func add(_ other: Tensor, times factor: Float = 1) {
    require(shape == other.shape, "\(other.shape) cannot be added to \(shape).")
    change(with: other) { $0.add($1, times: factor, to: &$2) }
  }

  /// Adds rows to those that indices name, times a factor, one after the other.
  package mutating func addRows(_ rows: Tensor, at indices: [Int], times factor: Float = 1) {
    let here = shape[0]
    require(
      rows.shape == [indices.count] + shape.dropFirst() && indices.allSatisfy { $0 >= 0 && $0 < here },
      "\(rows.shape) cannot be added to \(indices.count) rows of \(shape).")
    change(with: rows) { $0.addRows($1, at: indices, factor: factor, to: &$2) }
  }

  /// Multiplies every number by a factor.
  package mutating func scale(by factor: Float) { self = self * factor }

  /// The logarithm of the sum of each row's exponentials, in Double: what logits less it are log-probabilities.
  package func logSumExp() -> [Double] {
    require(rank == 2, "A tensor of shape \(shape) is not a matrix.")
    var sums = backend.logSumExp(self)
    // A row whose largest number is infinite has differences that are none; its sum is that number. NaN stays NaN.
    for row in sums.indices where sums[row].isNaN { sums[row] = Double(self[row..<row + 1].max()) }
    return sums
  }

  /// Whether every number is finite: neither NaN nor infinite.
  package var isFinite: Bool { backend.isFinite(self) }

  /// A tensor of this shape that a backend makes of this one and another.
  private func result(
    with other: Tensor, _ operation: (any Backend, Tensor, Tensor, inout Tensor) -> Void
  ) -> Tensor {
    let backend = Tensor.meeting(self, other)
    var result = backend.allocate(shape)
    operation(backend, moved(to: backend), other.moved(to: backend), &result)
    return result
  }

  mutating func change(with other: Tensor, _ operation: (any Backend, Tensor, inout Tensor) -> Void) {
    let backend = Tensor.meeting(self, other)
    if backend !== self.backend { self = moved(to: backend) }
    operation(backend, other.moved(to: backend), &self)
  }
}

// MARK: - Gradients

/// The operations of the backward pass. Each takes the gradient of a result, and gives that of what the result was made of.
extension Tensor {
  /// The gradient of each row's scale in `x / scale`, `[row, 1]`. Self is the gradient of the quotient, `[row, width]`.
  package func gradientOfScale(x: Tensor, scale: Tensor) -> Tensor {
    let backend = Tensor.meeting(self, x, scale)
    var result = backend.allocate([shape[0], 1])
    backend.scaleGradient(moved(to: backend), x: x.moved(to: backend), scale: scale.moved(to: backend), into: &result)
    return result
  }

  /// The gradient of x in `x / scale(x)`, where the scale is the root mean square. Self is the gradient of the quotient, and
  /// `scaleGradient` is that of the scales.
  package func gradientThroughNorm(x: Tensor, scale: Tensor, scaleGradient: Tensor) -> Tensor {
    let backend = Tensor.meeting(self, x, scale, scaleGradient)
    var result = backend.allocate(shape)
    backend.normGradient(
      moved(to: backend), x: x.moved(to: backend), scale: scale.moved(to: backend),
      scaleGradient: scaleGradient.moved(to: backend), into: &result)
    return result
  }

  /// The gradients of x and of up in `f(x) ⊙ up`, or of x in `f(x)`. Self is the gradient of the result.
  package func gradientOfActivation(
    _ function: Activation, of x: Tensor, gating up: Tensor? = nil
  ) -> (x: Tensor, up: Tensor?) {
    let backend = Tensor.meeting(self, x, up)
    var (xGradient, upGradient) = (backend.allocate(shape), up.map { _ in backend.allocate(shape) })
    backend.activationGradient(
      function, x.moved(to: backend), gating: up?.moved(to: backend), moved(to: backend), into: &xGradient, &upGradient)
    return (xGradient, upGradient)
  }

  /// Makes the gradient of softly capped numbers that of the numbers themselves, in place.
  /// - Parameter capped: What the cap made.
  package mutating func goBackThroughSoftCap(at cap: Float, capped: Tensor) {
    change(with: capped) { $0.softCapGradient(&$2, at: cap, capped: $1) }
  }

  /// Makes the gradient of each row's softmax that of the numbers themselves, in place.
  package mutating func goBackThroughSoftmax(pattern: Tensor) {
    change(with: pattern) { $0.softmaxGradient(&$2, pattern: $1) }
  }
}
