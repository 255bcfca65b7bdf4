import Foundation
import Record

/// A picture in a file, or in memory: PNG, JPEG, GIF, WebP or SVG.
///
/// ```swift
/// try Picture("plot.png", alt: "Loss falls from 9 to 2 within a thousand steps.")
/// try Picture(data, alt: "The same, drawn by another program.", width: 480)
/// ```
/// It is shown in the page itself, and kept in the record as the file that it is, by whose bytes it is compared. A drawing (SVG) is shown as a
/// picture: what it would load, or run, it does not.
public struct Picture: Displayable, Sendable {
  fileprivate let content: PictureOutput

  /// A picture in memory.
  /// - Parameters:
  ///   - alt: what it shows, for those who do not see it.
  ///   - width: how wide it is shown, in CSS pixels; by default as wide as it is, and never wider than the page.
  /// - Throws: `NotebookError` for bytes that are no picture that browsers show.
  public init(_ data: Data, alt: String? = nil, width: Int? = nil) throws {
    guard let content = PictureOutput(data, alt: alt, width: width.map { max(1, $0) }) else {
      throw NotebookError(
        data.isEmpty
          ? "The picture is empty" : "These \(data.count) bytes are no picture: browsers show PNG, JPEG, GIF, WebP and SVG")
    }
    self.content = content
  }

  /// A picture in a file, by its path from the notebook's folder.
  /// - Throws: `NotebookError` for a file that cannot be read, or is no picture that browsers show.
  public init(_ path: String, alt: String? = nil, width: Int? = nil) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw NotebookError("'\(path)' cannot be read; its path is read from the notebook's folder")
    }
    guard PictureOutput.Format(data) != nil else {
      throw NotebookError("'\(path)' is no picture: browsers show PNG, JPEG, GIF, WebP and SVG")
    }
    try self.init(data, alt: alt, width: width)
  }

  /// Itself.
  public var displayed: [Displayed] { [.picture(self)] }
}

/// A text in Markdown, which a page shows as it shows the notebook's prose: with tables, formulas, footnotes, citations.
///
/// ```swift
/// Markdown("The best head is **\(best)**, with $\\Delta = \(delta)$.")
/// ```
/// Code in it is shown, and never run.
public struct Markdown: Displayable, Sendable, ExpressibleByStringInterpolation {
  /// The Markdown.
  public let text: String

  /// A text in Markdown.
  public init(_ text: String) { self.text = text }
  /// A text in Markdown.
  public init(stringLiteral text: String) { self.init(text) }

  /// Itself.
  public var displayed: [Displayed] { [.markdown(self)] }
}

/// A piece of HTML for whose content the author vouches: it goes onto the page as it is, with its scripts and style sheets.
///
/// ```swift
/// HTML(trusted: "<details><summary>More</summary><p>Of it.</p></details>")
/// ```
/// It must stand in one element: what it opens it closes. What does not is shown as text, and told. Texts from elsewhere go into it by `HTML.text`.
public struct HTML: Displayable, Sendable {
  /// The HTML.
  public let source: String

  /// HTML that the author has written or read through: whatever it does, it does to the page's readers.
  public init(trusted source: String) { self.source = source }

  /// A text as HTML that shows it: `a < b` becomes `a &lt; b`.
  public static func text(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }

  /// Itself.
  public var displayed: [Displayed] { [.html(self)] }
}

extension Displayed {
  /// What goes to the host of what this file holds.
  static func output(_ picture: Picture) -> Output { .picture(picture.content) }
  static func output(_ markdown: Markdown) -> Output { .markdown(MarkdownOutput(markdown.text)) }
  static func output(_ html: HTML) -> Output { .html(HTMLOutput(html.source)) }
}
