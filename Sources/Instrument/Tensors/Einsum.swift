/// Sums of products over named axes, after Einstein: what `torch.einsum` and `einops.einsum` compute.
extension Tensor {
  /// Multiplies tensors along the axes that an equation names alike, and sums over those that its right side leaves out.
  ///
  /// ```swift
  /// Tensor.einsum("ij,jk->ik", a, b)                                      // a matrix product
  /// Tensor.einsum("head query key, key head width -> query head width", pattern, value)
  /// Tensor.einsum("ii", m)                                                // a trace, [] (without ->, axes named once are left, by alphabet)
  /// ```
  ///
  /// An axis is a letter, or a word where words are divided by spaces. `...` stands for all axes that are not named, counted from the last. An axis that is 1 long
  /// in one tensor counts for every index of the other. Products with sums are those of OpenBLAS; sums over one tensor's own axes are taken in Double.
  public static func einsum(_ equation: String, _ tensors: Tensor...) -> Tensor { einsum(equation, of: tensors) }

  /// The same for tensors in an array.
  public static func einsum(_ equation: String, of tensors: [Tensor]) -> Tensor {
    let equation = Equation(equation, tensors)
    var terms = zip(tensors, equation.operands).map { NamedTensor($0, axes: $1, equation) }
    while terms.count > 1 {
      let (first, second) = NamedTensor.cheapest(terms, output: equation.output)
      let right = terms.remove(at: second)
      let left = terms.remove(at: first)
      terms.append(left.product(right, keeping: Set(terms.flatMap(\.axes) + equation.output)))
    }
    return terms[0].summed(keeping: Set(equation.output)).ordered(equation.output).tensor
  }
}

/// An equation of named axes: those of each operand, and those of the result.
private struct Equation {
  let text: String
  private(set) var operands: [[String]]
  private(set) var output: [String]

  init(_ text: String, _ tensors: [Tensor]) {
    self.text = text
    let sides = Equation.sides(text)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    require(
      terms.count == tensors.count && !tensors.isEmpty,
      "The equation \"\(text)\" names the axes of \(terms.count) tensors, and \(tensors.count) were given.")
    // Letters, or words where letters do not fit the shapes.
    let letters = terms.map { Equation.axes($0, byWord: false) }
    let fit = zip(letters, tensors).allSatisfy { axes, tensor in
      axes.contains("...") ? axes.count - 1 <= tensor.rank : axes.count == tensor.rank
    }
    let byWord = !fit
    operands = zip(terms, tensors).map { term, tensor in
      Equation.named(Equation.axes(term, byWord: byWord), tensor, text)
    }
    let all = operands.flatMap { $0 }
    if sides.count == 2 {
      let unnamed = Set(all.filter { $0.hasPrefix("...") }).sorted { $0.count > $1.count }
      output = Equation.axes(sides[1], byWord: byWord).flatMap { $0 == "..." ? unnamed : [$0] }
    } else {
      output = Set(all.filter { axis in all.count { $0 == axis } == 1 || axis.hasPrefix("...") }).sorted()
    }
    let missing = output.first { !all.contains($0) }
    require(
      missing == nil && Set(output).count == output.count,
      missing.map { "The equation \"\(text)\" keeps an axis \($0) that no tensor has; there are \(Set(all).sorted())." }
        ?? "The equation \"\(text)\" names an axis twice behind ->.")
  }

  private static func sides(_ text: String) -> [String] {
    guard let arrow = text.firstRange(of: "->") else { return [text] }
    return [String(text[..<arrow.lowerBound]), String(text[arrow.upperBound...])]
  }

  private static func axes(_ term: String, byWord: Bool) -> [String] {
    let words = term.replacing("...", with: " ... ").split(separator: " ").map { String($0) }
    return byWord ? words : words.flatMap { $0 == "..." ? [$0] : $0.map { String($0) } }
  }

  /// The axes of a tensor, where those that `...` stands for are named by their number from the last: "...", "....", and so on.
  private static func named(_ axes: [String], _ tensor: Tensor, _ text: String) -> [String] {
    let unnamed = axes.contains("...") ? tensor.rank - axes.count + 1 : 0
    require(
      unnamed >= 0 && axes.count { $0 == "..." } <= 1 && (axes.contains("...") || axes.count == tensor.rank),
      "The equation \"\(text)\" names the axes \(axes) of a tensor of shape \(tensor.shape).")
    return axes.flatMap { axis in axis == "..." ? (0..<unnamed).reversed().map { String(repeating: ".", count: 3 + $0) } : [axis]
    }
  }
}

/// A tensor whose axes have names, each once.
private struct NamedTensor {
  let tensor: Tensor
  let axes: [String]
  /// What a message names.
  let equation: Equation

  private init(_ tensor: Tensor, _ axes: [String], _ equation: Equation) {
    (self.tensor, self.axes, self.equation) = (tensor, axes, equation)
  }

  /// Of axes that bear one name, the diagonal is taken.
  init(_ tensor: Tensor, axes: [String], _ equation: Equation) {
    var (names, lengths, strides): ([String], [Int], [Int]) = ([], [], [])
    for (axis, (length, stride)) in zip(axes, zip(tensor.shape, tensor.contiguousStrides)) {
      guard let known = names.firstIndex(of: axis) else {
        names.append(axis)
        lengths.append(length)
        strides.append(stride)
        continue
      }
      require(
        lengths[known] == length,
        "In \"\(equation.text)\", the axis \(axis) of a tensor of shape \(tensor.shape) is both \(lengths[known]) and \(length) long."
      )
      strides[known] += stride
    }
    self.init(names.count == axes.count ? tensor : tensor.strided(lengths, strides), names, equation)
  }

  func length(_ axis: String) -> Int? { axes.firstIndex(of: axis).map { tensor.shape[$0] } }

  /// The two that are multiplied first: those whose product is smallest.
  static func cheapest(_ terms: [NamedTensor], output: [String]) -> (Int, Int) {
    var best = (first: 0, second: 1, size: Double.infinity)
    for second in terms.indices {
      for first in 0..<second {
        let others = terms.indices.filter { $0 != first && $0 != second }.flatMap { terms[$0].axes } + output
        let kept = Set(terms[first].axes + terms[second].axes).intersection(others)
        let size = kept.reduce(1.0) { $0 * Double(Swift.max(terms[first].length($1) ?? 1, terms[second].length($1) ?? 1)) }
        if size < best.size { best = (first, second, size) }
      }
    }
    return (best.first, best.second)
  }

  /// Summed over the axes that are not kept.
  func summed(keeping kept: Set<String>) -> NamedTensor {
    let gone = axes.indices.filter { !kept.contains(axes[$0]) }
    return gone.isEmpty ? self : NamedTensor(tensor.sum(axes: gone), axes.filter(kept.contains), equation)
  }

  /// The same with its axes in an order.
  func ordered(_ order: [String]) -> NamedTensor {
    NamedTensor(tensor.permuted(order.compactMap(axes.firstIndex)), order, equation)
  }

  /// Without axes that are 1 long here, and longer there.
  private func narrowed(beside other: NamedTensor) -> NamedTensor {
    let kept = axes.indices.filter { tensor.shape[$0] != 1 || (other.length(axes[$0]) ?? 1) == 1 }
    return NamedTensor(tensor.reshaped(kept.map { tensor.shape[$0] }), kept.map { axes[$0] }, equation)
  }

  func product(_ other: NamedTensor, keeping kept: Set<String>) -> NamedTensor {
    for axis in axes {
      guard let here = length(axis), let there = other.length(axis) else { continue }
      require(
        here == there || here == 1 || there == 1,
        "In \"\(equation.text)\", the axis \(axis) is \(here) long in a tensor of shape \(tensor.shape) and \(there) in one of shape \(other.tensor.shape)."
      )
    }
    let left = narrowed(beside: other)
    let right = other.narrowed(beside: self)
    return left.summed(keeping: kept.union(right.axes)).multiplied(right.summed(keeping: kept.union(left.axes)), keeping: kept)
  }

  /// The product of tensors whose axes are all kept or shared, and equally long where they are shared.
  private func multiplied(_ other: NamedTensor, keeping kept: Set<String>) -> NamedTensor {
    let shared = axes.filter(other.axes.contains)
    let (batch, inner) = (shared.filter(kept.contains), shared.filter { !kept.contains($0) })
    let (rows, columns) = (axes.filter { !shared.contains($0) }, other.axes.filter { !shared.contains($0) })
    let lengths = { (axes: [String]) in axes.map { length($0) ?? other.length($0) ?? 1 } }
    let size = { (axes: [String]) in lengths(axes).reduce(1, *) }
    let names = batch + rows + columns
    if inner.isEmpty || rows.isEmpty && columns.isEmpty {
      let left = ordered(batch + rows + inner).tensor.reshaped(lengths(batch + rows) + columns.map { _ in 1 } + lengths(inner))
      let right = other.ordered(batch + columns + inner).tensor.reshaped(
        lengths(batch) + rows.map { _ in 1 } + lengths(columns + inner))
      let product = left * right
      return NamedTensor(product.sum(axes: inner.indices.map { names.count + $0 }), names, equation)
    }
    // A matrix that lies transposed is multiplied as it lies.
    let transposesLeft = axes == batch + inner + rows && axes != batch + rows + inner
    let transposesRight = other.axes == batch + columns + inner
    let left = transposesLeft ? self : ordered(batch + rows + inner)
    let right = transposesRight ? other : other.ordered(batch + inner + columns)
    let (b, r, i, c) = (size(batch), size(rows), size(inner), size(columns))
    let product = left.tensor.reshaped(transposesLeft ? [b, i, r] : [b, r, i]).batchProduct(
      right.tensor.reshaped(transposesRight ? [b, c, i] : [b, i, c]), transposingLeft: transposesLeft,
      transposingRight: transposesRight)
    return NamedTensor(product.reshaped(lengths(names)), names, equation)
  }
}
