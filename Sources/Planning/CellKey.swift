import Document
import Store

/// All that a cell's record depends on, part by part, so that a difference can be named.
///
/// The parts are those that are known before the cell runs; the files that it turned out to read join them afterwards.
package struct CellKey: Codable, Sendable, Equatable {
  package struct Part: Codable, Sendable, Equatable, Hashable {
    package enum Kind: String, Codable, Sendable {
      case source, place, options, parameter, file, cell, toolchain, folio, machine
    }

    package var kind: Kind
    /// The parameter, the file's path, the cell's id; for a kind that there is one of, nothing.
    package var name: String
    package var value: String

    package init(_ kind: Kind, _ value: String) { self.init(kind, "", value) }

    package init(_ kind: Kind, _ name: String, _ value: String) {
      self.kind = kind
      self.name = name
      self.value = value
    }
  }

  package private(set) var parts: [Part] = []

  package init() {}

  package mutating func add(_ kind: Part.Kind, _ value: String) { add(kind, "", value) }

  package mutating func add(_ kind: Part.Kind, _ name: String, _ value: String) { parts.append(Part(kind, name, value)) }

  package var key: Key {
    var builder = KeyBuilder("cell")
    for part in parts {
      builder.add("kind", part.kind.rawValue)
      // A cell that has another label, or stands in another place, gives the same values.
      builder.add("name", part.kind == .cell ? "" : part.name)
      builder.add("value", part.value)
    }
    return builder.key
  }

  /// A cell's parts without the files that it reads.
  /// - Parameters:
  ///   - environment: the parts that all cells share: toolchain, FolioKit, machine.
  ///   - mutators: the cells before it that may have changed a variable that it touches.
  ///   - keyOf: the whole keys of cells before it; nil for one that must run before its key is known.
  package init(
    _ number: Int, in graph: NotebookGraph, file: String, environment: [Part], mutators: Set<Int>, keyOf: (Int) -> Key?
  ) {
    let node = graph.nodes[number]
    parts = environment
    add(.source, node.cell.source)
    if node.cell.options.expectsError {
      add(.options, "expect: error")
      // Its output is an error, with its lines.
      for cell in node.needs.union([number]).sorted() { add(.place, "\(file):\(graph.nodes[cell].cell.line)") }
    } else if node.analysis.asksForItsPlace {
      add(.place, "\(file):\(node.cell.line)")
    }
    for library in node.scope.libraries { add(.source, "import", library) }
    for parameter in graph.parameters(of: number) {
      add(.parameter, parameter.name, "\(ParametersSource.type(parameter.value)) \(ParametersSource.text(parameter.value))")
    }
    for cell in node.needs.union(mutators).sorted() where cell > 0 {
      add(.cell, graph.nodes[cell].cell.id, keyOf(cell)?.description ?? Self.unknown)
    }
  }

  // MARK: - Differences

  /// Stands for the key of a cell that must run before its key is known.
  static let unknown = "not known"

  /// What is different from an earlier key, in words; empty if nothing is. While a cell that it depends on has not run, it is not known
  /// which other cells it depends on, and nothing is said of these.
  package func changes(since earlier: CellKey) -> [String] {
    let old = Dictionary(grouping: earlier.parts) { Slot(kind: $0.kind, name: $0.name) }
    let new = Dictionary(grouping: parts) { Slot(kind: $0.kind, name: $0.name) }
    var seen: Set<Slot> = []
    let slots = (parts + earlier.parts).map { Slot(kind: $0.kind, name: $0.name) }.filter { seen.insert($0).inserted }
    let isOpen = parts.contains { $0.value == Self.unknown }
    return slots.compactMap { slot in
      let (before, after) = (old[slot]?.map(\.value), new[slot]?.map(\.value))
      if isOpen, slot.kind == .cell || slot.kind == .file, before == nil || after == nil { return nil }
      return before == after ? nil : Self.change(slot, from: before?.first, to: after?.first)
    }
  }

  private struct Slot: Hashable {
    var kind: Part.Kind
    var name: String
  }

  private static func change(_ slot: Slot, from old: String?, to new: String?) -> String {
    switch slot.kind {
    case .source: slot.name.isEmpty ? "source changed" : "imports changed"
    case .place: "it moved"
    case .options: "options changed"
    case .toolchain: "another Swift toolchain"
    case .folio: "another build of Folio"
    case .machine: "another machine"
    case .cell:
      old == nil
        ? "it depends on \(cell(slot.name)) now"
        : new == nil ? "it depends no longer on \(cell(slot.name))" : "\(cell(slot.name)) ran"
    case .parameter:
      old == nil || new == nil
        ? "reads params.\(slot.name)\(new == nil ? " no longer" : "")"
        : "params.\(slot.name) \(plain(old)) -> \(plain(new))"
    case .file:
      switch (old, new) {
      case (nil, _): "reads \(slot.name)"
      case (_, nil): "reads \(slot.name) no longer"
      case (_, CellKey.missingFile?): "\(slot.name) is gone"
      case (CellKey.missingFile?, _): "\(slot.name) is there now"
      default: "\(slot.name) changed"
      }
    }
  }

  private static func cell(_ id: String) -> String { id.hasPrefix("cell-") ? id : "cell \(id)" }

  /// A parameter's value without its type.
  private static func plain(_ value: String?) -> String { value?.split(separator: " ", maxSplits: 1).last.map(String.init) ?? "" }

  /// Stands for the content of a file that is not there.
  package static let missingFile = "missing"
}
