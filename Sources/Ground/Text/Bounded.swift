extension Int {
  /// The whole part of a number that may be anything: the nearest number of the range; of NaN its lower bound.
  package init(bounded value: Double, to range: ClosedRange<Int>) {
    // The comparisons are of doubles: what is beyond the range never becomes an `Int`.
    if value >= Double(range.upperBound) {
      self = range.upperBound
    } else if value > Double(range.lowerBound) {
      self = Int(value)
    } else {
      self = range.lowerBound
    }
  }
}
