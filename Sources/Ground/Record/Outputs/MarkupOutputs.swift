/// A text in Markdown, which the page shows as it shows its prose.
public struct MarkdownOutput: Codable, Sendable, Equatable {
  /// The Markdown.
  public var text: String

  /// A text in Markdown.
  public init(_ text: String) { self.text = text }
}

extension MarkdownOutput: OutputContent {
  package var output: Output { .markdown(self) }
  package var recorded: RecordedOutput { RecordedOutput(kind: .markdown, text: text) }
  package var plainText: String { text }
  package var byteCount: Int { text.utf8.count }
  package mutating func mapTexts(_ change: (String) -> String) { text = change(text) }
}

/// A piece of HTML that its author vouches for.
public struct HTMLOutput: Codable, Sendable, Equatable {
  /// The HTML.
  public var html: String

  /// A piece of HTML, which the page shows as it is.
  public init(_ html: String) { self.html = html }
}

extension HTMLOutput: OutputContent {
  package var output: Output { .html(self) }
  package var recorded: RecordedOutput { RecordedOutput(kind: .html, text: html) }
  package var plainText: String { html }
  package var byteCount: Int { html.utf8.count }
  package var bearsCaption: Bool { true }
}
