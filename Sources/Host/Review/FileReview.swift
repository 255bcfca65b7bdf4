import Foundation
import Record
import Text

/// One file of a record in two versions, for git: what changed, in words, and a form of it that has one line for what a reader thinks of as one thing.
package enum FileReview {
  /// What changed between two versions of a record's file; nil is a version that is not there.
  /// - Parameters:
  ///   - path: in the repository.
  ///   - output: what the record's index says of the file; by default what its ending says.
  package static func text(_ path: String, _ base: Data?, _ head: Data?, output: RecordIndex.Output? = nil) -> String {
    if path.hasSuffix("/" + RecordFiles.indexName) || path == RecordFiles.indexName { return index(path, base, head) }
    guard let base, let head else { return shown(["\(path): \(base == nil ? "added" : "removed")"]) }
    let output = output ?? RecordIndex.Output(kind: kind(path), file: path)
    let records = RecordPair(base: SingleFile(data: base), head: SingleFile(data: head))
    let review = OutputComparison(records: records, rule: NumberRule()).compare(output, output, number: 1)
    var lines = ["\(path): \(review.findings.first ?? review.verdict.rawValue)"] + review.findings.dropFirst().map { "  " + $0 }
    for change in review.lines where !change.isWithin {
      lines += [change.base.map { "  - " + $0 }, change.head.map { "  + " + $0 }].compactMap { $0 }
    }
    return shown(lines)
  }

  /// Lines for git's reader, a terminal most often: what they hold shows as text.
  private static func shown(_ lines: [String]) -> String { lines.map { VisibleText.line($0) + "\n" }.joined() }

  /// The file with each value on a line of its own, behind its labels: `L3H2 at S1: 5.459`. What is no figure stays as it is.
  package static func lines(_ path: String, _ data: Data) -> Data {
    guard kind(path) == .figure, !path.hasSuffix(RecordFiles.indexName), let figure = try? JSONValue(data), isFigure(figure, data)
    else {
      return data
    }
    return Data(VisibleText.lines(FigureLines(figure).text).utf8)
  }

  /// Whether a file is a figure as a record has it, and not just any JSON.
  private static func isFigure(_ figure: JSONValue, _ data: Data) -> Bool {
    figure["data"]?.array != nil && figure["layout"]?.object != nil
      && String(decoding: data, as: UTF8.self).replacing("\r\n", with: "\n") == figure.text() + "\n"
  }

  private static func kind(_ path: String) -> RecordIndex.Kind {
    let ending = path.split(separator: ".").last.map(String.init) ?? ""
    return RecordIndex.Kind.picture.fileTypes.contains(ending)
      ? .picture : ending == "json" ? .figure : ending == "csv" ? .table : .text
  }

  /// Cells that came, went, moved, were renamed, or ended in another way.
  private static func index(_ path: String, _ base: Data?, _ head: Data?) -> String {
    func read(_ data: Data?) -> RecordIndex? { data.flatMap { try? RecordIndex(json: $0) } }
    guard let old = read(base), let new = read(head) else {
      return shown(["\(path): \(base == nil ? "added" : head == nil ? "removed" : "cannot be read")"])
    }
    let pairing = CellPairing(old.cells, new.cells)
    var lines: [String] = []
    for (index, cell) in new.cells.enumerated() {
      guard let former = pairing.former[index].map({ old.cells[$0] }) else {
        lines.append("+ \(cell.id)")
        continue
      }
      var notes: [String] = []
      if former.id != cell.id { notes.append("was \(former.id)") }
      if pairing.moved.contains(index) { notes.append("moved") }
      if former.key != cell.key { notes.append("source changed") }
      if former.outcome != cell.outcome { notes.append("\(former.outcome.rawValue) -> \(cell.outcome.rawValue)") }
      if former.outputs.map(\.kind) != cell.outputs.map(\.kind) { notes.append("other outputs") }
      if !notes.isEmpty { lines.append("~ \(cell.id): \(notes.joined(separator: ", "))") }
    }
    lines += pairing.removed.map { "- \(old.cells[$0].id)" }
    if let before = old.device, let after = new.device, before != after {
      lines.append("~ \(ValueChange(name: "device", base: before, head: after).excerpt())")
    }
    for name in Set(old.parameters.keys).union(new.parameters.keys).sorted() where old.parameters[name] != new.parameters[name] {
      lines.append("~ parameter \(ValueChange(name: name, base: old.parameters[name], head: new.parameters[name]).excerpt())")
    }
    return shown(["\(path):"] + (lines.isEmpty ? ["no cell changed"] : lines).map { "  \($0)" })
  }
}

/// One version of a file as a record, which has it under every name.
private struct SingleFile: RecordSource {
  let data: Data
  var name: String { "it" }
  func notebooks() -> [String] { [] }
  func files(of notebook: String) -> [String: String?] { [:] }
  func read(_ file: String, of notebook: String) -> Data? { data }
  func markdown(of notebook: String) -> String? { nil }
}
