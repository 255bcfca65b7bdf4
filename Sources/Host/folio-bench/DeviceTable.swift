import Foundation

/// The report of a device as a Markdown table, whose rows are printed as they become known: a time limit may end the run.
struct DeviceTable {
  /// A figure that is a time, or a rate: the one shall be below its limit, the other above.
  enum Unit {
    case seconds
    case rate(String, digits: Int)

    func text(_ value: Double) -> String {
      switch self {
      case .seconds: value < 0.1 ? String(format: "%.2f ms", value * 1000) : String(format: "%.3f s", value)
      case .rate(let unit, let digits): String(format: "%.\(digits)f %@", value, unit)
      }
    }
  }

  init(_ columns: String...) {
    print("\n| " + columns.joined(separator: " | ") + " |")
    print("|" + columns.map { $0 == columns.first ? "---|" : "---:|" }.joined())
    fflush(nil)
  }

  static var measurements: DeviceTable { DeviceTable("measured", "median", "spread", "to reach", "of it") }

  func row(_ cells: String...) {
    print("| " + cells.joined(separator: " | ") + " |")
    fflush(nil)
  }

  /// The median of some figures beside what is to be reached.
  func row(_ what: String, _ figures: [Double], _ unit: Unit, limit: Double? = nil) {
    let (median, least, most) = (figures.median, figures.min() ?? .nan, figures.max() ?? .nan)
    let spread = median == 0 ? 0 : (most - least) / median * 100
    row(
      what, unit.text(median), String(format: "%.0f %%", spread), limit.map(unit.text) ?? "",
      limit.map { String(format: "%.2f", median / $0) } ?? "")
  }

  static func note(_ text: String) {
    print(text)
    fflush(nil)
  }
}
