/// A picture that the prose of a notebook names.
package struct PictureReference: Sendable, Equatable {
  /// As it is written, without the escapes of Markdown and HTML: `fig/a%20b.png`.
  package var url: String
  /// In the file.
  package var line: Int

  /// A picture that is named by a URL, at a line of the file.
  package init(url: String, line: Int) { (self.url, self.line) = (url, line) }

  /// The same at another line.
  func moved(to line: Int) -> PictureReference { PictureReference(url: url, line: line) }

  /// Where a picture's URL leads to.
  package enum Target: Sendable, Equatable {
    /// It is in the URL itself.
    case data
    /// Another host, or a scheme of another kind.
    case elsewhere(scheme: String?)
    /// Files, by paths relative to the notebook's folder: the first that exists is meant. A `?` or a `#` begins what is no part of the
    /// name, unless there is a file of that name.
    case files([String], fragment: String)
  }

  /// Where the URL leads.
  package var target: Target {
    if let scheme = Self.scheme(of: url) { return scheme == "data" ? .data : .elsewhere(scheme: scheme) }
    if url.hasPrefix("//") { return .elsewhere(scheme: nil) }
    let path = url.prefix { $0 != "?" && $0 != "#" }
    let fragment = url.firstIndex(of: "#").map { String(url[$0...]) } ?? ""
    let paths = [Self.percentDecoded(path), Self.percentDecoded(url[...]), String(path), url]
    return .files(paths.enumerated().filter { !paths[..<$0.offset].contains($0.element) }.map(\.element), fragment: fragment)
  }

  /// Whether two URLs are spellings of one: Markdown percent-encodes what an URL cannot hold.
  package func isSame(as url: String) -> Bool {
    self.url == url || Self.percentDecoded(self.url[...]) == Self.percentDecoded(url[...])
  }

  /// `https`, in lower case.
  static func scheme(of url: String) -> String? {
    url.firstMatch(of: /^([A-Za-z][A-Za-z0-9+.\-]*):/).map { $0.1.lowercased() }
  }

  /// A percent sign that no two digits follow stands for itself.
  static func percentDecoded(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    var (decoded, index) = ([UInt8](), 0)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      {
        decoded.append(byte)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(validating: decoded, as: UTF8.self) ?? String(text)
  }
}
