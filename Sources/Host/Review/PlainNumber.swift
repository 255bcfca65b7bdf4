import Foundation

/// Numbers in reports.
enum PlainNumber {
  /// Few digits, without zeros at the end: `0.81`, `-3.2e-06`; a whole number with all of its own.
  static func text(_ value: Double, digits: Int) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return String(format: "%.0f", value + 0) }
    let text = String(format: "%.\(digits)g", value)
    return text == "-0" ? "0" : text
  }

  /// `1.3 %`, `12 %`, `3.5 times`.
  static func percent(_ share: Double) -> String {
    if !share.isFinite || share > 1e6 { return "from nothing" }
    return share < 9.995
      ? String(format: share < 0.0995 ? "%.2g %%" : "%.0f %%", share * 100) : String(format: "%.3g times", share)
  }
}
