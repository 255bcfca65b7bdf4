/// A number that a figure can draw: an integer, a `Float`, a `Double`.
public protocol Plottable {
  /// The number as it is drawn; not finite where it is missing.
  var plotted: Double { get }
}

extension Plottable where Self: BinaryInteger {
  /// The number itself.
  public var plotted: Double { Double(self) }
}

extension Plottable where Self: BinaryFloatingPoint {
  /// The number with the fewest digits that a `Float` was meant as.
  public var plotted: Double { decimal }
}

extension BinaryFloatingPoint {
  /// The number with the fewest digits that a `Float` was meant as: 0.1, not 0.10000000149. Infinities are missing, -0 is 0.
  var decimal: Double {
    guard isFinite else { return .nan }
    if self == 0 { return 0 }
    if let float = self as? Float { return Double(float.description) ?? Double(float) }
    return Double(self)
  }
}

extension Int: Plottable {}
extension Int32: Plottable {}
extension Int64: Plottable {}
extension UInt8: Plottable {}
extension Double: Plottable {}
extension Float: Plottable {}
