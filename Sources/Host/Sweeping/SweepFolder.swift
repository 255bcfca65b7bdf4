import Document
import Files
import Foundation
import Record

/// The folder of a sweep: all that is known of it. Whoever knows the folder can go on with the sweep, from any machine that sees it.
///
/// ```
/// .folio/sweeps/prontoqa-3f2a9c1d/
///   receipt.json         what the sweep is, written before anything runs
///   points.jsonl         its points, one a line, and their digests
///   notebook.md          the notebook's text as it was then: that is what runs
///   processes/           a file for each process that works on it now
///   submissions/1.json   what was handed to whom: which points each task has; 1.job: the number that a cluster gave it
///   attempts/1-7.json    what task 7 of submission 1 is about to do, or was about to do when it died
///   results/0/17.json    what the run of point 17 gave
///   logs/
/// ```
/// Promises, on a local disk and on a network file system: each file is written under another name, brought to the disk, and renamed, so it is whole or not
/// there; no file but an attempt is ever written a second time with another meaning; nothing depends on locks. Two tasks that make the same point
/// write the same result.
package struct SweepFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// Where the sweeps of a project lie.
  package static func all(inProject project: String) -> String { (project.isEmpty ? "" : project) + ".folio/sweeps" }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  package var name: String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }

  var absolutePath: String { URL(fileURLWithPath: path).standardizedFileURL.path }

  /// The project's folder, as paths begin: empty, `../` or `/home/me/project/`.
  package var project: String {
    let end = Self.all(inProject: "") + "/" + name
    if path == end { return "" }
    if path.hasSuffix("/" + end) { return String(path.dropLast(end.count)) }
    // A sweep that lies elsewhere is about files as they are named from here.
    return absolutePath.hasSuffix("/" + end) ? String(absolutePath.dropLast(end.count)) : ""
  }

  /// A path as the receipt says it: from the project's folder, where it lies in that.
  static func path(_ path: String, fromProject project: String) -> String {
    func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    let (root, whole) = (absolute(project.isEmpty ? "." : project), absolute(path))
    return whole.hasPrefix(root + "/") ? String(whole.dropFirst(root.count + 1)) : whole
  }

  /// The same path from the working directory.
  func path(fromReceipt path: String) -> String { path.hasPrefix("/") ? path : project + path }

  /// Whether a sweep is here.
  package var isThere: Bool { FileManager.default.fileExists(atPath: file(SweepReceipt.fileName)) }

  // MARK: - Files

  func write(_ data: Data, to name: String) throws {
    do {
      try WholeFile.write([UInt8](data), to: file(name))
    } catch {
      throw Diagnostic(
        "\(error)",
        advice: "What was done before is kept. See that the disk is not full and the folder yours to write, and resume the sweep."
      )
    }
  }

  func write(_ value: some Encodable, to name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try write(try encoder.encode(value), to: name)
  }

  /// Writes a file that nobody has written yet.
  /// - Returns: false if it is there already: of several that write it at once, one succeeds, also on network file systems.
  func writeFirst(_ value: some Encodable, to name: String) throws -> Bool {
    let other = "\(name).\(UUID().uuidString)"
    try write(value, to: other)
    defer { unlink(file(other)) }
    if link(file(other), file(name)) == 0 { return true }
    if errno == EEXIST { return false }
    // A file system without hard links has folders all the same: to make one is a single step everywhere.
    if mkdir(file(name + ".claim"), 0o755) == 0, rename(file(other), file(name)) == 0 { return true }
    guard errno == EEXIST else { throw Diagnostic.system("'\(file(name))' cannot be written") }
    return false
  }

  /// What a file says; nil if it is not there, or not of this form.
  func read<Value: Decodable>(_ type: Value.Type, _ name: String) -> Value? {
    FileManager.default.contents(atPath: file(name)).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  /// The names in a folder of it; what is still being written is none.
  func names(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: file(name))) ?? []).filter { !$0.hasPrefix(".") }
  }
}

/// What a sweep is: written before anything runs, and never changed.
package struct SweepReceipt: Codable, Sendable, Equatable {
  static let fileName = "receipt.json"

  var format = 1
  /// The version of Folio that planned it.
  package var folio: String
  /// The notebook's file from the project's folder, and its name.
  package var file: String
  package var notebook: String
  /// Of the notebook's text and the code that it shares.
  package var source: String
  package var count: Int
  /// What one run takes, as the notebook and the command said.
  package var resources: Resources
  /// How cells are run.
  package var options: Options
  /// The site that its pages are for.
  package var site: String

  /// What a command says of how cells are run.
  package struct Options: Codable, Sendable, Equatable {
    /// Whether a run goes on after a cell that failed; nil if nothing was said.
    package var keepsGoing: Bool?
    package var timeout: Double?
    package var memory: Int?
    /// Its results depend on it, so it is the same for all of a sweep.
    package var device: String?

    package init() {}

    /// With what another one says in place of what this one says.
    package func overridden(by other: Options) -> Options {
      var options = self
      options.keepsGoing = other.keepsGoing ?? keepsGoing
      options.timeout = other.timeout ?? timeout
      options.memory = other.memory ?? memory
      options.device = other.device ?? device
      return options
    }
  }
}

/// What was handed to an executor at once.
package struct SweepSubmission: Codable, Sendable, Equatable {
  package enum Executor: String, Codable, Sendable { case local, slurm, print }

  var format = 1
  package var number: Int
  package var executor: Executor
  /// By task, the numbers of its points.
  package var tasks: [[Int]]
  /// Whether results of points that failed before it count for nothing.
  package var retriesFailed: Bool
  /// The name of its job, by which it is found where the number that the cluster gave it is not known.
  package var name: String
  /// What one run takes, and how cells are run: as the sweep was planned, or as the command said that made this submission.
  package var resources: Resources
  package var options: SweepReceipt.Options
  /// The process that makes it, or hands it to a cluster.
  package var process: String
}
