import Foundation
import Record

/// What the process around cells does for them.
///
/// `folio-worker` installs its services once, before its first cell. In other processes (a test, a script) outputs are printed, and nothing is
/// kept. A test puts others in their place for the duration of a task: `CellServices.$substitute.withValue(services) { … }`.
package struct CellServices: Sendable {
  /// Shows an output, after everything that was printed before.
  package var show: @Sendable (Output) -> Void = { print($0.content.plainText) }
  /// Shows how far a loop has come that still runs. Nothing of it is recorded.
  package var showLive: @Sendable (ProgressOutput) -> Void = { _ in }
  /// The values of the notebook's parameters: a JSON object.
  package var parameters: @Sendable () -> Data = { Data("{}".utf8) }
  /// The folders of sites in which the records of other runs lie, by absolute paths.
  package var sites: @Sendable () -> [String] = { [] }
  /// Makes a digest of all bytes that `feed` hands to its argument. Returns nil if `feed` returns false, which says that there is none.
  package var digest: @Sendable (_ feed: (@escaping (UnsafeRawBufferPointer) -> Void) -> Bool) -> String? = { _ in nil }
  /// Finds a value on disk that was kept under these parts of a key.
  package var findKept: @Sendable ([KeyPart]) -> Data? = { _ in nil }
  /// Keeps a value on disk; where that is impossible, it does nothing.
  package var keep: @Sendable (Data, [KeyPart]) -> Void = { _, _ in }

  /// A part of the key under which a value is kept.
  package typealias KeyPart = (label: String, value: Data)

  package init() {}

  /// Those of this process. They are written before the first cell, and only read afterwards.
  nonisolated(unsafe) private static var installed = CellServices()

  /// What stands in their place during a task.
  @TaskLocal package static var substitute: CellServices?

  /// Those that are in force.
  package static var current: CellServices { substitute ?? installed }

  /// Installs the services of this process.
  package static func install(_ services: CellServices) { installed = services }
}
