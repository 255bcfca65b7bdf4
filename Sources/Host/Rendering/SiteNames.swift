import Document

extension SiteNames {
  /// The link from one page to another: from `part/a` to `summary` it is `../../summary/index.html`.
  package static func link(from page: String, to other: String) -> String {
    let up = String(repeating: "../", count: page.split(separator: "/").count)
    return up + other.split(separator: "/").map { link(String($0)) }.joined(separator: "/") + "/index.html"
  }

  /// The link to a file by its path from the page's folder.
  package static func link(toFile path: String) -> String {
    path.split(separator: "/").map { link(String($0)) }.joined(separator: "/")
  }
}
