import Document
import Record
import Text

/// A picture, in the page itself, with its caption.
struct PictureView: OutputView {
  let picture: PictureOutput

  /// A larger one would take longer to read than the page.
  private static let mostBytes = 20_000_000

  func html(in context: inout OutputContext) -> String {
    guard picture.data.count <= Self.mostBytes else {
      return HTML.paragraph("omitted", html: "\(HTML.label(picture.plainText)) is too large for a page.")
    }
    let size = shownSize
    // The page keeps its place free while it is decoded.
    let measures = size.map { #" width="\#($0.width)""# + ($0.height.map { #" height="\#($0)""# } ?? "") } ?? ""
    let alt = HTML.text(picture.alt ?? context.alt ?? "Picture (\(picture.facts))")
    // Nothing in it needs an escape, and it may be long.
    let source = "data:\(picture.format.mediaType);base64,\(picture.data.base64EncodedString())"
    let image = #"<img src="\#(source)" alt="\#(alt)"\#(measures)>"#
    let caption = context.caption.map { HTML.element("figcaption", html: $0) + "\n" } ?? ""
    let content = "\n\(image)\n\(caption)"
    guard let anchor = context.anchor else { return HTML.element("figure", ["class": "picture"], html: content) }
    return HTML.element("figure", ["class": "picture", "id": anchor], html: content)
  }

  var terminalText: String? { picture.plainText }

  /// In CSS pixels.
  private var shownSize: (width: Int, height: Int?)? {
    guard let pixels = picture.pixels else { return picture.width.map { ($0, nil) } }
    guard let width = picture.width else { return pixels }
    return (width, max(1, Int((Double(pixels.height) * Double(width) / Double(pixels.width)).rounded())))
  }
}

/// A text in Markdown as prose; one that cannot be read as a text.
struct MarkdownView: OutputView {
  let markdown: MarkdownOutput

  func html(in context: inout OutputContext) -> String {
    guard let fragment = context.fragment else { return ValueView(text: markdown.text).html(in: &context) }
    return HTML.element("div", ["class": "markdown"], html: "\n\(fragment)\n")
  }

  var terminalText: String? { markdown.text }

  func problems(in cell: String) -> [String] {
    MarkdownFragment.problems(markdown.text).map { problem in
      "the Markdown of \(cell), line \(problem.place?.line ?? 1): \(problem.message)"
        + (problem.severity == .error ? "; it is shown as a text" : "")
    }
  }
}

/// A piece of HTML as it is; one that would not stay in its element as a text.
struct HTMLView: OutputView {
  let output: HTMLOutput

  func html(in context: inout OutputContext) -> String {
    guard problem == nil else { return ValueView(text: output.html).html(in: &context) }
    let body = HTML.element("div", ["class": "html scroll"], html: "\n\(output.html)\n")
    let caption = context.caption.map { HTML.element("figcaption", html: $0) + "\n" } ?? ""
    return caption.isEmpty ? body : HTML.element("figure", html: "\n\(body)\n\(caption)")
  }

  /// A longer piece is no part of a page that somebody reads.
  private static let mostBytes = 5_000_000

  private var problem: (message: String, line: Int)? {
    output.html.utf8.count > Self.mostBytes ? ("it is longer than \(Self.mostBytes) bytes", 1) : HTMLPiece(output.html).problem
  }

  var terminalText: String? { "[html] \(output.html.utf8.count) bytes" }

  func problems(in cell: String) -> [String] {
    if let problem {
      return ["the HTML of \(cell), line \(problem.line): \(problem.message); it is shown as a text"]
    }
    let sources = HTMLTags(output.html).all.flatMap(\.sources).map(\.attribute.value)
    let others = sources.filter {
      $0.hasPrefix("//") || $0.lowercased().hasPrefix("http:") || $0.lowercased().hasPrefix("https:")
    }
    return others.prefix(1).map { "the HTML of \(cell) asks another host for '\($0)': without it, the page is not whole" }
  }
}
