/// Why a cell failed.
public struct CellError: Codable, Sendable, Equatable {
  /// What kind of failure it was.
  public var kind: Kind
  /// What happened, with its place in the Markdown file, its cause and an advice. The first diagnostic is the error itself.
  public var diagnostics: [Diagnostic]

  /// A failure of some kind.
  public init(kind: Kind, diagnostics: [Diagnostic]) {
    self.kind = kind
    self.diagnostics = diagnostics
  }

  /// The ways in which a cell can fail.
  public enum Kind: String, Codable, Sendable, Equatable {
    case compile
    case thrown
    case trap
    case workerDied
    /// It threw because something that the notebook needs is not there: its model.
    case unavailable
    case timeout
    /// The worker took more memory than it may.
    case memory
    /// It was stopped by the user.
    case interrupted
    /// The cell has `expect: error`, and no error came.
    case missingError
  }
}

extension CellError: OutputContent {
  package var output: Output { .error(self) }
  package var recorded: RecordedOutput {
    RecordedOutput(kind: .error, text: kind.rawValue + "\n" + plainText)
  }
  package var plainText: String { Diagnostics(diagnostics).description }
  package var byteCount: Int { 0 }
}
