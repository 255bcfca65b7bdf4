/// What only training on the processor needs.
extension Tensor {
  /// Adds `leftᵀ · right`, of `[row, out]` and `[row, in]`, to the numbers from `first` on, as `[out, in]`.
  package mutating func addProduct(ofTransposed left: Tensor, _ right: Tensor, at first: Int) {
    let (left, right) = (left.home(), right.home())
    left.view.transposed.multiply(right.view, into: sharedBase() + first, stride: right.shape[1], adding: true)
    withExtendedLifetime((left, right)) {}
  }

  /// The sum with tensors of the same shape, one after the other, divided among the cores.
  package func added(_ others: some Collection<Tensor>) -> Tensor {
    var sum = home()
    let (sources, target) = (others.map { $0.home() }, sum.sharedBase())
    Parallel.overRows(count, width: sources.count + 1) { range in
      for source in sources {
        let source = source.constantBase
        for i in range { target[i] += source[i] }
      }
    }
    return withExtendedLifetime(sources) { sum }
  }
}
