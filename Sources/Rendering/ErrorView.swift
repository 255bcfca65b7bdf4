import Figures
import Record

/// An error as a reader needs it: what happened, where, the line with a caret, and what to do about it.
struct ErrorView {
  var error: CellError
  var isExpected: Bool

  /// Errors and notes on the page; more are counted.
  private static let most = 20

  var html: String {
    let shown = error.diagnostics.prefix(Self.most).map { diagnostic($0, depth: 0) }
    let rest = error.diagnostics.count - shown.count
    let more = rest > 0 ? "\n<p class=\"omitted\">\(Count.text(rest)) more left out.</p>" : ""
    return """
      <div class="error\(isExpected ? " expected" : "")">
      <p class="caps">\(heading)</p>
      \(shown.joined(separator: "\n"))\(more)
      </div>
      """
  }

  private var heading: String {
    switch error.kind {
    case .compile: "Does not compile"
    case .thrown: "Threw an error"
    case .trap: "Trapped"
    case .workerDied: "The session ended"
    case .unavailable: "Something is missing"
    case .timeout: "Took too long"
    case .missingError: "Expected an error"
    }
  }

  private func diagnostic(_ diagnostic: Diagnostic, depth: Int) -> String {
    var parts = [
      #"<p class="message">\#(severity(diagnostic, depth))\#(text(diagnostic.message, limit: 4000))\#(place(diagnostic))</p>"#
    ]
    if let excerpt = diagnostic.excerpt, !excerpt.isEmpty { parts.append(self.excerpt(excerpt, at: diagnostic.place)) }
    if let advice = diagnostic.advice { parts.append(#"<p class="advice">\#(text(advice, limit: 4000))</p>"#) }
    if depth < 4 { parts += diagnostic.notes.prefix(Self.most).map { self.diagnostic($0, depth: depth + 1) } }
    return "<div class=\"diagnostic \(diagnostic.severity.rawValue)\">\n\(parts.joined(separator: "\n"))\n</div>"
  }

  /// The heading above names the first error; the others say what they are.
  private func severity(_ diagnostic: Diagnostic, _ depth: Int) -> String {
    diagnostic.severity == .error && depth == 0 ? "" : "<b>\(diagnostic.severity.rawValue)</b> "
  }

  private func place(_ diagnostic: Diagnostic) -> String {
    diagnostic.place.map { #" <span class="place">\#(Markup.escape(Markup.label($0.description)))</span>"# } ?? ""
  }

  private func text(_ text: String, limit: Int) -> String { Markup.escape(LongText.clipped(TerminalText.plain(text), to: limit)) }

  /// The line, and below it the caret. The text before the caret is repeated invisibly, so that it stands right in every font.
  private func excerpt(_ line: String, at place: Place?) -> String {
    let line = LongText.clipped(String(line.prefix { !$0.isNewline }), to: 1000)
    guard let column = place?.column, column >= 1, column - 1 <= line.utf8.count else {
      return #"<pre class="excerpt">\#(Markup.escape(line))</pre>"#
    }
    let before = Markup.escape(String(decoding: line.utf8.prefix(column - 1), as: UTF8.self))
    return #"<pre class="excerpt">\#(Markup.escape(line))\#n<span aria-hidden="true"><span class="unseen">\#(before)</span>^</span></pre>"#
  }
}
