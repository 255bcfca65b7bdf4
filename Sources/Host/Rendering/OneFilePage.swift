import Document
import Foundation

/// A page as one file that is whole wherever it is put: its style sheet, its script and its pictures are in it, and what lies beside a page of a
/// site is in its links.
///
/// A link to another page of the site leads to the address at which the site is read; where that is not known, its words stay and lead nowhere.
package struct OneFilePage {
  private let page: String
  private let name: String
  private let site: String?
  private let files: [String: Data]

  /// - Parameters:
  ///   - page: one that was made for a file of its own (`PageContext.Form`).
  ///   - site: the address of its site, with a slash at its end, if it has one.
  ///   - hasFiles: whether what lies beside a page of a site is in the links; a reader of paper has no use for that.
  package init(_ page: Page, site: String?, hasFiles: Bool = true) {
    name = page.name
    self.site = site
    self.page = page.html
    guard hasFiles else {
      files = [:]
      return
    }
    let texts = page.attachments.map { ($0.path, Data($0.text.utf8)) }
    files = Dictionary(texts + page.files.map { ($0.path, $0.data) }, uniquingKeysWith: { first, _ in first })
  }

  private struct Edit {
    var range: Range<Int>
    var text: String
  }

  /// The page with links that lead somewhere from anywhere; all else stays as it is, byte for byte.
  package var html: String {
    let bytes = Array(page.utf8)
    var edits: [Edit] = []
    for tag in HTMLTags(page).all where tag.name == "a" {
      guard let link = tag["href"], !link.value.hasPrefix("#"), Reference(url: link.value, line: 0).target != .elsewhere else {
        continue
      }
      if let data = data(link.value) {
        edits.append(
          Edit(range: link.range, text: "\"\(data.url)\"" + (tag["download"] == nil ? " download=\"\(data.name)\"" : "")))
        if let own = tag["download"] { edits.append(Edit(range: own.range, text: "\"\(data.name)\"")) }
      } else if let site, let base = URL(string: site + SiteNames.folder(name)),
        let address = URL(string: link.value, relativeTo: base)?.absoluteString
      {
        edits.append(Edit(range: link.range, text: "\"\(HTML.text(address))\""))
      } else {
        edits += unlinking(tag, in: bytes)
      }
    }
    var (result, position) = ([UInt8](), 0)
    result.reserveCapacity(bytes.count)
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where edit.range.lowerBound >= position {
      result += bytes[position..<edit.range.lowerBound] + Array(edit.text.utf8)
      position = edit.range.upperBound
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }

  /// The content of a file beside the page as a link, and its name.
  private func data(_ link: String) -> (url: String, name: String)? {
    let path = link.prefix { $0 != "#" && $0 != "?" }.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    guard let data = files[path.joined(separator: "/")], let name = path.last else { return nil }
    let types = ["csv": "text/csv", "txt": "text/plain", "json": "application/json", "pdf": "application/pdf"]
    let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    let type = types[ending].map { $0.hasPrefix("text/") ? $0 + ";charset=utf-8" : $0 } ?? "application/octet-stream"
    return ("data:\(type);base64,\(data.base64EncodedString())", HTML.text(name))
  }

  /// A link as words: links do not nest, so the next end is its own.
  private func unlinking(_ tag: HTMLTags.Tag, in bytes: [UInt8]) -> [Edit] {
    let last = tag.attributes.map(\.range.upperBound).max() ?? tag.start
    guard let end = bytes[last...].firstIndex(of: UInt8(ascii: ">")),
      let close = bytes[end...].indices.first(where: { bytes[$0] == UInt8(ascii: "<") && bytes[$0...].starts(with: "</a".utf8) })
    else { return [] }
    let kept = tag.attributes.filter { ["id", "class", "title"].contains($0.name) }
    let attributes = kept.map { " \($0.name)=\"\(HTML.text($0.value))\"" }.joined()
    return [
      Edit(range: tag.start..<end + 1, text: "<span\(attributes)>"),
      Edit(range: close..<close + 3, text: "</span"),
    ]
  }
}
