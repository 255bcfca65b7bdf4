import Files
import Foundation
import Glibc

/// What lies at a path of the site: on the disk, or what is shown instead.
struct SiteFiles: Sendable {
  let folder: String

  enum Found {
    /// An HTML page, and the name of its folder in the site.
    case page(String, Data)
    case file(Data, type: String)
    /// A folder, asked for without its slash.
    case moved(to: String)
    case missing(String)
  }

  /// - Parameters:
  ///   - path: as the browser sent it, percent-encoded.
  ///   - shown: what is shown instead of a page's file.
  func find(_ path: String, shown: (String) -> String?) -> Found {
    guard let place = SitePath(path) else { return .missing("") }
    let name = place.page
    if let name, let html = shown(name) { return .page(name, Data(html.utf8)) }
    if name == nil, shown(place.joined) != nil { return .moved(to: place.asFolder) }
    guard let (file, isFolder) = resolve(place.names) else { return .missing(name ?? place.joined) }
    switch (isFolder, place.isFolder) {
    case (true, false): return .moved(to: place.asFolder)
    case (true, true): return read(place.names + ["index.html"])
    case (false, true): return .missing(place.joined)
    case (false, false): return read(file, place.names)
    }
  }

  /// The pages there are, by name, without the index.
  func pages(shown: [String]) -> [String] {
    let files = FolderTree(folder).names.filter { name in
      resolve(name.split(separator: "/").map(String.init) + ["index.html"])?.isFolder == false
    }
    return Set(files + shown).subtracting([""]).sorted()
  }

  private func read(_ names: [String]) -> Found {
    guard let (file, isFolder) = resolve(names), !isFolder else { return .missing(names.dropLast().joined(separator: "/")) }
    return read(file, names)
  }

  private func read(_ file: String, _ names: [String]) -> Found {
    let folder = names.dropLast().joined(separator: "/")
    guard let data = FileManager.default.contents(atPath: file) else { return .missing(folder) }
    let type = MIMEType.of(names.last ?? "")
    return type == MIMEType.html ? .page(folder, data) : .file(data, type: type)
  }

  /// The file or folder itself, without symbolic links, if it lies in the site. Sockets, pipes and devices are not there.
  private func resolve(_ names: [String]) -> (path: String, isFolder: Bool)? {
    guard let root = Self.realPath(folder), let path = Self.realPath(([folder] + names).joined(separator: "/")) else {
      return nil
    }
    guard path == root || path.hasPrefix(root == "/" ? root : root + "/") else { return nil }
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return (path, true)
    case S_IFREG: return (path, false)
    default: return nil
    }
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

/// A path in the site, as the names that it is made of.
struct SitePath {
  var names: [String]
  var isFolder: Bool

  /// nil for what is no plain path in the site: with `.`, `..` or hidden names, encoded or not, with a slash or a null in a name.
  init?(_ path: String) {
    guard path.hasPrefix("/") else { return nil }
    var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    isFolder = parts.last?.isEmpty ?? true
    if isFolder { parts = parts.dropLast() }
    names = []
    for part in parts {
      guard let name = String(part).removingPercentEncoding, !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(0),
        !name.utf8.contains(UInt8(ascii: "/"))
      else { return nil }
      names.append(name)
    }
  }

  var joined: String { names.joined(separator: "/") }

  /// The page at this path, if it is one's folder or its index: `a/` and `a/index.html`.
  var page: String? {
    if isFolder { return joined }
    return names.last == "index.html" ? names.dropLast().joined(separator: "/") : nil
  }

  /// `/a/b/`, for a link.
  var asFolder: String { "/" + Self.folder(joined) }

  /// `part/a/`, for the page `part/a`.
  static func folder(_ page: String) -> String { page.split(separator: "/").map { encoded(String($0)) + "/" }.joined() }

  static func encoded(_ name: String) -> String {
    name.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? ""
  }
}

/// What a file is, by the end of its name.
enum MIMEType {
  static let html = "text/html; charset=utf-8"

  static func of(_ name: String) -> String {
    let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last?.lowercased() ?? ""
    guard let type = types[suffix] else { return "application/octet-stream" }
    let isText = type.hasPrefix("text/") || ["application/json", "application/xml", "image/svg+xml"].contains(type)
    return isText ? type + "; charset=utf-8" : type
  }

  private static let types = [
    "html": "text/html", "htm": "text/html", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
    "json": "application/json", "map": "application/json", "xml": "application/xml", "txt": "text/plain", "log": "text/plain",
    "md": "text/markdown", "csv": "text/csv", "tsv": "text/tab-separated-values", "svg": "image/svg+xml", "png": "image/png",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif",
    "ico": "image/vnd.microsoft.icon", "pdf": "application/pdf", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf",
    "otf": "font/otf", "wasm": "application/wasm", "mp4": "video/mp4", "webm": "video/webm", "mp3": "audio/mpeg",
    "wav": "audio/wav", "zip": "application/zip",
  ]
}
