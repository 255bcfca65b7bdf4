import Foundation
import Processes

/// Chromium, which draws what pages show: cards, and pages on paper.
struct Browser: Sendable {
  let program: String

  /// The programs by which it goes: whichever is there first.
  private static let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

  /// Nil if there is none in the folders of programs.
  init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let found = Self.names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    guard let found else { return nil }
    program = found
  }

  /// Lets it work without a window.
  /// - Parameters:
  ///   - profile: a folder for what it keeps meanwhile.
  ///   - limit: how long it may take, in seconds: then it is ended.
  func run(_ arguments: [String], profile: String, limit: Double) throws -> ChildProcess.Finished {
    // Chromium refuses to isolate what root shows; what is shown here was made by Folio.
    let isolation = geteuid() == 0 ? ["--no-sandbox"] : []
    var call = ChildProcess.Call(
      program, isolation + ["--headless", "--disable-gpu", "--user-data-dir=\(profile)"] + arguments)
    call.joinsStreams = true
    let latest = Date(timeIntervalSinceNow: limit)
    call.isCancelled = { latest.timeIntervalSinceNow < 0 }
    return try ChildProcess.finish(call)
  }
}
