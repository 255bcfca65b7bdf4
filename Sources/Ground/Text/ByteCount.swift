import Foundation

/// Numbers of bytes for people.
package enum ByteCount {
  /// `512 bytes`, `3.4 GB`.
  package static func text(_ bytes: Int) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")]
    guard let (unit, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
    return String(format: "%.1f ", Double(bytes) / Double(unit)) + name
  }
}
