import Document
import Foundation
import Record

extension Notebook {
  /// The notebook with the pictures of its prose in the prose itself, as `data:` URLs: a page lies in another folder than its notebook, and
  /// shall be whole wherever it is put. Called after the run, since a cell may have drawn a picture.
  /// - Returns: the notebook, and what could not be put into it, as warnings. It stays a link.
  package func embeddingLocalImages() -> (notebook: Notebook, warnings: [Diagnostic]) {
    var embedding = PictureEmbedding(self)
    var notebook = self
    notebook.blocks = blocks.map { embedding.embed($0) }
    for (cell, fragments) in fragments.sorted(by: { $0.key < $1.key }) {
      for (index, fragment) in fragments.sorted(by: { $0.key < $1.key }) {
        notebook.fragments[cell]?[index]?.blocks = fragment.blocks.map { embedding.embed($0) }
      }
    }
    return (notebook, embedding.warnings)
  }

  /// A picture that its prose names: the absolute path of its file, and its bytes; nil for one that is in its URL, or on another host.
  /// - Throws: a `Diagnostic` that says why it cannot be shown.
  package func pictureFile(_ url: String) throws(Diagnostic) -> (path: String, data: Data)? {
    guard case .files(let paths, _) = PictureReference(url: url, line: 0).target else { return nil }
    let (path, data, _) = try PictureFile.contents(paths, in: URL(fileURLWithPath: folder))
    return (path, data)
  }

  /// The files of the prose's pictures, by absolute paths, also those that are not there: a page changes with them.
  package var pictureFiles: Set<String> {
    let folder = URL(fileURLWithPath: folder)
    return Set(
      pictures.compactMap { picture in
        guard case .files(let paths, _) = picture.target else { return nil }
        let files = paths.map { URL(fileURLWithPath: $0, relativeTo: folder).standardizedFileURL.path }
        return files.first { FileManager.default.fileExists(atPath: $0) } ?? files.first
      })
  }
}

/// Puts the pictures of a notebook's prose into it.
private struct PictureEmbedding {
  private let notebook: Notebook
  private let folder: URL
  private(set) var warnings: [Diagnostic] = []
  /// By URL, as it stands in the HTML; itself where it is not put into the page.
  private var known: [String: String] = [:]

  init(_ notebook: Notebook) {
    self.notebook = notebook
    folder = URL(fileURLWithPath: notebook.folder)
  }

  mutating func embed(_ block: Block) -> Block {
    switch block {
    case .prose(let html, let line): return .prose(html: embed(html), line: line)
    case .heading(var heading):
      heading.html = embed(heading.html)
      return .heading(heading)
    case .listing, .cell: return block
    }
  }

  /// The HTML with other values of the attributes that name pictures; all else stays as it is, byte for byte.
  mutating func embed(_ html: String) -> String {
    var replacements: [(range: Range<Int>, value: String)] = []
    for source in HTMLTags(html).all.flatMap(\.sources).sorted(by: {
      $0.attribute.range.lowerBound < $1.attribute.range.lowerBound
    }) {
      switch source {
      case .picture(let attribute): replacements.append((attribute.range, embedded(attribute.value)))
      case .pictures(let attribute):
        replacements.append((attribute.range, SourceSet.mapping(attribute.value) { embedded($0) }))
      case .other: continue
      }
    }
    var bytes = Array(html.utf8)
    for (range, value) in replacements.reversed() where value.contains("data:") {
      let escaped = value.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
      bytes.replaceSubrange(range, with: Array("\"\(escaped)\"".utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func embedded(_ url: String) -> String {
    let url = url.trimmingCharacters(in: .whitespacesAndNewlines)
    if let known = known[url] { return known }
    guard case .files(let paths, let fragment) = PictureReference(url: url, line: 0).target else { return url }
    let result: String
    do {
      result = try PictureFile.dataURL(paths, in: folder, fragment: fragment)
    } catch {
      let line = notebook.pictures.first { $0.isSame(as: url) }?.line ?? 1
      warnings.append(
        Diagnostic(
          .warning, at: Place(file: notebook.file, line: line), "the picture '\(url)' is not in the page: \(error.message)",
          advice: error.advice))
      result = url
    }
    known[url] = result
    return result
  }
}

/// A file that holds a picture.
private enum PictureFile {
  /// More than this is no picture of a page: it would take longer to read than the page.
  static let mostBytes = 20_000_000

  private static let types = [
    "png": "image/png", "apng": "image/apng", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jfif": "image/jpeg", "gif": "image/gif",
    "svg": "image/svg+xml", "webp": "image/webp", "avif": "image/avif", "bmp": "image/bmp", "ico": "image/x-icon",
  ]

  /// - Parameters:
  ///   - paths: of which the first that exists is meant.
  ///   - fragment: the part of a drawing that is shown.
  /// - Throws: a `Diagnostic` that says why there is no picture.
  static func dataURL(_ paths: [String], in folder: URL, fragment: String) throws(Diagnostic) -> String {
    let (_, data, type) = try contents(paths, in: folder)
    return "data:\(type);base64,\(data.base64EncodedString())" + (type == "image/svg+xml" ? fragment : "")
  }

  /// The path, the bytes and the type of the first file that exists.
  static func contents(_ paths: [String], in folder: URL) throws(Diagnostic) -> (path: String, data: Data, type: String) {
    guard let path = paths.first(where: { exists($0, in: folder) }) else {
      throw Diagnostic(
        "there is no such file",
        advice: "Its path is read from the notebook's folder. A picture that a cell draws is there after it ran.")
    }
    let data = try read(URL(fileURLWithPath: path, relativeTo: folder))
    guard let type = types[URL(fileURLWithPath: path).pathExtension.lowercased()] ?? sniffed(data) else {
      throw Diagnostic(
        "it is no picture that browsers show",
        advice: "Give a file of the type \(Set(types.keys).sorted().joined(separator: ", ")).")
    }
    return (URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL.path, data, type)
  }

  private static func exists(_ path: String, in folder: URL) -> Bool {
    !path.isEmpty && FileManager.default.fileExists(atPath: URL(fileURLWithPath: path, relativeTo: folder).path)
  }

  /// Only of a plain file: a pipe would be waited for.
  private static func read(_ file: URL) throws(Diagnostic) -> Data {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular else {
      throw Diagnostic("it is no file but a folder or a device", advice: "Name a file.")
    }
    let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard size <= mostBytes else {
      throw Diagnostic(
        String(format: "it takes %.0f MB", Double(size) / 1e6),
        advice: "Make it smaller: at most \(mostBytes / 1_000_000) MB are put into a page.")
    }
    guard let data = try? Data(contentsOf: file) else { throw Diagnostic("it cannot be read", advice: "See who may read it.") }
    if data.isEmpty { throw Diagnostic("it is empty", advice: "Was it written to its end?") }
    if data.starts(with: Array("version https://git-lfs".utf8)) {
      throw Diagnostic("it is a pointer of Git LFS, not the picture", advice: "Fetch it: git lfs pull.")
    }
    return data
  }

  /// The type of a file without a known ending, by its first bytes.
  private static func sniffed(_ data: Data) -> String? {
    let starts: [(type: String, bytes: [UInt8])] = [
      ("image/png", [0x89] + Array("PNG".utf8)), ("image/jpeg", [0xFF, 0xD8, 0xFF]), ("image/gif", Array("GIF8".utf8)),
      ("image/bmp", Array("BM".utf8)),
    ]
    if let match = starts.first(where: { data.starts(with: $0.bytes) }) { return match.type }
    if data.starts(with: Array("RIFF".utf8)), data.dropFirst(8).starts(with: Array("WEBP".utf8)) { return "image/webp" }
    if data.dropFirst(4).starts(with: Array("ftypavif".utf8)) { return "image/avif" }
    let text = String(decoding: data.prefix(1000), as: UTF8.self)
    return text.firstMatch(of: /^\s*(<\?xml.*?\?>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg.*?>\s*)?<svg[\s>]/.dotMatchesNewlines())
      != nil
      ? "image/svg+xml" : nil
  }
}
