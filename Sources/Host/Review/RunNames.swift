import Document
import Foundation
import Record

/// What names of a command mean among the runs that have records: `prontoqa`, `prontoqa@idx=2`, `prontoqa@small`, `prontoqa@*`.
struct RunNames {
  private let sources: [any RecordSource]
  /// The folders of all records: `prontoqa/idx=2`.
  private let records: Set<String>

  init(in sources: [any RecordSource]) throws {
    self.sources = sources
    records = try sources.reduce(into: []) { $0.formUnion(try $1.notebooks()) }
  }

  /// The records that names of notebooks and runs mean for a review: a notebook with all of its runs, a run alone.
  func notebooks(_ names: [String]) throws -> [String] {
    try names.flatMap { name in
      if name.contains("@") { return try runs(name) }
      return [name] + runs(of: name).filter { $0 != name }
    }
  }

  /// The records that a name means, in the order of their values; that of a notebook's name alone is its own run.
  /// - Throws: `Diagnostic` for a name of none, with those that there are.
  func runs(_ name: String) throws -> [String] {
    guard let at = name.firstIndex(of: "@") else {
      guard records.contains(name) else { throw unknown(name, of: name) }
      return [name]
    }
    let (notebook, wanted) = (String(name[..<at]), String(name[name.index(after: at)...]))
    let all = runs(of: notebook)
    if all.contains("\(notebook)/\(wanted)") { return ["\(notebook)/\(wanted)"] }
    if wanted.contains("*") {
      let found = all.filter { fnmatch(wanted, String($0.dropFirst(notebook.count + 1)), 0) == 0 }
      guard !found.isEmpty else { throw unknown(name, of: notebook) }
      return found
    }
    // Values may be written as they are, and in another order.
    guard let spelled = self.spelled(wanted, of: notebook) else { throw unknown(name, of: notebook) }
    guard records.contains("\(notebook)/\(spelled)") else { throw unbuilt(name, "\(notebook)@\(spelled)") }
    return ["\(notebook)/\(spelled)"]
  }

  /// The runs of a notebook that have values of their own, in the order of these.
  private func runs(of notebook: String) -> [String] {
    let found = records.filter { $0.hasPrefix(notebook + "/") }.sorted()
    let entries = found.compactMap { name -> (run: RecordIndex.Run, entry: RunsFile.Entry)? in
      guard let index = sources.lazy.compactMap({ try? $0.index(of: name) }).first, let run = index.run, run.notebook == notebook
      else { return nil }
      let values = index.parameters.filter { run.assigned.contains($0.key) }
      return (run, RunsFile.Entry(name: run.name, values: values, isDeclared: false))
    }
    var parameters: [String] = []
    for entry in entries { parameters += entry.run.assigned.filter { !parameters.contains($0) } }
    let sorted = RunsFile(notebook: notebook, parameters: parameters, runs: entries.map(\.entry))
    return sorted.runs.map { "\(notebook)/\($0.name)" }
  }

  private func spelled(_ run: String, of notebook: String) -> String? {
    sources.lazy.compactMap { source -> String? in
      guard let markdown = try? source.markdown(of: notebook),
        let parsed = try? Notebook(markdown: markdown, file: notebook + ".md")
      else { return nil }
      return try? parsed.run(named: run).variant?.name
    }.first
  }

  // MARK: - What is not there

  private var places: String { Set(sources.map(\.name)).sorted().joined(separator: " and ") }

  private func unbuilt(_ name: String, _ run: String) -> Diagnostic {
    Diagnostic("There is no record of '\(name)' in \(places)", advice: "Build it: folio build '\(run)'.")
  }

  private func unknown(_ name: String, of notebook: String) -> Diagnostic {
    let names = runs(of: notebook).map(RunNames.shown)
    let known = records.contains(notebook) ? [notebook] + names : names
    guard !known.isEmpty else {
      let all = Set(records.map { $0.split(separator: "/").first.map(String.init) ?? $0 }).sorted()
      return Diagnostic(
        "There is no record of '\(notebook)' in \(places)",
        advice: all.isEmpty ? "Build it: folio build." : Suggestion.advice(for: notebook, among: all))
    }
    let near = Suggestion.nearest(to: name, among: names).map { "Did you mean '\($0)'?" }
    return Diagnostic(
      "There is no record of a run '\(name)' in \(places)",
      advice: near ?? "There are: \(Words.list(known, first: 12)). Another one is made by 'folio build'.")
  }

  /// How one names a record's run, from its folder and what its index says.
  private static func shown(_ record: String) -> String {
    guard let slash = record.lastIndex(of: "/") else { return record }
    return record[..<slash] + "@" + record[record.index(after: slash)...]
  }
}

/// The record of one run, under a name that it shares with the one that it is compared with.
package struct RunRecord: RecordSource {
  /// How one names the run: `prontoqa@idx=2`, with its site or revision where that is not the command's own.
  package let name: String
  private let record: String
  private let source: any RecordSource

  /// - Parameter record: its folder in the source: `prontoqa/idx=2`.
  package init(_ record: String, in source: any RecordSource, prefix: String = "") throws {
    (self.record, self.source) = (record, source)
    let run = try? source.index(of: record).run
    name = prefix + (run.map { "\($0.notebook)@\($0.name)" } ?? record)
  }

  /// The name of all records of runs that are compared.
  package static let notebook = "run"

  package func notebooks() -> [String] { [Self.notebook] }
  package func files(of notebook: String) throws -> [String: String?] { try source.files(of: record) }
  package func read(_ file: String, of notebook: String) throws -> Data? { try source.read(file, of: record) }
  package func markdown(of notebook: String) throws -> String? { try source.markdown(of: notebook) }
}

extension RunRecord {
  /// The runs that the names of a command mean where they are to be compared with each other; nil where they ask for a review of what changed.
  /// - Throws: `Diagnostic` for a name of none, and for one run alone.
  package static func named(_ names: [String], site: String) throws -> [RunRecord]? {
    let reader = SideReader(site: site)
    func isSide(_ name: String) -> Bool {
      reader.isFolder(name) || (try? reader.range(name)) != nil || reader.isRevision(name)
    }
    guard names.contains(where: { $0.contains("@") && !isSide($0) }) else { return nil }
    // With a side it is a review, and one run of HEAD beside the working tree is one too.
    guard !names.contains(where: { isSide($0) && !reader.isNotebook($0) }), names.count > 1 || names[0].contains("*") else {
      return nil
    }
    let tree = try FolderRecords(folder: site, notebookFolder: SideReader.notebookFolder(beside: site))
    let own = try RunNames(in: [tree])
    var runs: [RunRecord] = []
    for name in names {
      guard let (prefix, rest) = reader.place(name) else {
        runs += try own.runs(reader.notebook(name)).map { try RunRecord($0, in: tree) }
        continue
      }
      let source: any RecordSource =
        reader.isFolder(prefix)
        ? try FolderRecords(folder: prefix, notebookFolder: SideReader.notebookFolder(beside: prefix))
        : try reader.revision(prefix)
      runs += try RunNames(in: [source]).runs(rest).map { try RunRecord($0, in: source, prefix: prefix + ":") }
    }
    var known: Set<String> = []
    runs = runs.filter { known.insert($0.name).inserted }
    guard runs.count > 1 else {
      throw Diagnostic(
        "'\(names.joined(separator: " "))' is one run, and a comparison needs two",
        advice: "Name another one, as 'folio diff prontoqa@idx=2 prontoqa@idx=3'.")
    }
    return runs
  }
}

extension SideReader {
  /// `main:prontoqa@idx=2` and `old/Site:prontoqa@idx=2`: a revision or a site, and the run in it.
  fileprivate func place(_ name: String) -> (side: String, run: String)? {
    for colon in name.indices where name[colon] == ":" {
      let side = String(name[..<colon])
      if isFolder(side) || isRevision(side) { return (side, String(name[name.index(after: colon)...])) }
    }
    return nil
  }
}
