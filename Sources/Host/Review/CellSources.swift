import Document
import Foundation

/// The sources of a notebook's cells in both, for the lines that changed.
struct CellSources {
  private let base: [String: String]
  private let head: [String: String]

  init(_ base: String?, _ head: String?) {
    (self.base, self.head) = (Self.cells(base), Self.cells(head))
  }

  private static func cells(_ markdown: String?) -> [String: String] {
    // Line ends are the checkout's.
    guard let markdown = markdown?.replacing("\r\n", with: "\n") else { return [:] }
    let notebook = try? Notebook(markdown: markdown, file: "notebook.md")
    return Dictionary((notebook?.cells ?? []).map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
  }

  /// What changed between a cell of the base and one of the head; nothing if either is not known.
  func changes(_ former: String, _ id: String) -> [LineChange] {
    guard let old = base[former], let new = head[id] else { return [] }
    return TextComparison(old, new, rule: NumberRule(0)).lines
  }
}
