import Text

/// A measured number beside the same number of controls: of components drawn at random, of shuffled labels, of random rotations.
///
/// A number is no finding by its size alone: what any component, or any rotation, would give is subtracted by looking at them. With
/// `n` controls the smallest p is 1 / (n + 1), which is 0.048 for the usual 20.
public struct Comparison: Sendable, Hashable, Codable {
  /// On which side of the controls a finding lies.
  public enum Side: String, Sendable, Hashable, Codable {
    /// A finding is larger than its controls.
    case larger
    /// A finding is smaller than its controls.
    case smaller
    /// A finding is farther from 0 than its controls.
    case fartherFromZero
  }

  /// What is measured.
  public let title: String
  /// The number.
  public let value: Double
  /// What the controls are, in the plural: `random heads of the same layer`.
  public let controlName: String
  /// The controls' numbers, in the order of their draws.
  public let controls: [Double]
  /// On which side of the controls a finding lies.
  public let side: Side

  /// A number beside its controls.
  /// - Throws: `StatisticsError` for no controls, and for numbers that are not finite.
  public init(
    _ title: String, value: Double, controls: [Double], of controlName: String, side: Side = .larger
  ) throws {
    try requireFinite([value], title)
    try requireFinite(controls, controlName)
    (self.title, self.value, self.controls, self.controlName, self.side) = (title, value, controls, controlName, side)
  }

  /// One component beside others that are its controls, each measured in the same way.
  ///
  /// ```swift
  /// try Comparison("Loss of the answer", of: heads, beside: model.randomHeads(matching: heads), named: "random sets of heads") { heads in … }
  /// ```
  /// - Throws: `StatisticsError` for no controls, and for numbers that are not finite; what `measure` throws.
  public init<Component>(
    _ title: String, of component: Component, beside controls: [Component], named controlName: String, side: Side = .larger,
    measure: (Component) throws -> Double
  ) throws {
    try self.init(title, value: measure(component), controls: controls.map(measure), of: controlName, side: side)
  }

  /// How many controls are at least as extreme as the number.
  private var reaching: Int {
    controls.count { control in
      switch side {
      case .larger: control >= value
      case .smaller: control <= value
      case .fartherFromZero: abs(control) >= abs(value)
      }
    }
  }

  /// Its place among itself and the controls, 1 for the most extreme; equal controls come before it.
  public var rank: Int { reaching + 1 }

  /// How often a control would do as much: (reaching + 1) / (controls + 1), which is never 0 (Phipson and Smyth 2010,
  /// arXiv:1603.05766).
  public var p: Double { Double(reaching + 1) / Double(controls.count + 1) }

  /// The middle control.
  public var median: Double {
    let sorted = controls.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// From the smallest to the largest control.
  public var range: ClosedRange<Double> { (controls.min() ?? value)...(controls.max() ?? value) }
}

extension Comparison: CustomStringConvertible {
  /// The number and its controls, as a note: `Rotation: 0.93; 20 random rotations: 0.21 (0.12 to 0.31), rank 1 of 21, p = 0.048`
  public var description: String {
    """
    \(title): \(Estimate.text(value)); \(controls.count) \(controlName): \(Estimate.text(median)) \
    (\(Estimate.text(range.lowerBound)) to \(Estimate.text(range.upperBound))), rank \(rank) of \(controls.count + 1), \
    p = \(NumberFormat(".2~g")(p))
    """
  }
}
