import Document

/// A point of a sweep: one run of its notebook.
package struct SweepPoint: Sendable, Codable, Equatable {
  /// From 0, in the order of the sweep.
  package var number: Int
  package var variant: Variant

  package init(number: Int, variant: Variant) { (self.number, self.variant) = (number, variant) }
}
