/// Names of files and folders in the site, and their links.
package enum SiteNames {
  /// What lies in the site's own folder besides pages.
  private static let ownNames: Set = ["assets", "index.html", "sitemap.xml", "feed.xml"]
  /// What lies in a page's folder besides pages below it.
  private static let pageNames: Set = ["record", "outputs", "files", runsFolder, "runs.json", "index.html", "card.png"]
  /// Where the table of a notebook's runs lies in the folder of its page.
  static let runsFolder = "runs"

  /// Whether a notebook of this name has a folder of its own in the site.
  static func isFolder(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.enumerated().allSatisfy { index, part in
      !part.isEmpty && !part.hasPrefix(".") && !part.contains("\0") && !isReserved(part, isFirst: index == 0)
    }
  }

  /// Whether a folder of this name holds no page. File systems that take capitals for small letters keep the names apart too.
  static func isReserved(_ part: some StringProtocol, isFirst: Bool) -> Bool {
    (isFirst ? ownNames : pageNames).contains(part.lowercased())
  }

  /// The link to what bears a name on the same page.
  package static func anchor(_ name: String) -> String { "#" + link(name) }

  /// The link from one notebook's page to another's: from `part/a` to `summary` it is `../../summary/index.html`. The site's first page has no
  /// name.
  package static func link(from: String, to: String) -> String { root(from: from) + folder(to) + "index.html" }

  /// From a page's folder to the site's: `../../` for `part/a`.
  package static func root(from name: String) -> String { String(repeating: "../", count: name.split(separator: "/").count) }

  /// A page's folder, from the site's: `part/a/`; nothing for the site's first page.
  package static func folder(_ name: String) -> String { name.split(separator: "/").map { link(String($0)) + "/" }.joined() }

  /// A name as a part of a relative link.
  package static func link(_ name: String) -> String {
    name.utf8.map { byte in
      let character = Character(Unicode.Scalar(byte))
      let stays = byte < 0x80 && (character.isLetter || character.isNumber || "-_.~".contains(character))
      return stays ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  /// The link to a file by its path from the page's folder.
  package static func link(toFile path: String) -> String {
    path.split(separator: "/").map { link(String($0)) }.joined(separator: "/")
  }
}
