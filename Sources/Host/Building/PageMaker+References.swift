import Document
import Files
import Foundation
import Record
import Rendering

/// Links and references: what is wrong with them, and the notebook with their addresses and words.
extension PageMaker {
  /// Links that lead nowhere, and references to what has no number, as far as this is known before the cells run.
  func referenceProblems(in notebook: Notebook) -> [Diagnostic] {
    guard !notebook.references.isEmpty else { return [] }
    let own = LinkTargets(notebook, numbered: nil)
    let files = ReferredFiles(notebook)
    var known: [String: LinkTargets] = [:]
    return notebook.references.compactMap { reference in
      let place = Place(file: notebook.file, line: reference.line)
      switch reference.target {
      case .elsewhere: return nil
      case .anchor(let anchor): return Self.problem(reference, anchor: anchor, in: own, at: place)
      case .notebook(let path, let anchor):
        guard files.isPage(path) else { return files.problem(path, at: place, isPage: true) }
        guard let anchor else { return nil }
        if known[path] == nil {
          // What is wrong with the other notebook is told where that is built.
          guard let other = try? Notebook(contentsOf: files.file(path)) else { return nil }
          known[path] = LinkTargets(other, numbered: nil)
        }
        return known[path].flatMap { Self.problem(reference, anchor: anchor, in: $0, at: place) }
      case .file(let path): return files.problem(path, at: place, isPage: false)
      }
    }
  }

  private static func problem(
    _ reference: Reference, anchor: String, in targets: LinkTargets, at place: Place
  ) -> Diagnostic? {
    guard targets.contains(anchor) else {
      return Diagnostic(
        at: place, "the link '\(reference.url)' leads nowhere: '\(targets.notebook.name)' has no '\(anchor)'",
        advice: targets.names.isEmpty ? "There is nothing that can be linked to." : advice(anchor, targets.names))
    }
    guard reference.isWordless || reference.isPicture, let (message, advice) = targets.whyNameless(anchor) else { return nil }
    return Diagnostic(at: place, message, advice: advice)
  }

  private static func advice(_ anchor: String, _ names: [String]) -> String {
    if let near = Suggestion.nearest(to: anchor, among: names) { return "Did you mean '\(near)'?" }
    return "There are: \(names.prefix(20).joined(separator: ", "))\(names.count > 20 ? ", …" : ".")"
  }

  /// The notebook with its links, copies of the files that they lead to, and what its author should know.
  func linked(
    _ notebook: Notebook, record: NotebookRecord
  ) -> (notebook: Notebook, files: [Page.File], warnings: [Diagnostic]) {
    guard !notebook.references.isEmpty else { return (notebook, [], []) }
    let (linker, files, warnings) = linker(of: notebook, record: record)
    return (linker.linked(notebook), files, warnings)
  }

  /// What gives the links of a notebook their addresses and words.
  func linker(
    of notebook: Notebook, record: NotebookRecord
  ) -> (linker: ReferenceLinker, files: [Page.File], warnings: [Diagnostic]) {
    let referred = ReferredFiles(notebook)
    var (pages, links) = ([String: ReferredPage](), [String: String]())
    var (copies, warnings) = ([Page.File](), [Diagnostic]())
    for reference in notebook.references {
      let place = Place(file: notebook.file, line: reference.line)
      switch reference.target {
      case .elsewhere, .anchor: continue
      case .notebook(let path, let anchor) where referred.isPage(path):
        do throws(Diagnostic) {
          var page: ReferredPage
          if let known = pages[path] { page = known } else { page = try self.page(referred.file(path), from: notebook) }
          if reference.isPicture, let anchor { page.shown[anchor] = try shown(anchor, of: page) }
          pages[path] = page
        } catch {
          warnings.append(Diagnostic(.warning, at: place, error.message, advice: error.advice))
        }
      case .notebook(let path, _), .file(let path):
        guard links[path] == nil else { continue }
        do throws(Diagnostic) {
          guard let copy = try referred.copy(path, besides: Set(copies.map(\.path))) else { continue }
          links[path] = SiteNames.link(toFile: copy.path)
          copies.append(copy)
        } catch {
          warnings.append(Diagnostic(.warning, at: place, error.message, advice: error.advice))
        }
      }
    }
    let linker = ReferenceLinker(notebook, record: record, pages: pages, files: links)
    // A cell that failed says why itself.
    let isWhole = record.cells.allSatisfy { [.succeeded, .failedAsExpected].contains($0.outcome) }
    for reference in notebook.references where isWhole && (reference.isWordless || reference.isPicture) {
      let warning = Self.nameless(reference, own: linker.targets, pages: pages, file: notebook.file)
      warnings += [warning].compactMap(\.self)
    }
    return (linker, copies, warnings)
  }

  /// A reference to an output that did not come.
  private static func nameless(
    _ reference: Reference, own: LinkTargets, pages: [String: ReferredPage], file: String
  ) -> Diagnostic? {
    let (targets, anchor): (LinkTargets?, String)
    switch reference.target {
    case .anchor(let name): (targets, anchor) = (own, name)
    case .notebook(let path, let name?): (targets, anchor) = (pages[path]?.targets, name)
    case .notebook, .elsewhere, .file: return nil
    }
    guard let targets, !anchor.isEmpty, targets.name(anchor) == nil else { return nil }
    return Diagnostic(
      .warning, at: Place(file: file, line: reference.line),
      "the reference '\(reference.url)' has no number: its cell has put out no figure and no table at that place",
      advice: targets.numbered == nil
        ? "Build '\(targets.notebook.name)' first: its number is that of its last record in the site."
        : "See what the cell puts out.")
  }

  /// Another notebook's page, with the numbers of its last record in the site.
  private func page(_ file: String, from notebook: Notebook) throws(Diagnostic) -> ReferredPage {
    let other: Notebook
    do {
      other = try Notebook(contentsOf: file)
    } catch {
      throw Diagnostic("'\(file)' cannot be read as a notebook", advice: "See what is wrong with it: folio build \(file).")
    }
    let numbered = index(of: other.name).map { NumberedOutputs(other, index: $0) }
    return ReferredPage(
      link: SiteNames.link(from: notebook.name, to: other.name), targets: LinkTargets(other, numbered: numbered))
  }

  private func index(of name: String) -> RecordIndex? {
    guard let data = recorded(RecordFiles.indexName, of: name) else { return nil }
    return try? RecordIndex(json: data)
  }

  private func recorded(_ file: String, of name: String) -> Data? {
    guard let site else { return nil }
    return (try? FolderFile.read("\(name)/record/\(file)", in: site)) ?? nil
  }

  /// The figure that a label means, from the other notebook's record.
  private func shown(_ label: String, of page: ReferredPage) throws(Diagnostic) -> Output {
    let name = page.targets.notebook.name
    guard let index = index(of: name) else {
      throw Diagnostic("'\(name)' has no record in the site, so its outputs cannot be shown", advice: "Build it first.")
    }
    guard let (cell, place) = page.targets.numbered?.place(of: label),
      let outputs = index.cells.first(where: { $0.id == cell })?.outputs.filter({ NumberedOutputs.Kind($0.kind) != nil }),
      outputs.indices.contains(place - 1), let file = outputs[place - 1].file, let data = recorded(file, of: name)
    else { throw Diagnostic("'\(name)' has put out no figure '\(label)'", advice: "See what its cell puts out.") }
    guard outputs[place - 1].kind == .figure else {
      throw Diagnostic(
        "'\(label)' of '\(name)' is a table, and only figures of other notebooks can be shown", advice: "Link to it.")
    }
    return .figure(FigureOutput(plotly: String(decoding: data, as: UTF8.self)))
  }

  /// The files whose contents a notebook's links depend on.
  func referredFiles(of notebook: Notebook) -> Set<String> {
    let referred = ReferredFiles(notebook)
    var files: Set<String> = []
    for reference in notebook.references {
      switch reference.target {
      case .elsewhere, .anchor: continue
      case .notebook(let path, _) where referred.isPage(path):
        files.insert(referred.file(path))
        guard reference.isInput, let site else { continue }
        let record = "\(site)/\(Notebook.name(ofFile: referred.file(path)))/record/\(RecordFiles.indexName)"
        files.insert(URL(fileURLWithPath: record).standardizedFileURL.path)
      case .notebook(let path, _), .file(let path): if referred.isInProject(path) { files.insert(referred.file(path)) }
      }
    }
    return files
  }
}
