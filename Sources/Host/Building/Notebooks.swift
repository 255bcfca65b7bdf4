import Document
import Files
import Foundation
import Record

/// Finds notebooks, and reads them with the parameters that a run shall have.
package enum Notebooks {
  /// The folder that is built if no notebook is named.
  package static let folder = Notebook.rootFolder

  /// The notebooks of a folder: its `.md` files and those of the folders in it, by name.
  package static func all(in folder: String = Notebooks.folder) throws -> [String] {
    guard (try? FileManager.default.contentsOfDirectory(atPath: folder)) != nil else {
      throw Diagnostic(
        "there is no folder '\(folder)' here",
        advice: "Name the notebooks to build (folio build a.md b.md), or go to the folder that holds '\(Notebooks.folder)'.")
    }
    let notebooks = entries(of: folder).filter(isFile)
    guard !notebooks.isEmpty else {
      throw Diagnostic("there is no notebook in '\(folder)'", advice: "A notebook is a Markdown file: its name ends in '.md'.")
    }
    return notebooks
  }

  /// What is wrong with entries of the folder that are called like notebooks and are no files: folders, and links that lead nowhere.
  package static func strangers(in folder: String = Notebooks.folder) -> [Diagnostic] {
    entries(of: folder).filter { !isFile($0) }
      .map { whyNoNotebook($0) ?? Diagnostic("'\($0)' is no file", advice: "Give it a name that does not end in '.md'.") }
  }

  /// The paths of what is called like a notebook in a folder and in the folders below it, whatever it is, by name.
  static func entries(of folder: String) -> [String] {
    folders(in: folder).flatMap { folder in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.sorted().map { "\(folder)/\($0)" }
    }
  }

  /// The folders whose Markdown files are notebooks: a folder, and those below it. Hidden ones, those that hold a model or a site, and what is called
  /// like a notebook are none: the Markdown of a model is its card, and that of a site lies there to be downloaded.
  package static func folders(in folder: String) -> [String] {
    let below = FolderTree(folder) { path, name in
      !name.hasSuffix(".md") && !isForeign([folder, path, name].filter { !$0.isEmpty }.joined(separator: "/"))
    }
    return [folder] + below.names.map { "\(folder)/\($0)" }
  }

  private static func isForeign(_ folder: String) -> Bool {
    let names = Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    let isModel = names.contains { $0 == "config.json" || $0.hasSuffix(".safetensors") || $0.hasSuffix(".gguf") }
    return isModel || names.contains("index.html") && names.contains("assets")
  }

  /// Whether a file is there, be it behind a link.
  package static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Why there is no notebook to read at a path, whatever stands in it; nil if there may be one.
  package static func whyNoNotebook(_ path: String) -> Diagnostic? {
    var status = stat()
    if stat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { return Diagnostic("'\(path)' is a folder", advice: adviceOnFolder(path)) }
      guard path.lowercased().hasSuffix(".ipynb") else { return nil }
      return Diagnostic(
        "'\(path)' is a notebook of Jupyter's",
        advice: "Make a notebook of Folio's of it: folio import '\(path)'. It is written beside it, as a Markdown file.")
    }
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
      let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
      return Diagnostic("'\(path)' is a link to '\(target)', which is not there", advice: "Remove the link, or mend it.")
    }
    let url = URL(fileURLWithPath: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
    let near = Suggestion.nearest(to: url.lastPathComponent, among: names.filter { $0.hasSuffix(".md") })
    return Diagnostic(
      "'\(path)' cannot be read: there is no such file",
      advice: near.map { "Did you mean '\($0)'?" } ?? "A notebook is a Markdown file: its name ends in '.md'.")
  }

  private static func adviceOnFolder(_ path: String) -> String {
    if path.hasSuffix(".md") { return "A notebook is a Markdown file; give the folder a name that does not end in '.md'." }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let first = try? all(in: folder).first else {
      return "Name a notebook: a Markdown file, as '\(folder)/a.md'. 'folio build' alone builds all of '\(Notebooks.folder)/'."
    }
    return "Name a notebook in it, as '\(first)', or all of them: '\(folder)/*.md'."
  }

  /// Reads notebooks, in the order of their front matter's `order`, then by name.
  /// - Parameter overrides: parameters' values, as written after `-P`. A parameter that only some notebooks have is set in
  ///   these; one that none has is an error, unless `ignoringStrangers`.
  /// - Throws: `Diagnostics` with everything that is wrong in any of them; `ParameterProblem` for an override that does not fit.
  package static func read(
    _ paths: [String], overrides: [(name: String, value: String)] = [], ignoringStrangers: Bool = false
  ) throws -> [Notebook] {
    let (notebooks, problems) = try readable(paths, overrides: overrides, ignoringStrangers: ignoringStrangers)
    guard problems.isEmpty else { throw Diagnostics(problems) }
    return notebooks
  }

  /// Those notebooks that can be read, in the same order, and what is wrong with the others.
  package static func readable(
    _ paths: [String], overrides: [(name: String, value: String)] = [], ignoringStrangers: Bool = false
  ) throws -> (notebooks: [Notebook], problems: [Diagnostic]) {
    var notebooks: [Notebook] = []
    var problems: [Diagnostic] = []
    for path in paths {
      do {
        if let problem = whyNoNotebook(path) { throw problem }
        notebooks.append(try Notebook(contentsOf: path))
      } catch let error as Diagnostics {
        problems += error.all
      } catch let error as Diagnostic {
        problems.append(error)
      }
    }
    for (name, group) in Dictionary(grouping: notebooks, by: \.name) where group.count > 1 {
      let isOneFile = Set(group.map { URL(fileURLWithPath: $0.file).standardizedFileURL.path }).count == 1
      throw Diagnostic(
        isOneFile
          ? "\(group[0].file) is named \(group.count) times"
          : "\(group.map(\.file).joined(separator: " and ")) would both be the page '\(name)'",
        advice: isOneFile ? "Name it once." : "Rename one of them.")
    }
    // An override may be meant for one that cannot be read: that is not known before it can.
    let ignoresStrangers = ignoringStrangers || !problems.isEmpty
    let overridden = try override(notebooks, by: overrides, ignoringStrangers: ignoresStrangers).sorted {
      ($0.frontMatter.order ?? .max, $0.name) < ($1.frontMatter.order ?? .max, $1.name)
    }
    return (overridden, problems)
  }

  private static func override(
    _ notebooks: [Notebook], by overrides: [(name: String, value: String)], ignoringStrangers: Bool
  ) throws -> [Notebook] {
    try assigning(notebooks, overrides, ignoringStrangers: ignoringStrangers) { try [$0.applying(overrides: $1)] }
  }

  /// Gives each notebook those of the values that are for parameters of its own; one that none has is an error, unless strangers are ignored.
  static func assigning(
    _ notebooks: [Notebook], _ overrides: [(name: String, value: String)], ignoringStrangers: Bool,
    _ body: (Notebook, [(name: String, value: String)]) throws -> [Notebook]
  ) throws -> [Notebook] {
    func has(_ notebook: Notebook, _ name: String) -> Bool { notebook.frontMatter.parameters.contains { $0.name == name } }
    let strangers = overrides.filter { override in !notebooks.contains { has($0, override.name) } }
    do {
      // Where nobody has it, the first notebook says so, with what it has instead.
      if !ignoringStrangers, let stranger = strangers.first { _ = try notebooks.first?.applying(overrides: [stranger]) }
      return try notebooks.flatMap { notebook in try body(notebook, overrides.filter { has(notebook, $0.name) }) }
    } catch let problem as Diagnostic {
      throw ParameterProblem(description: [problem.message + ".", problem.advice].compactMap(\.self).joined(separator: " "))
    }
  }

  /// A `-P name=value` that fits no parameter: a wrong use of the command.
  package struct ParameterProblem: Error, CustomStringConvertible {
    package var description: String
  }
}
