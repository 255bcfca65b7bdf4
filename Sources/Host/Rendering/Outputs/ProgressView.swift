import Record

/// How far a loop came.
struct ProgressView: OutputView {
  let progress: ProgressOutput

  func html(in context: inout OutputContext) -> String {
    let style = progress.completed >= progress.total ? "progress" : "progress partial"
    return HTML.paragraph(style, html: HTML.label(LongText.clipped(progress.line, to: 300)))
  }

  var terminalText: String? { progress.line }
}
