import Document
import Foundation
import Record

/// The order of notebooks that `after:` asks for, and what is wrong with it.
package struct NotebookOrder {
  private let notebooks: [Notebook]
  private let areAll: Bool

  /// - Parameter areAll: whether these are all notebooks that there are; else an unknown name may be that of another.
  package init(_ notebooks: [Notebook], areAll: Bool) {
    self.notebooks = notebooks
    self.areAll = areAll
  }

  /// A name that no notebook has, a notebook that waits for itself, and notebooks that wait for each other, at their places. Errors, but for
  /// unknown names where not all notebooks are known, which are warnings.
  package var problems: [(notebook: String, diagnostic: Diagnostic)] {
    notebooks.flatMap { notebook in
      notebook.frontMatter.after.compactMap { name in
        problem(notebook, name).map { (notebook.notebookName, $0) }
      }
        + (notebook.referredNotebooks + notebook.collectedNotebooks).compactMap { name, line in
          circle(notebook, name, line: line).map { (notebook.notebookName, $0) }
        }
    }
  }

  private func problem(_ notebook: Notebook, _ name: String) -> Diagnostic? {
    let place = Self.place(of: name, in: notebook)
    if name == notebook.notebookName {
      return Diagnostic(at: place, "'\(name)' says that it runs after itself", advice: "Leave it out of 'after'.")
    }
    let isKnown = notebooks.contains { $0.notebookName == name }
    if !isKnown, let unknown = unknown(name, notebook, at: place) { return unknown }
    guard let circle = way(from: name, to: notebook) else { return nil }
    let names = ([notebook.notebookName] + circle).map { "'\($0)'" }.joined(separator: " after ")
    return Diagnostic(at: place, "notebooks wait for each other: \(names)", advice: "Leave out one 'after' of them.")
  }

  /// What is wrong where a notebook shows or numbers what another puts out that waits for it.
  private func circle(_ notebook: Notebook, _ name: String, line: Int) -> Diagnostic? {
    guard let circle = way(from: name, to: notebook) else { return nil }
    let names = ([notebook.notebookName] + circle).map { "'\($0)'" }.joined(separator: " after ")
    return Diagnostic(
      at: Place(file: notebook.file, line: line), "notebooks wait for each other: \(names)",
      advice:
        "Give one of the references between them words of its own: a mere link waits for nothing. What collects runs waits for them."
    )
  }

  private func unknown(_ name: String, _ notebook: Notebook, at place: Place) -> Diagnostic? {
    let beside = Notebooks.entries(of: notebook.root).map(Notebook.name(ofFile:))
    if beside.contains(name) { return nil }
    let names = Set(beside + notebooks.map(\.notebookName)).subtracting([notebook.notebookName]).sorted()
    let plain = name.hasSuffix(".md") ? String(name.dropLast(3)) : name
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
      if last == end.notebookName { return way }
      for next in after(last, beside: end) where known.insert(next).inserted {
        ways.append(way + [next])
      }
    }
    return nil
  }

  /// What a notebook says that it waits for, also one that is not built now.
  private func after(_ name: String, beside notebook: Notebook) -> [String] {
    let found = notebooks.first { $0.notebookName == name } ?? (try? Notebook(contentsOf: "\(notebook.root)/\(name).md"))
    return found?.runsAfter ?? []
  }

  /// The line of the front matter that names it.
  private static func place(of name: String, in notebook: Notebook) -> Place {
    let text = (try? String(contentsOfFile: notebook.file, encoding: .utf8)) ?? ""
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropFirst()
      .prefix { !$0.hasPrefix("---") }
    let key = lines.firstIndex { $0.hasPrefix("after") } ?? 0
    let line = lines[max(key, lines.startIndex)...].firstIndex { $0.contains(name) } ?? key
    return Place(file: notebook.file, line: line + 1)
  }
}
