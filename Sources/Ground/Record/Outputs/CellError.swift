/// Why a cell failed.
public struct CellError: Codable, Sendable, Equatable {
  public var kind: Kind
  /// What happened, with its place in the Markdown file, its cause and an advice. The first diagnostic is the error itself.
  public var diagnostics: [Diagnostic]

  public init(kind: Kind, diagnostics: [Diagnostic]) {
    self.kind = kind
    self.diagnostics = diagnostics
  }

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
  public var output: Output { .error(self) }
  public var recorded: RecordedOutput {
    RecordedOutput(kind: .error, text: kind.rawValue + "\n" + plainText)
  }
  public var plainText: String { Diagnostics(diagnostics).description }
  public var byteCount: Int { 0 }
}
