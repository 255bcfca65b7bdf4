import Document
import Foundation
import Record

/// The order of notebooks that `after:` asks for, and what is wrong with it.
package struct NotebookOrder {
  private let documents: [Notebook]
  private let areAll: Bool

  /// - Parameter areAll: whether these are all notebooks that there are; else an unknown name may be that of another.
  package init(_ documents: [Notebook], areAll: Bool) {
    self.documents = documents
    self.areAll = areAll
  }

  /// A name that no notebook has, a notebook that waits for itself, and notebooks that wait for each other, at their places. Errors, but for
  /// unknown names where not all notebooks are known, which are warnings.
  package var problems: [(notebook: String, diagnostic: Diagnostic)] {
    documents.flatMap { document in
      document.frontMatter.after.compactMap { name in
        problem(document, name).map { (document.name, $0) }
      }
    }
  }

  private func problem(_ document: Notebook, _ name: String) -> Diagnostic? {
    let place = Self.place(of: name, in: document)
    if name == document.name {
      return Diagnostic(at: place, "'\(name)' says that it runs after itself", advice: "Leave it out of 'after'.")
    }
    if !documents.contains(where: { $0.name == name }), let unknown = unknown(name, document, at: place) { return unknown }
    guard let circle = way(from: name, to: document) else { return nil }
    let names = ([document.name] + circle).map { "'\($0)'" }.joined(separator: " after ")
    return Diagnostic(at: place, "notebooks wait for each other: \(names)", advice: "Leave out one 'after' of them.")
  }

  private func unknown(_ name: String, _ document: Notebook, at place: Place) -> Diagnostic? {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: document.folder)) ?? []
    let beside = files.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.map { String($0.dropLast(3)) }
    if beside.contains(name) { return nil }
    let names = Set(beside + documents.map(\.name)).subtracting([document.name]).sorted()
    let plain = name.hasSuffix(".md") ? String(name.dropLast(3)) : (name.split(separator: "/").last.map(String.init) ?? name)
    let advice =
      names.contains(plain)
      ? "Say '\(plain)': the file's name without '.md'."
      : names.isEmpty ? "There is no other notebook." : Suggestion.advice(for: plain, among: names)
    return Diagnostic(
      areAll ? .error : .warning, at: place, "'after' names '\(name)', and there is no such notebook", advice: advice)
  }

  /// The names on the way along `after` from one notebook to another.
  private func way(from start: String, to end: Notebook) -> [String]? {
    var known: Set = [start]
    var ways = [[start]]
    while let way = ways.popLast() {
      guard let last = way.last else { continue }
      if last == end.name { return way }
      for next in after(last, beside: end) where known.insert(next).inserted {
        ways.append(way + [next])
      }
    }
    return nil
  }

  /// What a notebook says that it waits for, also one that is not built now.
  private func after(_ name: String, beside document: Notebook) -> [String] {
    let notebook = documents.first { $0.name == name } ?? (try? Notebook(contentsOf: "\(document.folder)/\(name).md"))
    return notebook?.frontMatter.after ?? []
  }

  /// The line of the front matter that names it.
  private static func place(of name: String, in document: Notebook) -> Place {
    let text = (try? String(contentsOfFile: document.file, encoding: .utf8)) ?? ""
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropFirst()
      .prefix { !$0.hasPrefix("---") }
    let key = lines.firstIndex { $0.hasPrefix("after") } ?? 0
    let line = lines[max(key, lines.startIndex)...].firstIndex { $0.contains(name) } ?? key
    return Place(file: document.file, line: line + 1)
  }
}
