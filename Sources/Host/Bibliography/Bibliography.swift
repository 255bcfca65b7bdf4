import Document
import Foundation
import Record

/// The works that a notebook may cite, from its files in BibTeX or CSL JSON.
package struct Bibliography: Sendable {
  /// By their keys.
  package private(set) var works: [String: Work] = [:]
  /// What is wrong with the files.
  package private(set) var problems: [Diagnostic] = []

  /// A bibliography without works.
  package init() {}

  /// The works of a notebook's files.
  package init(of notebook: Notebook) {
    for path in notebook.frontMatter.publication.bibliography { read(path, of: notebook) }
  }

  /// The files of a notebook's bibliography, as absolute paths.
  package static func files(of notebook: Notebook) -> Set<String> {
    Set(notebook.frontMatter.publication.bibliography.map { file($0, of: notebook) })
  }

  private static func file(_ path: String, of notebook: Notebook) -> String {
    URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: notebook.folder)).standardizedFileURL.path
  }

  private mutating func read(_ path: String, of notebook: Notebook) {
    let place = Place(file: notebook.file, line: notebook.frontMatter.publication.bibliographyLine)
    let file = Self.file(path, of: notebook)
    let shown = notebook.file.split(separator: "/").dropLast().joined(separator: "/")
    let name = path.hasPrefix("/") || shown.isEmpty ? path : (notebook.file.hasPrefix("/") ? "/" : "") + shown + "/" + path
    guard let data = FileManager.default.contents(atPath: file) else {
      problems.append(
        Diagnostic(at: place, "the bibliography '\(path)' cannot be read", advice: "Its path is read from the notebook's folder.")
      )
      return
    }
    let text = String(decoding: data, as: UTF8.self)
    if path.lowercased().hasSuffix(".json") { return readCSL(text, file: name) }
    let reader = BibTeXReader(text, file: name)
    problems += reader.problems
    for entry in reader.entries { add(Work(entry, file: name)) }
  }

  private mutating func readCSL(_ text: String, file: String) {
    do {
      let json = try JSONValue(text.utf8)
      for entry in json.array ?? json["items"]?.array ?? [json] {
        if let work = Work(csl: entry, place: Place(file: file, line: 1)) {
          add(work)
        } else {
          problems.append(
            Diagnostic(at: Place(file: file, line: 1), "an entry has no 'id'", advice: "Citations need it: '[@id]'."))
        }
      }
    } catch {
      problems.append(
        Diagnostic(
          at: Place(file: file, line: 1), "the bibliography is \(error)",
          advice: "It must be CSL JSON, or BibTeX in a file '.bib'."))
    }
  }

  private mutating func add(_ work: Work) {
    if let first = works[work.key] {
      problems.append(
        Diagnostic(
          at: work.place, "the key '\(work.key)' is given twice", advice: "Give each work its own.",
          notes: [Diagnostic(.note, at: first.place, "the first is here")]))
    } else {
      works[work.key] = work
    }
  }

  /// Citations of what there is not.
  package func problems(in notebook: Notebook) -> [Diagnostic] {
    let names = works.keys.sorted()
    return notebook.citations.flatMap(\.items).filter { works[$0.key] == nil }.map { item in
      let place = Place(file: notebook.file, line: item.line, column: item.column)
      if notebook.frontMatter.publication.bibliography.isEmpty {
        return Diagnostic(
          at: place, "'@\(item.key)' is a citation, and the notebook has no bibliography",
          advice: "Name one in the front matter, 'bibliography: refs.bib'; or write '\\@\(item.key)' for the words themselves.")
      }
      let near = Suggestion.nearest(to: item.key, among: names).map { "Did you mean '@\($0)'? " } ?? ""
      return Diagnostic(
        at: place, "the bibliography has no work '\(item.key)'",
        advice: near + "Write '\\@\(item.key)' for the words themselves.")
    }
  }
}
