import Foundation

/// One thing that a cell put out. Each kind has its content in a file of its own in this folder.
///
/// This is the table of the kinds: who adds one adds a case here, its line in `content`, and its word and file type in `RecordIndex.Kind`. The compiler then
/// names the tables of the other modules that lack it; the guide *Add an output kind* (`Rendering.docc`) goes through them.
public enum Output: Codable, Sendable, Equatable {
  /// What the cell wrote to a standard stream; neighbouring writes to one stream are one output.
  case text(Stream, String)
  /// A displayed value, as text.
  case value(String)
  case table(Table)
  case figure(FigureOutput)
  case tokens(ColoredTokens)
  case picture(PictureOutput)
  case markdown(MarkdownOutput)
  case html(HTMLOutput)
  /// A finished loop's progress, one stable line: `Generating: 26 of 26`.
  case progress(ProgressOutput)
  case error(CellError)

  package var content: any OutputContent {
    switch self {
    case .text(let stream, let text): StreamOutput(stream: stream, text: text)
    case .value(let text): ValueOutput(text: text)
    case .table(let table): table
    case .figure(let figure): figure
    case .tokens(let tokens): tokens
    case .picture(let picture): picture
    case .markdown(let markdown): markdown
    case .html(let html): html
    case .progress(let progress): progress
    case .error(let error): error
    }
  }

  /// A standard stream of the worker.
  public enum Stream: String, Codable, Sendable, Equatable {
    case standardOutput = "stdout"
    case standardError = "stderr"
  }
}

extension RecordIndex {
  /// What a record's index calls an output's kind.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case text, value, table, figure, tokens, picture, markdown, html, progress, error
    case errorText = "stderr"

    /// The endings that its files' names may have; none for what stands in the index itself.
    public var fileTypes: [String] {
      switch self {
      case .text, .errorText, .value, .error: ["txt"]
      case .table, .tokens: ["csv"]
      case .figure: ["json"]
      case .picture: PictureOutput.Format.allCases.map(\.fileType)
      case .markdown: ["md"]
      case .html: ["html"]
      case .progress: []
      }
    }
  }
}

/// What an output of some kind holds, and what can be said of it without knowing the kind.
package protocol OutputContent: Sendable {
  /// The output that holds this content.
  var output: Output { get }
  /// As a record keeps it.
  var recorded: RecordedOutput { get }
  /// As text for a terminal, and for whatever shows nothing richer.
  var plainText: String { get }
  /// How many bytes count against what a cell may put out.
  var byteCount: Int { get }
  /// Whether a cell's caption stands below it, and the cell's alternative text describes it.
  var bearsCaption: Bool { get }
  /// Changes the texts that readers see in it, where these may hold names of Swift types.
  mutating func mapTexts(_ change: (String) -> String)
}

extension OutputContent {
  package var bearsCaption: Bool { false }
  package mutating func mapTexts(_ change: (String) -> String) {}
}

/// An output as a record keeps it.
package struct RecordedOutput: Sendable, Equatable {
  package var kind: RecordIndex.Kind
  /// What its file holds; of what is no text, what describes it.
  package var text: String
  /// What its file holds, where that is no text.
  package var data: Data?
  /// The ending of its file's name; nil for what stands in the index itself.
  package var fileType: String?
  /// The traces whose numbers were computed in single precision; 0 for what has no traces.
  package var singlePrecision: [Int]

  package init(kind: RecordIndex.Kind, text: String, singlePrecision: [Int] = []) {
    (self.kind, self.text, self.singlePrecision, fileType) = (kind, text, singlePrecision, kind.fileTypes.first)
  }

  /// What is kept as bytes.
  package init(kind: RecordIndex.Kind, text: String, data: Data, fileType: String) {
    self.init(kind: kind, text: text)
    (self.data, self.fileType) = (data, fileType)
  }
}
