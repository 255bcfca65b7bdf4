import Document
import Foundation
import Planning
import Record
import Store

/// What is known of a notebook's cells: their keys, and the records that were made under them.
///
/// A cell's key is known before it runs but for one thing: which files it will read. So the store holds, under what is known, the paths
/// that the cell read last time; with their content of today they make the whole key, under which the record is. A record is
/// taken only if the files that its cell wrote are as it left them.
struct RecordBook {
  /// What one run of a cell gave, as it is kept.
  struct Entry: Codable {
    var record: CellRecord
    /// The variables that hold plain values.
    var values: [String]
    /// The files that it wrote, with the digests of what it left.
    var written: [String: String]
  }

  /// What is known of all cells before a run.
  struct Survey {
    /// By number, without an entry where a cell must run before its key is known.
    var keys: [Int: Key] = [:]
    var parts: [Int: CellKey] = [:]
    var entries: [Int: Entry] = [:]
    var values: [Int: Set<String>] = [:]
    var touches: [[NotebookGraph.Variable: References.Access]] = []
    /// Reasons to run that are no part of a key.
    var notes: [Int: String] = [:]
    /// Cells that failed in this run.
    var failed: Set<Int> = []

    /// What the cells read and write, as far as it is known.
    var files: Session.Files {
      var files = Session.Files()
      for part in parts.values.flatMap(\.parts) where part.kind == .file { files.read.insert(part.name) }
      files.written = written
      return files
    }

    /// What cells have written, as kept.
    var written: Set<String> = []

    func holdsValue(_ variable: NotebookGraph.Variable) -> Bool {
      variable.cell == 0 || values[variable.cell]?.contains(variable.name) == true
    }
  }

  let store: Store?
  let digests: FileDigests
  /// The parts that all keys share.
  let environment: [CellKey.Part]
  /// The notebook's folder: paths in it are kept relative to it, so that they mean the same in another checkout.
  let directory: String
  /// What this session has run, also if the store cannot be written.
  private var entries: [Key: Entry] = [:]
  private var traces: [Key: [String]] = [:]

  init(store: Store?, environment: [CellKey.Part], directory: String) {
    self.store = store
    digests = FileDigests(store: store)
    self.environment = environment
    self.directory = URL(fileURLWithPath: directory).standardizedFileURL.path
  }

  // MARK: - Looking up

  /// Looks up all cells that the survey does not hold yet, in order.
  /// - Parameters:
  ///   - ran: the cells that have run just now; they are what they are.
  ///   - isForced: whether all cells must run.
  ///   - failed: the cells that have failed just now.
  func survey(_ graph: NotebookGraph, file: String, ran: [Int: Ran], failed: Set<Int>, isForced: Bool) -> Survey {
    var survey = Survey(failed: failed)
    for number in graph.nodes.indices {
      survey.touches.append(graph.touches(number, holdsValue: survey.holdsValue))
      if number == 0 {
        survey.keys[0] = parametersKey(graph)
      } else if let ran = ran[number] {
        survey.keys[number] = ran.key
        survey.parts[number] = ran.parts
        survey.values[number] = Set(ran.entry.values)
        survey.written.formUnion(ran.entry.written.keys)
      } else if !failed.contains(number) {
        lookUp(number, graph, file: file, isForced: isForced, &survey)
      }
    }
    return survey
  }

  /// A cell that has run.
  struct Ran {
    var key: Key
    var parts: CellKey
    var entry: Entry
  }

  /// The parameters are a cell of their own, whose values are its key; what reads them has those that it reads in its own.
  private func parametersKey(_ graph: NotebookGraph) -> Key {
    var builder = KeyBuilder("parameters")
    builder.add("source", graph.nodes[0].cell.source)
    builder.add("values", ParametersSource.values(graph.parameters))
    return builder.key
  }

  private func lookUp(_ number: Int, _ graph: NotebookGraph, file: String, isForced: Bool, _ survey: inout Survey) {
    let (base, isWhole) = parts(number, graph, file: file, survey)
    survey.parts[number] = base
    if !graph.nodes[number].cell.options.cache {
      survey.notes[number] = "cache: false"
    } else if isForced {
      survey.notes[number] = "--force"
    }
    guard isWhole else { return }
    let paths = traces[base.key] ?? store?.value([String].self, .traces, base.key)
    guard let paths else { return }
    let parts = adding(paths, to: base)
    survey.parts[number] = parts
    guard survey.notes[number] == nil else { return }
    if let entry = entries[parts.key] ?? store?.value(Entry.self, .records, parts.key) {
      if let changed = entry.written.keys.sorted().first(where: { digest($0) != entry.written[$0] }) {
        survey.notes[number] = "\(changed), which it writes, changed"
      } else {
        survey.keys[number] = parts.key
        survey.entries[number] = entry
        survey.values[number] = Set(entry.values)
        survey.written.formUnion(entry.written.keys)
      }
    }
  }

  /// A cell's parts without the files it reads, and whether all the keys in them are known.
  private func parts(
    _ number: Int, _ graph: NotebookGraph, file: String, _ survey: Survey
  ) -> (CellKey, isWhole: Bool) {
    let mutators = survey.touches[number].keys.flatMap { variable in
      (variable.cell + 1..<max(number, variable.cell + 1)).filter {
        !survey.failed.contains($0) && survey.touches[$0][variable] == .mayChange
      }
    }
    let dependencies = graph.nodes[number].needs.union(mutators)
    let key = CellKey(number, in: graph, file: file, environment: environment, mutators: Set(mutators)) { survey.keys[$0] }
    return (key, dependencies.allSatisfy { survey.keys[$0] != nil })
  }

  // MARK: - Files

  private func adding(_ paths: [String], to base: CellKey) -> CellKey {
    var parts = base
    for path in paths { parts.add(.file, path, digest(path)) }
    return parts
  }

  private func digest(_ path: String) -> String {
    digests.digest(absolute(path)) ?? CellKey.missingFile
  }

  /// A path as it is kept.
  private func kept(_ path: String) -> String {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    return path.hasPrefix(directory + "/") ? String(path.dropFirst(directory.count + 1)) : path
  }

  // MARK: - Keeping

  /// Notes what a cell gave, and keeps it if it may be used again.
  /// - Parameters:
  ///   - survey: what is known of the cells before it.
  ///   - isSound: whether it found everything as its key says.
  /// - Returns: the cell, with its key.
  mutating func keep(
    _ record: CellRecord, of number: Int, values: [String], files: [WorkerProtocol.FileUse], graph: NotebookGraph, file: String,
    survey: Survey, isSound: Bool
  ) -> Ran {
    let options = graph.nodes[number].cell.options
    let (base, isWhole) = parts(number, graph, file: file, survey)
    let read = files.filter(\.wasRead)
    let paths = Set(read.map { kept($0.path) }).union(options.inputs.map { kept(absolute($0)) }).sorted()
    let written = Set(files.filter { $0.wasWritten && !$0.wasRead }.map { kept($0.path) })
    let entry = Entry(
      record: record, values: values,
      // What is gone by now was only there on the way to another name.
      written: Dictionary(uniqueKeysWithValues: written.map { ($0, digest($0)) }).filter { $0.value != CellKey.missingFile })
    let parts = adding(paths, to: base)
    let isReusable =
      isSound && options.cache && isWhole && record.outcome != .failed
      && read.allSatisfy { !$0.wasWritten && $0.state == state(of: $0.path) }
    guard isReusable else {
      // What depends on it must run whenever it does: its key is of this run alone.
      var unique = KeyBuilder("run")
      unique.add("key", parts.key)
      unique.add("run", UUID().uuidString)
      if options.cache, isWhole { keepTrace(paths, base) }
      return Ran(key: unique.key, parts: parts, entry: entry)
    }
    keepTrace(paths, base)
    entries[parts.key] = entry
    store?.put(value: entry, .records, parts.key)
    return Ran(key: parts.key, parts: parts, entry: entry)
  }

  private mutating func keepTrace(_ paths: [String], _ base: CellKey) {
    traces[base.key] = paths
    store?.put(value: paths, .traces, base.key)
  }

  func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : directory + "/" + path }

  /// A file as it is now; zeros if it is not there.
  private func state(of path: String) -> WorkerProtocol.FileState {
    var status = stat()
    guard stat(path, &status) == 0 else { return .init() }
    return .init(
      size: UInt64(status.st_size), inode: UInt64(status.st_ino),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
  }
}

extension Session.Files {
  func mapped(_ transform: (String) -> String) -> Session.Files {
    var files = self
    files.read = Set(read.map(transform))
    files.written = Set(written.map(transform))
    return files
  }
}
