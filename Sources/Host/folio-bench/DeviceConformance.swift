import BackendConformance
import Foundation
import Tensors

/// Holds a device to what a backend promises, and says how far its numbers are off.
enum DeviceConformance {
  /// - Returns: whether all promises are kept.
  static func run(_ backend: any Backend, _ size: ConformanceSize) -> Bool {
    var (errors, count, findings): ([ErrorBounds.Kind: Double], Int, [(String, ConformanceFinding)]) = ([:], 0, [])
    let time = seconds {
      for check in ConformanceCheck.all {
        let report = check(backend, size)
        errors.merge(report.errors) { max($0, $1) }
        count += report.comparisons
        for finding in report.findings.prefix(5) { DeviceTable.note("- **\(check.name)**: \(finding)") }
        if report.findings.count > 5 { DeviceTable.note("- and \(report.findings.count - 5) more of this") }
        findings += report.findings.map { (check.name, $0) }
      }
    }
    let broken = Set(findings.map(\.0)).count
    DeviceTable.note(
      "\nConformance, \(size) set: \(ConformanceCheck.all.count - broken) of \(ConformanceCheck.all.count) promises kept, "
        + "\(count) numbers compared in \(DeviceTable.Unit.seconds.text(time)).")
    let table = DeviceTable("largest error, \(size) set", "found", "bound", "processor's bound")
    for kind in ErrorBounds.Kind.allCases {
      let bounds = [backend.bounds[kind], CPUBackend.shared.bounds[kind]].map { String(format: "%.1e", $0) }
      table.row(kind.rawValue, String(format: "%.2e", errors[kind] ?? .nan), bounds[0], bounds[1])
    }
    return findings.isEmpty
  }
}
