import Document
import Foundation
import Keys
import Planning
import Record
import Store

/// What is known of a notebook's cells: their keys, and the records that were made under them.
///
/// A cell's key is known before it runs but for one thing: what it will read. So the store holds, under what is known, what the cell read
/// in its last runs; with the content of today that makes the whole key, under which the record is. A record is
/// taken only if the files that its cell wrote are as it left them.
struct RecordBook {
  /// What one run of a cell gave, as it is kept.
  struct Entry: Codable {
    var record: CellRecord
    /// The variables that hold plain values.
    var plain: [String]
    /// The variables of other cells in which it left something that is no plain value, by `StoredLocation`.
    var opaque: [String]
    /// The files that it wrote, with the digests of what it left.
    var written: [String: String]
    /// What it left where, by `StoredLocation`.
    var left: [String: Version]
    /// With a working directory as paths are kept.
    var process: WorkerProtocol.ProcessState
    var sharedClasses: [String]
  }

  /// What is known of a cell before it runs.
  struct LookUp {
    var parts: CellKey
    /// Nil if it must run.
    var found: SettledCell?
    /// A reason to run that is no part of a key.
    var note: String?
  }

  let store: EntryStore?
  let digests: FileDigests
  /// The parts that all keys share, but for the device.
  private let environment: [CellKey.Part]
  /// The kind of device on which models compute: it is a part of all keys.
  var device = ResolvedDevice.processor.kind
  /// Stands for the local packages that cells may import.
  var packages: Key?
  /// The notebook's folder: paths in it are kept relative to it, so that they mean the same in another checkout.
  let directory: String
  /// The folders of sites in which cells find what other runs have put out, by absolute paths.
  private let sites: [String]
  // What this session has run is kept here too, since the store may not be writable.
  private var entries: [Key: Entry] = [:]
  private var reads: [Key: [CellReads]] = [:]

  /// The number of runs of a cell, each reading something else, of which the reads are kept.
  private static let mostReads = 100

  init(store: EntryStore?, environment: [CellKey.Part], directory: String, sites: [String] = []) {
    self.sites = sites.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    self.store = store
    digests = FileDigests(store: store)
    self.environment = environment
    self.directory = URL(fileURLWithPath: directory).standardizedFileURL.path
  }

  // MARK: - Looking up

  /// Looks for a run of a cell in which all was as it is now.
  func lookUp(_ number: Int, in state: RunState, isForced: Bool) -> LookUp {
    let base = base(number, in: state)
    var lookUp = LookUp(parts: base, note: note(number, in: state, isForced: isForced))
    for reads in knownReads(base.key) {
      let parts = adding(reads, to: base, number, in: state)
      if lookUp.parts.isPartial { lookUp.parts = parts }
      guard let entry = entries[parts.key] ?? store?.value(Entry.self, .records, parts.key) else { continue }
      if lookUp.note != nil { return lookUp }
      lookUp.parts = parts
      if let changed = entry.written.keys.sorted().first(where: { leftDigest($0) != entry.written[$0] }) {
        lookUp.note = "\(changed), which it writes, changed"
      } else {
        lookUp.found = settled(entry, number, key: parts.key, parts: parts, reads: reads, in: state)
        return lookUp
      }
    }
    return lookUp
  }

  private func note(_ number: Int, in state: RunState, isForced: Bool) -> String? {
    if !state.graph.nodes[number].cell.options.cache { return "cache: false" }
    if isForced { return "--force" }
    return state.stillRunning(before: number).map { "what \(state.id($0)) began still goes on" }
  }

  /// What a cell read in its last runs, the latest first.
  private func knownReads(_ base: Key) -> [CellReads] { reads[base] ?? store?.value([CellReads].self, .traces, base) ?? [] }

  /// Whether all that a cell read is still what it was.
  func holds(_ cell: SettledCell, _ number: Int, in state: RunState) -> Bool {
    adding(cell.reads, to: base(number, in: state), number, in: state).isSame(as: cell.parts)
  }

  private func settled(
    _ entry: Entry, _ number: Int, key: Key, parts: CellKey, reads: CellReads, in state: RunState
  ) -> SettledCell {
    var writes: [MemoryLocation: Version] = [:]
    for (stored, version) in entry.left {
      let text = stored.hasPrefix(Self.own) ? nil : stored
      let own = NotebookGraph.Variable(cell: number, name: String(stored.dropFirst(Self.own.count)))
      if let location = text.map({ StoredLocation(text: $0).location(in: state.graph) }) ?? .variable(own) {
        writes[location] = version
      }
    }
    var process = entry.process
    process.directory = process.directory.map(absolute)
    return SettledCell(
      key: key, parts: parts, reads: reads,
      trace: Trace(
        reads: versions(reads, number, in: state), writes: writes,
        opaque: Set(entry.opaque.compactMap { StoredLocation(text: $0).location(in: state.graph) })),
      plain: Set(entry.plain), process: process, sharedClasses: entry.sharedClasses, record: entry.record, written: entry.written)
  }

  /// Stands before the name of a variable of the cell itself.
  private static let own = "own "

  // MARK: - Parts

  private func base(_ number: Int, in state: RunState) -> CellKey {
    var key = CellKey(number, in: state.graph, file: state.file, environment: environment + [.init(.device, value: device)])
    let node = state.graph.nodes[number]
    if let packages, !(node.scope.libraries + node.analysis.imports).isEmpty {
      key.add(.init(.source, "packages", value: "\(packages)"))
    }
    for input in state.graph.nodes[number].cell.options.inputs {
      key.add(.init(.file, kept(absolute(input)), value: digests.digest(absolute(input)) ?? CellKey.missingFile))
    }
    return key
  }

  private func versions(_ reads: CellReads, _ number: Int, in state: RunState) -> [MemoryLocation: Version?] {
    let locations = reads.memory.compactMap { StoredLocation(text: $0).location(in: state.graph) }
    return Dictionary(locations.map { ($0, state.timeline.version(of: $0, before: number)) }) { first, _ in first }
  }

  private func adding(_ reads: CellReads, to base: CellKey, _ number: Int, in state: RunState) -> CellKey {
    var parts = base
    let memory = reads.memory.map { text -> CellKey.Part in
      let location = StoredLocation(text: text).location(in: state.graph)
      let writer = location.flatMap { state.timeline.lastWriter(of: $0, before: number) }
      return .init(
        .memory, text, value: writer?.version.text ?? "nothing",
        writer: writer.flatMap { $0.cell > 0 ? state.id($0.cell) : nil })
    }
    parts.add(reads: memory + processParts(number, in: state) + reads.files.map(part))
    return parts
  }

  private func part(_ file: CellReads.FileRead) -> CellKey.Part {
    let path = absolute(file.path)
    switch file.kind {
    case .content: return .init(.file, file.path, value: digests.digest(path) ?? CellKey.missingFile)
    case .listing: return .init(.folder, file.path, value: digests.listing(path) ?? CellKey.missingFile)
    case .status: return .init(.status, file.path, value: digests.status(path) ?? CellKey.missingFile)
    }
  }

  /// Every cell takes the process as it finds it.
  private func processParts(_ number: Int, in state: RunState) -> [CellKey.Part] {
    let process = state.process(before: number)
    let writer = state.processMaker(before: number).map(state.id)
    let aspects: [(String, String?)] = [
      ("the working directory", process.directory.map(kept)),
      (
        "the environment",
        process.environment.isEmpty
          ? nil : process.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value ?? "")" }.joined(separator: "\n")
      ),
      ("the mask of new files' modes", process.fileModeMask.map(String.init)), ("the locale", process.locale),
      ("the time zone", process.timeZone), ("the state of random()", process.random.map { "\($0)" }),
      ("the state of drand48()", process.drand48.map { "\($0)" }),
    ]
    return aspects.compactMap { name, value in value.map { .init(.process, "other \(name)", value: $0, writer: writer) } }
  }

  // MARK: - Files

  /// What a written path is after its cell.
  private func leftDigest(_ path: String) -> String {
    let path = absolute(path)
    var status = stat()
    // Of a folder that a cell made, only that it is there: other cells may put files into it.
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return "folder" }
    return digests.digest(path) ?? CellKey.missingFile
  }

  /// A path as it is kept.
  func kept(_ path: String) -> String {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    if path == directory { return "." }
    return path.hasPrefix(directory + "/") ? String(path.dropFirst(directory.count + 1)) : path
  }

  func absolute(_ path: String) -> String {
    if path.hasPrefix(Self.siteMark) { return inSite(path.dropFirst(Self.siteMark.count)) }
    return path.hasPrefix("/") ? path : path == "." ? directory : directory + "/" + path
  }

  /// What begins a path in one of the sites, before its place among them; no path in standard form begins so.
  private static let siteMark = "//site/"

  /// A path in a site as it is kept besides: a session of another site looks there for what this one found here. Nil if it lies in none.
  private func keptInSite(_ path: String) -> String? {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    for (place, site) in sites.enumerated() where path.hasPrefix(site + "/") {
      return "\(Self.siteMark)\(place)/\(path.dropFirst(site.count + 1))"
    }
    return nil
  }

  /// - Parameter path: the place of a site, and the path in it. Of a site that this session has not, nothing is there.
  private func inSite(_ path: Substring) -> String {
    let parts = path.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let place = Int(parts[0]), sites.indices.contains(place) else { return "/dev/null/\(path)" }
    return "\(sites[place])/\(parts[1])"
  }

  /// A file as it is now; zeros if it is not there.
  private func state(of path: String) -> WorkerProtocol.FileState {
    var status = stat()
    guard stat(path, &status) == 0 else { return .init() }
    return .init(
      size: UInt64(status.st_size), inode: UInt64(status.st_ino),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
  }

  // MARK: - Keeping

  /// What a run turned out to read and change of memory.
  struct MemoryEffects {
    var reads: Set<MemoryLocation> = []
    /// The versions of what it left; nil for what its own key stands for.
    private(set) var writes: [MemoryLocation: Version?] = [:]
    /// The names of its own variables that hold plain values.
    var plain: Set<String> = []
    /// The variables of other cells in which it left something that is no plain value.
    var opaque: Set<MemoryLocation> = []

    /// Notes a change of which nothing more is known than that it took place.
    mutating func change(_ location: MemoryLocation) {
      if writes[location] == nil { writes[location] = .some(nil) }
    }

    /// Notes what is left somewhere; nil if only the run's key stands for it.
    mutating func leave(_ version: Version?, at location: MemoryLocation) { writes[location] = .some(version) }
  }

  /// Notes what a cell gave, and keeps it if it may be used again.
  /// - Parameters:
  ///   - state: what is known of the cells before it.
  ///   - isSound: whether it found everything as its key says.
  /// - Returns: the cell, with its key.
  mutating func keep(
    _ record: CellRecord, of number: Int, memory: MemoryEffects, effects: WorkerProtocol.Effects, in state: RunState,
    isSound: Bool
  ) -> SettledCell {
    let base = base(number, in: state)
    let files = effects.files
    let cellReads = CellReads(memory: memory.reads.map { StoredLocation($0, in: state.graph) }, files: fileReads(files))
    let parts = adding(cellReads, to: base, number, in: state)
    // A file that several cells write is not what the first one left: each of them runs, so that it is made from the beginning.
    let written = written(files)
    let isSoleWriter = !state.isWritten(written.keys, before: number)
    let isReusable =
      isSoleWriter && isSound && !effects.goesOn && isSteady(files) && record.outcome != .failed
      && state.graph.nodes[number].cell.options.cache && state.stillRunning(before: number) == nil
    let key = isReusable ? parts.key : ofThisRunAlone(parts.key)
    var writes = memory.writes.mapValues { $0 ?? .run(key) }
    writes[.objects(key)] = .run(key)
    var process = effects.process
    process.directory = process.directory.map(kept)
    let entry = Entry(
      record: record, plain: memory.plain.sorted(),
      opaque: memory.opaque.map { StoredLocation($0, in: state.graph).text }.sorted(), written: written,
      left: stored(writes, number, in: state), process: process, sharedClasses: effects.sharedClasses)
    keep(cellReads, base.key)
    if isReusable {
      entries[key] = entry
      store?.put(value: entry, .records, key)
    }
    var cell = settled(entry, number, key: key, parts: parts, reads: cellReads, in: state)
    cell.trace.writes = writes
    cell.goesOn = effects.goesOn
    return cell
  }

  private func fileReads(_ files: [WorkerProtocol.FileUse]) -> [CellReads.FileRead] {
    files.flatMap { file -> [CellReads.FileRead] in
      // By both names: the file itself, and what stands in its place where another site is built.
      [kept(file.path), keptInSite(file.path)].compactMap { $0 }.flatMap { path -> [CellReads.FileRead] in
        (file.wasRead ? [.init(path: path, kind: .content)] : [])
          + (file.wasListed ? [.init(path: path, kind: .listing)] : [])
          // Who reads a file asks about it first; its content says more. What the cell writes itself is looked at as that.
          + (file.wasExamined && !file.wasRead && !file.wasListed && !file.wasWritten ? [.init(path: path, kind: .status)] : [])
      }
    }
  }

  private func written(_ files: [WorkerProtocol.FileUse]) -> [String: String] {
    var written: [String: String] = [:]
    for file in files where file.wasRemoved || file.wasWritten {
      let digest = leftDigest(kept(file.path))
      // What is gone by now was only there on the way to another name.
      if file.wasRemoved || digest != CellKey.missingFile { written[kept(file.path)] = digest }
    }
    return written
  }

  /// Whether the files that a cell read are still what they were when it opened them, and it did not change them itself.
  private func isSteady(_ files: [WorkerProtocol.FileUse]) -> Bool {
    files.allSatisfy { !$0.wasRead || !$0.wasWritten && $0.state == state(of: $0.path) }
  }

  /// A key that no other run has. Cells that read from such a run must run whenever it does.
  private func ofThisRunAlone(_ key: Key) -> Key {
    var unique = KeyBuilder("run")
    unique.add("key", key)
    unique.add("run", UUID().uuidString)
    return unique.key
  }

  private func stored(_ writes: [MemoryLocation: Version], _ number: Int, in state: RunState) -> [String: Version] {
    var stored: [String: Version] = [:]
    for (location, version) in writes {
      if case .variable(let variable) = location, variable.cell == number {
        stored[Self.own + variable.name] = version
      } else {
        stored[StoredLocation(location, in: state.graph).text] = version
      }
    }
    return stored
  }

  private mutating func keep(_ cellReads: CellReads, _ base: Key) {
    if let first = reads[base]?.first, first == cellReads { return }
    // Another session, also of another machine, may have kept some meanwhile.
    let others = (reads[base] ?? []) + (store?.value([CellReads].self, .traces, base) ?? [])
    let known = others.reduce(into: [cellReads]) { known, reads in if !known.contains(reads) { known.append(reads) } }
      .prefix(Self.mostReads)
    reads[base] = Array(known)
    store?.put(value: Array(known), .traces, base)
  }
}

extension FilesUsed {
  /// Adds what a cell is known to read.
  mutating func add(_ parts: CellKey, absolute: (String) -> String) {
    for part in parts.parts where [.file, .folder, .status].contains(part.kind) { read.insert(absolute(part.name)) }
  }
}
