import Record

/// How an output of some kind is shown to readers, on a page and on a terminal. Each kind has its view in a file of its own in this folder.
package protocol OutputView {
  /// Its HTML on a notebook's page.
  func html(in context: inout OutputContext) -> String
  /// What `folio run` writes of it, without a line break at its end; nil for what is told in another way: text as it comes, an error with its
  /// place.
  var terminalText: String? { get }
  /// What its author must know of it, though the cell has not failed.
  /// - Parameter cell: the cell's label, or `cell-N`.
  func problems(in cell: String) -> [String]
}

extension OutputView {
  package func problems(in cell: String) -> [String] { [] }
}

extension Output {
  /// The table of the views: a kind that lacks its line does not compile.
  package var view: any OutputView {
    switch self {
    case .text(let stream, let text): StreamView(stream: stream, text: text)
    case .value(let text): ValueView(text: text)
    case .table(let table): TableView(table: table)
    case .figure(let figure): FigureView(figure)
    case .tokens(let tokens): TokensView(tokens: tokens)
    case .picture(let picture): PictureView(picture: picture)
    case .markdown(let markdown): MarkdownView(markdown: markdown)
    case .html(let html): HTMLView(output: html)
    case .progress(let progress): ProgressView(progress: progress)
    case .error(let error): ErrorView(error: error)
    }
  }
}

/// What a view knows of the cell and of the page around its output, and where it leaves what does not fit onto the page.
package struct OutputContext {
  /// The cell's label, or `cell-N`.
  package let cell: String
  /// Whether the cell has failed as it must.
  package let isExpectedToFail: Bool
  /// Whether figures bring their data for plotly.js.
  package let isInteractive: Bool
  /// Whether the record lies beside the page, with the data of this cell's outputs.
  var hasRecord = false
  /// What stands below this output, with its number, as HTML.
  package var caption: String?
  /// What references to this output lead to, where it is not the cell.
  package var anchor: String?
  /// What references that show its drawing call that.
  package var drawing: String?
  /// What describes this output to those who do not see it.
  package var alt: String?
  /// What this output, a text in Markdown, is as HTML; nil where it cannot be read.
  package var fragment: String?
  /// Files beside the page, in the order in which they were attached.
  private(set) var attachments: [Page.Attachment] = []

  init(cell: String, isExpectedToFail: Bool = false, isInteractive: Bool = false) {
    (self.cell, self.isExpectedToFail, self.isInteractive) = (cell, isExpectedToFail, isInteractive)
  }

  /// Keeps a text for a file beside the page.
  /// - Parameters:
  ///   - suffix: the ending of the file's name.
  ///   - text: is given the link by which the page refers to the file.
  /// - Returns: that link.
  mutating func attach(suffix: String, _ text: (String) -> String) -> String {
    let file = "\(RecordFiles.name(cell))-\(attachments.count + 1).\(suffix)"
    let link = "outputs/" + SiteNames.link(file)
    attachments.append(Page.Attachment(path: "outputs/" + file, text: text(link)))
    return link
  }
}
