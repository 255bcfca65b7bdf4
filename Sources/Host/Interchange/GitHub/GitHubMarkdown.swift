import Document
import Foundation
import Record
import Rendering
import Text

/// A notebook as Markdown that GitHub shows: with what its cells put out in it, and with words for what Folio alone understands.
///
/// Formulas, footnotes, callouts, task lists and tables stay as they are written, since GitHub has them too. Numbers, references, captions, inline
/// values and citations are words; figures are files in a folder beside it.
package struct GitHubMarkdown {
  /// The first words of an export.
  static let mark = "<!-- Exported by folio from "

  /// Citations as the page has them.
  package struct Works {
    /// The words of a citation, by its place in the notebook's `citations`: Markdown in the place of what is written.
    package var citations: [Int: String] = [:]
    /// The list of references, as Markdown that stands at the end; empty if there is none.
    package var list = ""

    package init() {}
  }

  /// Where the export lies, and what can be linked to from there.
  package struct Place {
    /// The Markdown's file, as its user named it.
    package var path: String
    /// The address of the notebook's site, with a slash at its end, if it has one.
    package var site: String?
    /// The copies of files that links lead to, by their paths from the page's folder.
    package var files: [Page.File] = []

    package init(path: String, site: String?, files: [Page.File]) { (self.path, self.site, self.files) = (path, site, files) }
  }

  let notebook: Notebook
  let numbered: NumberedOutputs
  let linker: ReferenceLinker
  let works: Works
  private let parts: NotebookParts
  private let record: NotebookRecord?
  private let place: Place
  private let records: [String: CellRecord]

  /// - Parameters:
  ///   - notebook: with the parameters' values of the run.
  ///   - parts: the file of the notebook.
  ///   - record: what the cells put out; nil for Markdown without outputs.
  ///   - linker: knows what references are called.
  package init(
    _ notebook: Notebook, parts: NotebookParts, record: NotebookRecord?, linker: ReferenceLinker, works: Works = Works(),
    place: Place
  ) {
    (self.notebook, self.parts, self.record, self.linker) = (notebook, parts, record, linker)
    (self.works, self.place) = (works, place)
    numbered = NumberedOutputs(notebook, record: record ?? NotebookRecord(notebook: notebook.name, cells: []))
    records = Dictionary((record?.cells ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The inline expressions that have a value.
  var values: [(InlineExpression, String)] {
    notebook.cells.filter(\.isInline).flatMap { cell in zip(cell.expressions, records[cell.id]?.values ?? []).map { ($0, $1) } }
  }

  /// The Markdown, and the files beside it.
  package func export() -> (text: String, files: GitHubFiles) {
    var files = GitHubFiles(folder: GitHubFolder.name(for: place.path))
    var pieces: [String] = []
    pieces += notebook.shared.compactMap { cell in
      records[cell.id].flatMap { $0.outputs.isEmpty ? nil : GitHubCell(cell, record: $0, of: self).outputs(&files) }
    }
    var cells = notebook.fencedCells.makeIterator()
    for piece in parts.pieces {
      if piece.isCell, let cell = cells.next() {
        pieces.append(GitHubCell(cell, record: records[cell.id], of: self).markdown(&files))
      } else {
        var prose = GitHubProse(piece.source, firstLine: piece.line, of: self)
        pieces.append(prose.markdown(&files))
      }
    }
    add(NotebookHead(notebook, record: record).markdown, to: &pieces)
    pieces.append(works.list)
    let body = pieces.filter { !$0.isEmpty }.joined(separator: "\n\n")
    let source = notebook.file.split(separator: "/").last.map(String.init) ?? notebook.file
    let mark = Self.mark + source.replacing("--", with: "-") + " -->"
    return (([mark, body, GitHubFolder.list(files)].filter { !$0.isEmpty }.joined(separator: "\n\n")) + "\n", files)
  }

  /// Below the title, where the prose begins with that, as on a page.
  private func add(_ head: String?, to pieces: inout [String]) {
    guard let head else { return }
    let first = pieces.first ?? ""
    guard notebook.beginsWithTitle, first.hasPrefix("# ") else { return pieces.insert(head, at: 0) }
    let title = first.prefix { !$0.isNewline }
    let rest = first.dropFirst(title.count)
    pieces[0] = "\(title)\n\n\(head)" + (rest.isEmpty || rest.hasPrefix("\n\n") ? "" : "\n") + rest
  }

  /// What links lead to, before what bears the name.
  static func anchor(_ name: String) -> String { "<a id=\"\(Markup.escape(name))\"></a>" }

  // MARK: - Links

  enum Address {
    /// As it is written.
    case same
    case other(String)
    /// It leads nowhere from there: its words stay.
    case none
  }

  func address(of reference: Reference, _ files: inout GitHubFiles) -> Address {
    switch reference.target {
    case .elsewhere: return .same
    case .anchor(let anchor):
      let target = linker.targets.anchor(anchor)
      return target == anchor ? .same : .other(SiteNames.anchor(target))
    case .notebook(let path, let anchor): return address(ofNotebook: path, anchor: anchor)
    case .file(let path):
      guard let copy = linker.file(path), let file = place.files.first(where: { SiteNames.link(toFile: $0.path) == copy }) else {
        return .same
      }
      let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
      return .other(files.add(name, file.data, from: "file " + path))
    }
  }

  /// From within the project to the notebook's file, from elsewhere to its page.
  private func address(ofNotebook path: String, anchor: String?) -> Address {
    let fragment = anchor.map(SiteNames.anchor) ?? ""
    let folder = URL(fileURLWithPath: notebook.folder).standardizedFileURL
    let target = URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL
    let own = URL(fileURLWithPath: place.path).standardizedFileURL.deletingLastPathComponent()
    let project = URL(fileURLWithPath: notebook.root).standardizedFileURL.deletingLastPathComponent().path
    if (own.path + "/").hasPrefix(project + "/"), FileManager.default.fileExists(atPath: target.path) {
      return .other(Self.relative(target, from: own) + fragment)
    }
    guard let site = place.site else { return .none }
    return .other(site + SiteNames.folder(Notebook.name(ofFile: target.path)) + fragment)
  }

  private static func relative(_ file: URL, from folder: URL) -> String {
    let (target, own) = (file.pathComponents, folder.pathComponents)
    let common = zip(target, own).prefix { $0 == $1 }.count
    let parts = Array(repeating: "..", count: own.count - common) + target[common...].map { SiteNames.link($0) }
    return parts.joined(separator: "/")
  }

  // MARK: - Pictures

  /// The address of a picture that the prose names; nil where it stays as it is.
  func picture(_ url: String, _ files: inout GitHubFiles) -> String? {
    if let (name, data) = Self.data(url) { return files.add(name, data, from: url) }
    do {
      return try notebook.pictureFile(url).map { file in
        files.add(URL(fileURLWithPath: file.path).lastPathComponent, file.data, from: "file " + file.path)
      }
    } catch {
      files.warnings.append("the picture '\(url)' is not in the export: \(error.message)")
      return nil
    }
  }

  /// A picture that is in its URL, which GitHub does not show.
  private static func data(_ url: String) -> (name: String, data: Data)? {
    guard let match = url.prefixMatch(of: /data:image\/(\w+)[^,]*;base64,/),
      let data = Data(base64Encoded: String(url[match.range.upperBound...]), options: .ignoreUnknownCharacters),
      let picture = PictureOutput(data)
    else { return nil }
    return ("picture." + picture.format.fileType, data)
  }

  /// An output of another notebook, in the place of the picture that names it.
  func shown(_ reference: Reference, _ files: inout GitHubFiles) -> String? {
    guard case .notebook(let path, let anchor?) = reference.target, let (output, caption) = linker.shown(reference) else {
      return nil
    }
    var context = GitHubContext(cell: RecordFiles.name(Notebook.name(ofFile: path) + "-" + anchor), files: files)
    let markdown = output.gitHubForm.gitHub(in: &context)
    files = context.files
    return markdown + "\n\n**\(named(reference)).**" + (caption.map { " " + $0 } ?? "")
  }

  /// What a reference to another notebook is called, as a link where it leads somewhere from here.
  func named(_ reference: Reference) -> String {
    let words = Prose.escaped(linker.words(of: reference) ?? reference.url)
    guard case .notebook(let path, let anchor) = reference.target,
      case .other(let address) = address(ofNotebook: path, anchor: anchor)
    else { return words }
    return "[\(words)](\(address))"
  }
}
