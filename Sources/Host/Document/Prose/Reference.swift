import Foundation

/// A link of the prose, or a picture that names another notebook's output, as it is written.
package struct Reference: Sendable, Equatable {
  /// Without the escapes of Markdown and HTML: `summary.md#named`.
  package var url: String
  /// In the file.
  package var line: Int
  /// Whether it has no words of its own, and so gets the name of what it leads to: `[](#s1-dla)`.
  package var isWordless = false
  /// `![](prontoqa.md#s1-dla)`: shows that output.
  package var isPicture = false

  package init(url: String, line: Int, isWordless: Bool = false, isPicture: Bool = false) {
    (self.url, self.line, self.isWordless, self.isPicture) = (url, line, isWordless, isPicture)
  }

  /// Where a link leads to.
  package enum Target: Sendable, Equatable {
    /// Another host, or a program: `https:`, `mailto:`.
    case elsewhere
    /// A place of the same page.
    case anchor(String)
    /// A Markdown file, by its path from the notebook's folder, and a place in it.
    case notebook(String, anchor: String?)
    /// Any other file or page, by its path from the notebook's folder.
    case file(String)
  }

  package var target: Target {
    if PictureReference.scheme(of: url) != nil || url.hasPrefix("//") { return .elsewhere }
    let path = PictureReference.percentDecoded(url.prefix { $0 != "#" && $0 != "?" })
    let anchor = url.firstIndex(of: "#").map { PictureReference.percentDecoded(url[url.index(after: $0)...]) }
    if path.isEmpty { return .anchor(anchor ?? "") }
    return path.hasSuffix(".md") ? .notebook(path, anchor: anchor.flatMap { $0.isEmpty ? nil : $0 }) : .file(path)
  }

  /// Whether the page that it stands on changes with what the other notebook puts out.
  package var isInput: Bool {
    guard case .notebook(_, anchor: _?) = target else { return false }
    return isWordless || isPicture
  }
}

extension Notebook {
  /// What this notebook's links lead to in notebooks of the same folder whose outputs it shows or numbers: their names.
  package var referredNotebooks: [(name: String, line: Int)] {
    references.compactMap { reference in
      guard reference.isInput, case .notebook(let path, _) = reference.target else { return nil }
      let other = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder)).standardizedFileURL.path
      let own = URL(fileURLWithPath: file).standardizedFileURL.path
      return other == own ? nil : (Notebook.name(ofFile: other), reference.line)
    }
  }

  /// The names of the notebooks that run before this one, since it reads or shows what they put out, or collects their runs.
  package var runsAfter: [String] { frontMatter.after + referredNotebooks.map(\.name) + collectedNotebooks.map(\.name) }
}
