import Record

/// Links to the data behind an output: to its file in the record, which lies beside the page, and for a figure to its numbers as a table.
struct DataLinks {
  let output: Output
  /// The output's place among the cell's, from 1.
  let number: Int

  /// Nothing for an output that stands on the page as it is.
  func html(in context: inout OutputContext) -> String? {
    var files: [(name: String, link: String)] = []
    switch output {
    case .figure(let figure):
      guard let json = try? JSONValue(figure.plotly.utf8).roundedFigure else { return nil }
      if let csv = FigureNumbers(json).csv { files.append(("CSV", context.attach(suffix: "csv") { _ in csv })) }
      files.append(("JSON", record("json", context)))
    case .table: files.append(("CSV", record("csv", context)))
    default: return nil
    }
    let links = files.map { HTML.element("a", ["href": $0.link, "download": ""], html: $0.name) }
    return HTML.paragraph("data-links", html: "\(PageWords.current.data): " + links.joined(separator: ", "))
  }

  private func record(_ type: String, _ context: OutputContext) -> String {
    "record/" + SiteNames.link(RecordFiles.file(of: context.cell, number: number, type: type))
  }
}
