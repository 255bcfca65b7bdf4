import Document
import Keys
import Store

/// All that the record of a cell depends on, part by part, so that a difference can be named.
///
/// Some parts are known before the cell runs. The others are added when it has run: the variables, the objects, the files and the state of the
/// process that it turned out to read.
package struct CellKey: Codable, Sendable, Equatable {
  package struct Part: Codable, Sendable, Equatable, Hashable {
    package enum Kind: String, Codable, Sendable {
      case source, place, options, parameter, code, scope, toolchain, folio, machine, device
      // These tell what a run turned out to read.
      case memory, process, file, folder, status

      var isFoundByRunning: Bool { [.memory, .process, .file, .folder, .status].contains(self) }
    }

    package var kind: Kind
    /// The name of the parameter, the path of the file, or the id of the cell. It is empty for a kind of which there is only one part.
    package var name: String
    package var value: String
    /// The id of the cell that left it so, for explanations.
    package var writer: String?

    package init(_ kind: Kind, _ name: String = "", value: String, writer: String? = nil) {
      self.kind = kind
      self.name = name
      self.value = value
      self.writer = writer
    }
  }

  package private(set) var parts: [Part] = []
  /// Whether the parts that only a run can find are still missing.
  package private(set) var isPartial = true

  package init() {}

  package mutating func add(_ part: Part) {
    parts.append(part)
    if part.kind.isFoundByRunning { isPartial = false }
  }

  /// Adds what a run turned out to read. It may be nothing.
  package mutating func add(reads: [Part]) {
    for part in reads { add(part) }
    isPartial = false
  }

  package var key: Key {
    var builder = KeyBuilder("cell")
    for part in parts {
      builder.add("kind", part.kind.rawValue)
      // The name of another cell does not count: under another label, or in another place, its code gives the same values.
      builder.add("name", part.kind == .code ? "" : part.name)
      builder.add("value", part.value)
    }
    return builder.key
  }

  /// Whether another key has the same parts, whatever the cells are called.
  package func isSame(as other: CellKey) -> Bool { key == other.key }

  /// The key of a cell with the parts that are known before it runs.
  /// - Parameter environment: The parts that all cells share: the toolchain, FolioKit, the machine, the device.
  package init(_ number: Int, in graph: NotebookGraph, file: String, environment: [Part]) {
    let node = graph.nodes[number]
    parts = environment
    parts.append(Part(.source, value: node.cell.source))
    if node.cell.options.expectsError {
      parts.append(Part(.options, value: "expect: error"))
      // The output of this cell is an error, which names lines of the notebook.
      for cell in node.needs.union([number]).sorted() {
        parts.append(Part(.place, value: "\(graph.nodes[cell].cell.file ?? file):\(graph.nodes[cell].cell.line)"))
      }
    } else if node.analysis.asksForItsPlace {
      parts.append(Part(.place, value: "\(node.cell.file ?? file):\(node.cell.line)"))
    }
    for library in node.scope.libraries { parts.append(Part(.source, "import", value: library)) }
    for parameter in graph.parameters(of: number) {
      let value = "\(parameter.value.typeName) \(ParametersSource.text(parameter.value))"
      parts.append(Part(.parameter, parameter.name, value: value))
    }
    for cell in node.codeCells.sorted() where cell > 0 {
      parts.append(Part(.code, graph.nodes[cell].cell.id, value: graph.nodes[cell].code.description))
    }
    parts.append(Part(.scope, value: node.code.description))
  }

  // MARK: - Differences

  /// The differences from an earlier key, in words. What a cell reads when it runs is compared only if both keys have it.
  package func changes(since earlier: CellKey) -> [String] {
    let old = Dictionary(grouping: earlier.parts, by: Slot.init)
    let new = Dictionary(grouping: parts, by: Slot.init)
    var seen: Set<Slot> = []
    let slots = (parts + earlier.parts).map(Slot.init).filter { seen.insert($0).inserted }
    let changes = slots.compactMap { slot -> String? in
      let (before, after) = (old[slot], new[slot])
      if isPartial || earlier.isPartial, slot.kind.isFoundByRunning, before == nil || after == nil { return nil }
      guard before?.map(\.value) != after?.map(\.value) else { return nil }
      return Self.change(slot, from: before?.first?.value, to: after?.first?.value, by: after?.first?.writer)
    }
    // That a name means something else follows from the change of a source or of another cell's code, so it is not told beside that.
    var told: Set<String> = changes.count > 1 ? [Self.scopeChanged] : []
    return changes.filter { told.insert($0).inserted }
  }

  private struct Slot: Hashable {
    var kind: Part.Kind
    var name: String

    init(_ part: Part) { (kind, name) = (part.kind, part.name) }
  }

  private static let scopeChanged = "a name in it means another definition now"

  private static func change(_ slot: Slot, from old: String?, to new: String?, by writer: String?) -> String {
    switch slot.kind {
    case .source: slot.name.isEmpty ? "source changed" : "imports changed"
    case .place: "it moved"
    case .options: "options changed"
    case .toolchain: "another Swift toolchain"
    case .folio: "another build of Folio"
    case .machine: "another machine"
    case .device: "the device \(old ?? "none") -> \(new ?? "none")"
    case .scope: scopeChanged
    case .code:
      old == nil
        ? "it uses the code of \(cell(slot.name)) now"
        : new == nil ? "it uses the code of \(cell(slot.name)) no longer" : "the code of \(cell(slot.name)) changed"
    case .parameter:
      old == nil || new == nil
        ? "reads params.\(slot.name)\(new == nil ? " no longer" : "")"
        : "params.\(slot.name) \(plain(old)) -> \(plain(new))"
    case .memory, .process: changeOfState(slot.name, from: old, to: new, by: writer)
    case .file, .folder, .status: changeOfFile(slot, from: old, to: new)
    }
  }

  private static func changeOfState(_ name: String, from old: String?, to new: String?, by writer: String?) -> String {
    let words = StoredLocation(text: name).words
    let by = writer.map { " by \(cell($0))" } ?? ""
    return old == nil ? "reads \(words)" : new == nil ? "reads \(words) no longer" : "\(words) changed\(by)"
  }

  private static func changeOfFile(_ slot: Slot, from old: String?, to new: String?) -> String {
    switch (old, new) {
    case (nil, _): "reads \(slot.name)"
    case (_, nil): "reads \(slot.name) no longer"
    case (_, CellKey.missingFile?): "\(slot.name) is gone"
    case (CellKey.missingFile?, _): "\(slot.name) is there now"
    default: slot.kind == .folder ? "the names in \(slot.name) changed" : "\(slot.name) changed"
    }
  }

  private static func cell(_ id: String) -> String { id.hasPrefix("cell-") ? id : "cell \(id)" }

  /// The value of a parameter without its type.
  private static func plain(_ value: String?) -> String { value?.split(separator: " ", maxSplits: 1).last.map(String.init) ?? "" }

  /// The value of a part for a file that is not there.
  package static let missingFile = "missing"
}

/// A location in the form in which the store keeps it. It means the same in another version of the notebook.
package struct StoredLocation: Hashable, Sendable, Comparable {
  package var text: String

  package init(text: String) { self.text = text }

  /// - Parameter graph: The graph of the notebook in which the location is.
  package init(_ location: MemoryLocation, in graph: NotebookGraph) {
    switch location {
    case .variable(let variable):
      // A declared variable is the n-th of its name. What is not declared at the top level (as a member of a local type) is found by its cell's code.
      let place = graph.occurrences[variable].map(String.init) ?? graph.nodes[variable.cell].code.short
      text = "variable \(place) \(variable.name)"
    case .objects(let key): text = "objects \(key)"
    case .other(let name): text = "other \(name)"
    }
  }

  /// The location in a notebook; nil if the notebook has no such location.
  package func location(in graph: NotebookGraph) -> MemoryLocation? {
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    switch words.first {
    case "variable"? where words.count == 3:
      if let occurrence = Int(words[1]) {
        return graph.variables[words[2]].flatMap { $0.indices.contains(occurrence - 1) ? .variable($0[occurrence - 1]) : nil }
      }
      return graph.cellsByCode[words[1]].map { .variable(.init(cell: $0, name: words[2])) }
    case "objects"? where words.count == 2: return Key(hexadecimal: words[1]).map(MemoryLocation.objects)
    case "other"?: return .other(String(text.dropFirst("other ".count)))
    default: return nil
    }
  }

  /// The location in words, for explanations.
  var words: String {
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    switch words.first {
    case "variable"? where words.count == 3: return words[2]
    case "objects"?: return "an object"
    case "other"?: return String(text.dropFirst("other ".count))
    default: return text
    }
  }

  package static func < (left: StoredLocation, right: StoredLocation) -> Bool { left.text < right.text }
}
