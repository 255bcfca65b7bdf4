import CellRuntime
import Foundation
import Record

/// What other runs of a notebook have put out, as their records in the site hold it.
///
/// ```swift
/// let runs = try Runs("prontoqa")                  // all runs of Notebooks/prontoqa.md
/// runs.table(of: "s1-sum")                         // a row for each run: its parameters, and what the cell put out
/// try runs.numbers("accuracy")                     // one for each run
/// try runs.where("shots", is: 7).figures("s1-dla") // the figures of some runs
/// ```
/// The records are inputs like files: if one of them changes, the cell runs again. Numbers have the precision that records keep: five digits in figures, and
/// in tables and values what the cell put out. A run that the site should have and has not, or whose cells failed, is an error that names it, unless
/// `allowingMissing` is true; then `missing` and `failed` name them.
public struct Runs {
  /// The notebook's name.
  public let notebook: String
  /// Those whose cells all succeeded, in the order of the site.
  public let all: [Run]
  /// The names of runs that the site should have, and has not.
  public let missing: [String]
  /// The names of runs of which a cell failed or did not run.
  public let failed: [String]

  /// A run of a notebook.
  public struct Run {
    /// Its name: `idx=2,shots=7`, or that of the front matter.
    public let name: String
    /// The values of all parameters of the notebook, as text, by name.
    public let parameters: [String: String]
    /// The names of those that were given values.
    public let assigned: [String]
    let index: RecordIndex
    /// The folder of the site in which its record lies.
    let site: String

    /// The value of a parameter as a type of your choice: `run.value("idx", as: Int.self)`; nil if there is no such parameter, or if it is not of the type.
    public func value<Value: LosslessStringConvertible>(_ parameter: String, as type: Value.Type = Value.self) -> Value? {
      parameters[parameter].flatMap { Value($0) }
    }
  }

  /// Reads the runs of a notebook from the site that is built.
  /// - Parameters:
  ///   - notebook: its name: `prontoqa`, `part/a`.
  ///   - allowingMissing: whether runs may be missing or have failed.
  /// - Throws: `RunsError` if there are none, if a record cannot be read, and if some are missing or failed.
  public init(_ notebook: String, allowingMissing: Bool = false) throws {
    let sites = CellServices.current.sites()
    guard !sites.isEmpty else {
      throw RunsError(
        "there is no site here in which the runs of '\(notebook)' could be", advice: "Run the notebook by 'folio build'.")
    }
    guard FolderPath.isBelow(notebook) else {
      throw RunsError("'\(notebook)' is no name of a notebook", advice: "It is its path below 'Notebooks', without '.md'.")
    }
    var found: RunsFile?
    // The first site that has any: all looks are noted, so that a site that comes to have some is seen.
    for site in sites where found == nil { found = try Self.file(of: notebook, in: site) }
    guard let file = found else {
      throw RunsError(
        "the site has no runs of '\(notebook)'",
        advice:
          "Name runs in its front matter (variants: {idx: 0..25}) and build it, or make some: folio sweep \(notebook) -P name=0..25."
      )
    }
    var (all, missing, failed) = ([Run](), [String](), [String]())
    for entry in file.runs {
      var record: (site: String, index: RecordIndex)?
      for site in sites where record == nil {
        record = try Self.index(of: "\(notebook)/\(entry.name)", in: site).map { (site, $0) }
      }
      guard let (site, index) = record else {
        missing.append(entry.name)
        continue
      }
      guard index.cells.allSatisfy({ $0.outcome == .succeeded || $0.outcome == .failedAsExpected }) else {
        failed.append(entry.name)
        continue
      }
      let assigned = index.run?.assigned ?? []
      all.append(Run(name: entry.name, parameters: index.parameters, assigned: assigned, index: index, site: site))
    }
    guard allowingMissing || missing.isEmpty && failed.isEmpty else {
      throw RunsError(Self.note(all.count, of: file.runs.count, missing: missing, failed: failed), notebook: notebook)
    }
    self.init(notebook: notebook, all: all, missing: missing, failed: failed)
  }

  private init(notebook: String, all: [Run], missing: [String], failed: [String]) {
    (self.notebook, self.all, self.missing, self.failed) = (notebook, all, missing, failed)
  }

  /// How many there are: `24 of 26 runs; missing: idx=3, idx=7`
  public var note: String {
    Self.note(all.count, of: all.count + missing.count + failed.count, missing: missing, failed: failed)
  }

  private static func note(_ count: Int, of total: Int, missing: [String], failed: [String]) -> String {
    func list(_ names: [String]) -> String { names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "") }
    return ["\(count) of \(total) runs"].appending(missing.isEmpty ? nil : "missing: \(list(missing))")
      .appending(failed.isEmpty ? nil : "failed: \(list(failed))").joined(separator: "; ")
  }

  // MARK: - Some of them

  /// Those that are wanted.
  public func `where`(_ isWanted: (Run) throws -> Bool) rethrows -> Runs {
    Runs(notebook: notebook, all: try all.filter(isWanted), missing: missing, failed: failed)
  }

  /// Those in which a parameter has a value, as it is written in the front matter.
  /// - Throws: `RunsError` if they have no such parameter.
  public func `where`(_ parameter: String, is value: some CustomStringConvertible) throws -> Runs {
    if let run = all.first, run.parameters[parameter] == nil {
      throw RunsError(
        "'\(notebook)' has no parameter '\(parameter)'",
        advice: "It has: \(run.parameters.keys.sorted().joined(separator: ", ")).")
    }
    return self.where { $0.parameters[parameter] == value.description }
  }

  // MARK: - Files

  private static func file(of notebook: String, in site: String) throws -> RunsFile? {
    let path = "\(site)/\(notebook)/\(RunsFile.fileName)"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do { return try RunsFile(json: data) } catch {
      throw RunsError("'\(path)' cannot be read: \(error.reason)", advice: "Build '\(notebook)' again.")
    }
  }

  private static func index(of name: String, in site: String) throws -> RecordIndex? {
    let path = "\(site)/\(name)/record/\(RecordFiles.indexName)"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do {
      let index = try RecordIndex(json: data)
      guard index.notebook == name else { throw RecordIndex.Unreadable(reason: "it is of '\(index.notebook)'") }
      return index
    } catch let error as RecordIndex.Unreadable {
      throw RunsError("'\(path)' cannot be read: \(error.reason)", advice: "Build '\(name)' again.")
    }
  }

  /// The content of a file of a run's record.
  func text(_ file: String, of run: Run) throws -> String {
    let path = "\(run.site)/\(notebook)/\(run.name)/record/\(file)"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RunsError("'\(path)' is not there, and the record names it", advice: "Build '\(notebook)@\(run.name)' again.")
    }
    return String(decoding: data, as: UTF8.self)
  }
}

/// Why runs cannot be collected.
public struct RunsError: Error, CustomStringConvertible {
  /// What is wrong, and what to do about it.
  public let description: String

  init(_ message: String, advice: String) { description = "\(message). \(advice)" }

  init(_ note: String, notebook: String) {
    self.init(
      "not all runs of '\(notebook)' are there: \(note)",
      advice:
        "Make them (folio build \(notebook), folio sweep \(notebook) --resume), or say Runs(\"\(notebook)\", allowingMissing: true)."
    )
  }
}

/// Names of notebooks.
private enum FolderPath {
  static func isBelow(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return !text.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }
  }
}

extension [String] {
  fileprivate func appending(_ text: String?) -> [String] { text.map { self + [$0] } ?? self }
}
