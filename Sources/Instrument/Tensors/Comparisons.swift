/// Comparisons number by number. What they make are masks: 1 where it holds, 0 elsewhere; so `mask.sum()` counts, and `mask.mean()` is a share. Shapes
/// broadcast. NaN is neither larger, nor smaller, nor equal, as everywhere.
extension Tensor {
  /// 1 where a number is larger than that of another tensor.
  public static func .> (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 > $1 ? 1 : 0 } }
  /// 1 where a number is larger, or equal.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 >= $1 ? 1 : 0 } }
  /// 1 where a number is smaller than that of another tensor.
  public static func .< (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 < $1 ? 1 : 0 } }
  /// 1 where a number is smaller, or equal.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 <= $1 ? 1 : 0 } }
  /// 1 where two numbers are equal.
  public static func .== (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 == $1 ? 1 : 0 } }
  /// 1 where two numbers differ.
  public static func .!= (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 != $1 ? 1 : 0 } }

  /// 1 where a number is larger than another one.
  public static func .> (left: Tensor, right: Float) -> Tensor { left.each { $0 > right ? 1 : 0 } }
  /// 1 where a number is larger, or equal.
  public static func .>= (left: Tensor, right: Float) -> Tensor { left.each { $0 >= right ? 1 : 0 } }
  /// 1 where a number is smaller than another one.
  public static func .< (left: Tensor, right: Float) -> Tensor { left.each { $0 < right ? 1 : 0 } }
  /// 1 where a number is smaller, or equal.
  public static func .<= (left: Tensor, right: Float) -> Tensor { left.each { $0 <= right ? 1 : 0 } }
  /// 1 where a number equals another one.
  public static func .== (left: Tensor, right: Float) -> Tensor { left.each { $0 == right ? 1 : 0 } }
  /// 1 where a number differs from another one.
  public static func .!= (left: Tensor, right: Float) -> Tensor { left.each { $0 != right ? 1 : 0 } }

  /// 1 where both masks hold, that is, are not 0.
  public static func .& (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 != 0 && $1 != 0 ? 1 : 0 } }
  /// 1 where either mask holds.
  public static func .| (left: Tensor, right: Tensor) -> Tensor { left.zipped(with: right) { $0 != 0 || $1 != 0 ? 1 : 0 } }
  /// 1 where a mask does not hold.
  public static prefix func .! (mask: Tensor) -> Tensor { mask.each { $0 == 0 ? 1 : 0 } }

  /// The larger of two numbers, number by number; NaN if either is.
  public func maximum(_ other: Tensor) -> Tensor { zipped(with: other) { Self.larger($0, $1) } }
  /// The smaller of two numbers, number by number; NaN if either is.
  public func minimum(_ other: Tensor) -> Tensor { zipped(with: other) { Self.smaller($0, $1) } }

  /// 1 where a number is NaN.
  public var isNaN: Tensor { each { $0.isNaN ? 1 : 0 } }
}

extension Tensor {
  /// Of a mask: the number of one tensor where the mask holds (is not 0), that of the other elsewhere. All three broadcast.
  public func `where`(_ held: Tensor, _ other: Tensor) -> Tensor {
    let shape = Tensor.broadcastShape(Tensor.broadcastShape(shape, held.shape), other.shape)
    // In two steps, each of which takes two operands and lets no NaN through that is not chosen.
    var result = other.broadcast(to: shape).home()
    let (mask, held) = (broadcast(to: shape), held.broadcast(to: shape))
    mask.withUnsafeElements { mask in
      held.withUnsafeElements { held in
        result.withUnsafeMutableElements { for i in $0.indices where mask[i] != 0 { $0[i] = held[i] } }
      }
    }
    return result
  }

  /// Of a mask: a tensor's numbers where the mask holds, and one number elsewhere.
  public func `where`(_ held: Tensor, _ other: Float) -> Tensor { self.where(held, Tensor([other], shape: [])) }
  /// Of a mask: one number where the mask holds, and a tensor's numbers elsewhere.
  public func `where`(_ held: Float, _ other: Tensor) -> Tensor { self.where(Tensor([held], shape: []), other) }
  /// Of a mask: one number where the mask holds, another one elsewhere.
  public func `where`(_ held: Float, _ other: Float) -> Tensor { each { $0 != 0 ? held : other } }

  /// The numbers, and another one where a mask holds; the mask broadcasts.
  public func filled(where mask: Tensor, with value: Float) -> Tensor { mask.where(value, self) }

  /// The indices of all numbers that are not 0, in row-major order, one list of as many indices as the tensor has axes for each.
  public func nonzero() -> [[Int]] {
    withUnsafeElements { numbers in
      numbers.indices.filter { numbers[$0] != 0 }.map { position in
        var (rest, index) = (position, [Int](repeating: 0, count: rank))
        for axis in shape.indices.reversed() { (rest, index[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis]) }
        return index
      }
    }
  }

  /// Whether two tensors have one shape, and differ nowhere by more than a tolerance, absolute or relative to the other's number. NaN is close to nothing.
  public func isClose(to other: Tensor, absolute: Float = 1e-6, relative: Float = 1e-4) -> Bool {
    guard shape == other.shape else { return false }
    return withUnsafeElements { left in
      other.withUnsafeElements { right in
        zip(left, right).allSatisfy { $0 == $1 || Swift.abs($0 - $1) <= absolute + relative * Swift.abs($1) }
      }
    }
  }
}
