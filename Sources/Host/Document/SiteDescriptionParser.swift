import Foundation
import Record
import Yams

extension SiteDescription {
  /// Reads `site.yml` of a folder of notebooks.
  /// - Parameter folder: an absolute path.
  /// - Returns: what it says, and what is wrong with it, each at its line. Without the file all is as by default.
  package static func read(in folder: String) -> (description: SiteDescription, problems: [Diagnostic]) {
    let path = "\(folder)/\(fileName)"
    guard FileManager.default.fileExists(atPath: path) else {
      var description = SiteDescription()
      description.folderInRepository = folderInRepository(folder)
      return (description, [])
    }
    do {
      let text = try TextFile.read(path, advice: "It describes the site; without it all is as by default.")
      return SiteDescriptionParser.parse(text, folder: folder, file: shown(path))
    } catch {
      return (SiteDescription(), (error as? Diagnostics)?.all ?? [error as? Diagnostic ?? Diagnostic(Diagnostic.words(error))])
    }
  }

  /// A path as messages name it: from the working directory where it lies below it.
  private static func shown(_ path: String) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }

  /// Where a folder lies in its git repository, with a slash at its end; by its name alone where there is none.
  fileprivate static func folderInRepository(_ folder: String) -> String {
    let url = URL(fileURLWithPath: folder)
    var (top, names) = (url, [String]())
    while top.path != "/" {
      if FileManager.default.fileExists(atPath: top.appendingPathComponent(".git").path) {
        return names.reversed().map { $0 + "/" }.joined()
      }
      names.append(top.lastPathComponent)
      top.deleteLastPathComponent()
    }
    return url.lastPathComponent + "/"
  }
}

/// Reads the keys of `site.yml`.
private struct SiteDescriptionParser {
  private let folder: String
  private var source: SourceText
  private var description = SiteDescription()

  private static let keys = [
    "title", "description", "authors", "repository", "branch", "source", "edit", "url", "footer", "language", "favicon",
    "downloads", "contents",
  ]

  static func parse(_ text: String, folder: String, file: String) -> (SiteDescription, [Diagnostic]) {
    var parser = SiteDescriptionParser(folder: folder, source: SourceText(text, file: file))
    parser.description.folderInRepository = SiteDescription.folderInRepository(folder)
    let yaml = parser.source.lines.joined(separator: "\n")
    if let mapping = YAMLMapping(yaml, firstLine: 1, what: "the description of the site", in: &parser.source) {
      for entry in mapping.entries { parser.read(entry) }
    }
    return (parser.description, parser.source.problems)
  }

  private init(folder: String, source: SourceText) { (self.folder, self.source) = (folder, source) }

  private mutating func read(_ entry: YAMLMapping.Entry) {
    switch entry.key {
    case "title": description.title = text(entry)
    case "description": description.description = text(entry)
    case "authors": description.authors = authors(entry)
    case "repository": description.repository = address(entry).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    case "branch": description.branch = text(entry) ?? description.branch
    case "source": description.source = pattern(entry)
    case "edit": description.edit = pattern(entry)
    case "url": description.url = address(entry).map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    case "footer": description.footer = footer(entry)
    case "language": description.language = language(entry)
    case "favicon": description.favicon = picture(entry)
    case "downloads": readDownloads(entry)
    case "contents": readContents(entry)
    default:
      source.report(
        line: entry.line, "a site's description has no key '\(entry.key)'",
        advice: Suggestion.advice(for: entry.key, among: Self.keys))
    }
  }

  // MARK: - Values

  private mutating func expect(_ what: String, of entry: YAMLMapping.Entry) {
    source.report(line: entry.line, "'\(entry.key)' is \(entry.value.kindInWords), and must be \(what)")
  }

  private mutating func text(_ entry: YAMLMapping.Entry) -> String? {
    if let text = entry.value.text { return text }
    expect("a text", of: entry)
    return nil
  }

  private mutating func texts(_ entry: YAMLMapping.Entry, _ what: String) -> [String] {
    if let texts = entry.value.texts { return texts }
    expect(what, of: entry)
    return []
  }

  /// Names, or mappings with a name, as a notebook's authors may be written.
  private mutating func authors(_ entry: YAMLMapping.Entry) -> [String] {
    let nodes = entry.value.list ?? [entry.value]
    let names = nodes.compactMap { node in node.text ?? node.mapping?.first { $0.key.text == "name" }?.value.text }
    if names.count != nodes.count { expect("a name, or a list of names", of: entry) }
    return names
  }

  /// It stands on every page, which asks no other host for anything, in whatever folder the page lies.
  private mutating func footer(_ entry: YAMLMapping.Entry) -> String? {
    guard let html = text(entry).map(MarkdownParser.html(of:)) else { return nil }
    let tags = HTMLTags(html).all
    if let loaded = tags.flatMap(\.sources).first {
      source.report(
        line: entry.line, "the footer shows '\(loaded.attribute.value)', and cannot load anything",
        advice: "Write text and links in it.")
      return nil
    }
    for link in tags.compactMap({ $0["href"]?.value }) where link.firstMatch(of: /^[A-Za-z][A-Za-z0-9+.-]*:/) == nil {
      let name = SiteDescription.notebook(inLink: link)
      if let name, FileManager.default.fileExists(atPath: "\(folder)/\(name).md") { continue }
      source.report(
        line: entry.line, "the footer links to '\(link)', which is no address and no notebook",
        advice: "Write a whole address, as 'https://example.org/', or a notebook's file, as 'about.md'.")
    }
    return html
  }

  private mutating func address(_ entry: YAMLMapping.Entry) -> String? {
    guard let text = text(entry) else { return nil }
    let form = /https?:\/\/[^\s\/"<>]+(\/[^\s"<>?#]*)?/
    if text.wholeMatch(of: form) != nil { return text }
    source.report(
      line: entry.line, "'\(entry.key)' is '\(text)', and must be an address",
      advice: "Write it whole, as 'https://example.org/notebooks/'.")
    return nil
  }

  private mutating func pattern(_ entry: YAMLMapping.Entry) -> String? {
    guard let text = text(entry) else { return nil }
    if text.wholeMatch(of: /https?:\/\/[^\s"<>]+/) != nil, text.contains("{path}") { return text }
    source.report(
      line: entry.line, "'\(entry.key)' is '\(text)', and must be an address with {path} in it",
      advice: "As 'https://example.org/reasoning/edit/{branch}/{path}'.")
    return nil
  }

  private mutating func language(_ entry: YAMLMapping.Entry) -> String? {
    guard let text = text(entry) else { return nil }
    if text.wholeMatch(of: /[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*/) != nil { return text }
    source.report(
      line: entry.line, "'language' is '\(text)', and must be a language's tag", advice: "As 'en', 'de' or 'pt-BR'.")
    return nil
  }

  private mutating func picture(_ entry: YAMLMapping.Entry) -> String? {
    guard let text = text(entry) else { return nil }
    let path = URL(fileURLWithPath: text, relativeTo: URL(fileURLWithPath: folder, isDirectory: true)).standardizedFileURL.path
    let types = ["svg", "png", "ico", "gif", "jpg", "webp"]
    var status = stat()
    if !types.contains(URL(fileURLWithPath: path).pathExtension.lowercased()) {
      source.report(
        line: entry.line, "'favicon' is '\(text)', which is no picture that browsers take for it",
        advice: "Give a file of the type \(types.joined(separator: ", ")).")
    } else if stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFREG {
      source.report(
        line: entry.line, "there is no file '\(text)' for 'favicon'",
        advice: "Its path is read from the folder of '\(SiteDescription.fileName)'.")
    } else {
      return path
    }
    return nil
  }

  private mutating func readDownloads(_ entry: YAMLMapping.Entry) {
    let known = SiteDescription.Download.allCases.map(\.rawValue)
    if entry.value.truth == false {
      description.downloads = []
      return
    }
    let names = texts(entry, "false, or a list of \(known.joined(separator: " and "))")
    for name in names where !known.contains(name) {
      source.report(
        line: entry.line, "a notebook cannot be downloaded as '\(name)'", advice: Suggestion.advice(for: name, among: known))
    }
    description.downloads = SiteDescription.Download.allCases.filter { names.contains($0.rawValue) }
  }

  // MARK: - Contents

  private mutating func readContents(_ entry: YAMLMapping.Entry) {
    guard let list = entry.value.list else { return expect("a list of notebooks and parts", of: entry) }
    var named: [String: Int] = [:]
    for item in list {
      let line = item.mark?.line ?? entry.line
      if let name = item.text {
        if description.contents.last?.title != nil || description.contents.isEmpty {
          description.contents.append(SiteDescription.Part(notebooks: []))
        }
        add(name, line: line, &named)
      } else if let mapping = item.mapping {
        readPart(mapping, line: line, &named)
      } else {
        source.report(line: line, "this is \(item.kindInWords), and must be a notebook's name or a part", advice: Self.example)
      }
    }
  }

  private static let example = "A part is '- part: Its title' with 'notebooks: [first, second]' below it."

  private mutating func readPart(_ mapping: Node.Mapping, line: Int, _ named: inout [String: Int]) {
    for (key, _) in mapping where !["part", "notebooks"].contains(key.text) {
      source.report(
        line: key.mark?.line ?? line, "a part has no key '\(key.text ?? "")'",
        advice: Suggestion.advice(for: key.text ?? "", among: ["part", "notebooks"]))
    }
    let notebooks = mapping.first { $0.key.text == "notebooks" }?.value
    guard let title = mapping.first(where: { $0.key.text == "part" })?.value.text, let names = notebooks?.texts else {
      return source.report(line: line, "a part must have a title and a list of notebooks", advice: Self.example)
    }
    description.contents.append(SiteDescription.Part(title: title, notebooks: []))
    let nodes = notebooks?.list ?? []
    for (index, name) in names.enumerated() {
      add(name, line: nodes.indices.contains(index) ? nodes[index].mark?.line ?? line : line, &named)
    }
  }

  private mutating func add(_ name: String, line: Int, _ named: inout [String: Int]) {
    let plain = name.hasSuffix(".md") ? String(name.dropLast(3)) : name
    if let first = named[plain] {
      return source.report(
        line: line, "'\(plain)' stands in the contents twice", advice: "Keep one of them.",
        notes: [Diagnostic(.note, at: Place(file: source.file, line: first), "the first is here")])
    }
    named[plain] = line
    guard FileManager.default.fileExists(atPath: "\(folder)/\(plain).md") else {
      let there = FileManager.default.subpaths(atPath: folder) ?? []
      let names = there.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }.sorted()
      return source.report(
        line: line, "the contents name '\(name)', and there is no such notebook",
        advice: names.isEmpty ? "There is no notebook." : Suggestion.advice(for: plain, among: names))
    }
    description.contents[description.contents.count - 1].notebooks.append(plain)
  }
}
