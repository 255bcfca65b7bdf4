import Figures
import Record
import Text

/// An error as a reader needs it: what happened, where, the line with a caret, and what to do about it.
struct ErrorView: OutputView {
  let error: CellError

  /// Errors and notes on the page; more are counted.
  private static let most = 20

  func html(in context: inout OutputContext) -> String {
    var parts = [HTML.paragraph("caps", html: error.kind.heading)]
    parts += error.diagnostics.prefix(Self.most).map { diagnostic($0, depth: 0) }
    let rest = error.diagnostics.count - Self.most
    if rest > 0 { parts.append(HTML.paragraph("omitted", html: "\(Count.text(rest)) more left out.")) }
    let style = context.isExpectedToFail ? "failure expected" : "failure"
    return HTML.element("div", ["class": style], html: "\n\(parts.joined(separator: "\n"))\n")
  }

  var terminalText: String? { nil }

  private func diagnostic(_ diagnostic: Diagnostic, depth: Int) -> String {
    let message = severity(diagnostic, depth) + text(diagnostic.message) + place(diagnostic)
    var parts = [HTML.paragraph("message", html: message)]
    if let excerpt = diagnostic.excerpt, !excerpt.isEmpty { parts.append(self.excerpt(excerpt, at: diagnostic.place)) }
    if let advice = diagnostic.advice { parts.append(HTML.paragraph("advice", html: text(advice))) }
    if depth < 4 { parts += diagnostic.notes.prefix(Self.most).map { self.diagnostic($0, depth: depth + 1) } }
    let style = "diagnostic " + diagnostic.severity.rawValue
    return HTML.element("div", ["class": style], html: "\n\(parts.joined(separator: "\n"))\n")
  }

  /// The heading above names the first error; the others say what they are.
  private func severity(_ diagnostic: Diagnostic, _ depth: Int) -> String {
    diagnostic.severity == .error && depth == 0 ? "" : HTML.element("b", html: diagnostic.severity.rawValue) + " "
  }

  private func place(_ diagnostic: Diagnostic) -> String {
    diagnostic.place.map { " " + HTML.element("span", ["class": "place"], html: HTML.label($0.description)) } ?? ""
  }

  private func text(_ text: String) -> String { HTML.text(LongText.clipped(TerminalText.plain(text), to: 4000)) }

  /// The line, and below it the caret. The text before the caret is repeated invisibly, so that it stands right in every font.
  private func excerpt(_ line: String, at place: Place?) -> String {
    let line = LongText.clipped(String(line.prefix { !$0.isNewline }), to: 1000)
    var html = HTML.text(line)
    if let column = place?.column, column >= 1, column - 1 <= line.utf8.count {
      let before = String(decoding: line.utf8.prefix(column - 1), as: UTF8.self)
      let unseen = HTML.element("span", ["class": "unseen"], html: HTML.text(before))
      html += "\n" + HTML.element("span", ["aria-hidden": "true"], html: unseen + "^")
    }
    return HTML.preformatted("excerpt", html: html)
  }
}

extension CellError.Kind {
  /// What happened, in a few words.
  package var heading: String {
    switch self {
    case .compile: "Does not compile"
    case .thrown: "Threw an error"
    case .trap: "Trapped"
    case .workerDied: "The session ended"
    case .unavailable: "Something is missing"
    case .timeout: "Took too long"
    case .memory: "Took too much memory"
    case .interrupted: "Was stopped"
    case .missingError: "Expected an error"
    }
  }
}
