import Foundation

/// What a page says of its notebook for the index, so that one notebook can be built without the others.
///
/// It stands in the page itself, as JSON in a `script` element that no browser runs: a page and its mark cannot disagree, and a page that
/// is deleted is gone from the index.
enum PageMark {
  private static let opening = #"<script type="application/json" id="folio-notebook">"#
  private static let closing = "</script>"

  static func html(_ entry: IndexPage.Entry) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(entry) else { return "" }
    return opening + String(decoding: json, as: UTF8.self).utf16.map(Self.spelled).joined() + closing
  }

  /// JSON can spell every character by its number. Without markup in it, nothing ends the element; without what is not ASCII, nothing
  /// invisible reaches the page.
  private static func spelled(_ unit: UInt16) -> String {
    let isPlain = (0x20..<0x7F).contains(unit) && !"<>&".utf16.contains(unit)
    return isPlain ? String(UnicodeScalar(UInt8(unit))) : "\\u" + String(format: "%04x", unit)
  }

  /// Reads the mark of a page; nil if the file is no page of ours.
  static func read(_ html: String) -> IndexPage.Entry? {
    guard let start = html.range(of: opening), let end = html.range(of: closing, range: start.upperBound..<html.endIndex)
    else { return nil }
    return try? JSONDecoder().decode(IndexPage.Entry.self, from: Data(html[start.upperBound..<end.lowerBound].utf8))
  }

  /// A page whose mark names the notebook's file from the folder that the site lies in, so that it is the same page wherever it was built.
  /// A file that lies elsewhere keeps the name by which it was built.
  static func placed(_ html: String, inSite folder: String) -> String {
    guard let entry = read(html), let source = entry.source else { return html }
    let beside = URL(fileURLWithPath: folder).standardizedFileURL.deletingLastPathComponent().path
    let path = URL(fileURLWithPath: source).standardizedFileURL.path
    guard path.hasPrefix(beside + "/") else { return html }
    var placed = entry
    placed.source = String(path.dropFirst(beside.count + 1))
    return html.replacing(self.html(entry), with: self.html(placed), maxReplacements: 1)
  }
}
