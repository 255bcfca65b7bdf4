import Foundation
import Text

/// Which of an axis's labels are shown, so that no two touch.
package struct AxisTicks {
  /// Sizes in pixels.
  package static let fontSize = 11.0
  package static let lineHeight = 14.0
  /// A label is shown up to this many characters.
  package static let longestLabel = 18
  package static let slant = 45.0

  /// One for each cell, shortened to be shown; `nil` where cells are only numbered.
  package var labels: [String]?
  /// How many cells the axis has.
  package var count: Int

  package init(labels: [String]?, count: Int) {
    self.labels = labels.map { $0.map(Self.shortened) }
    self.count = count
  }

  /// A long label without its middle: `antidisest… (312)` still says which token it is.
  private static func shortened(_ label: String) -> String {
    let label = Markup.label(label)
    guard label.count > longestLabel else { return label }
    return label.prefix(longestLabel - 7) + "…" + label.suffix(6)
  }

  package func text(_ index: Int) -> String {
    guard let labels, labels.indices.contains(index) else { return String(index) }
    return labels[index]
  }

  /// The width of the widest label in pixels.
  package var widest: Double {
    guard let labels else { return TextMetrics.width(String(max(0, count - 1)), size: Self.fontSize) }
    return labels.map { TextMetrics.width($0, size: Self.fontSize) }.max() ?? 0
  }

  /// Whether labels under an axis of this length must be slanted: tokens that stand side by side must, numbers never.
  package func isSlanted(length: Double) -> Bool {
    labels != nil && widest + 8 > length / Double(max(1, count))
  }

  /// Each how manyeth cell bears a label, where a label needs `room` pixels.
  package func stride(length: Double, room: Double) -> Int {
    let needed = room / max(0.01, length / Double(max(1, count)))
    let nice = [1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 500, 1000]
    let round = labels == nil ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] : nice
    return round.first { Double($0) >= needed } ?? Int(bounded: needed.rounded(.up), to: 1...max(1, count))
  }

  /// The room that a label takes along a horizontal axis.
  package func roomAcross(slanted: Bool) -> Double { slanted ? Self.lineHeight * 1.25 : widest + 10 }
}
