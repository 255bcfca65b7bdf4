/// What a notebook's cells put out, as values: the one vocabulary that the host and the worker share.
///
/// The worker makes `Output`s, the session collects them in `CellRecord`s, the renderer draws them, a review compares them.
/// Promises: every type here is `Codable` and `Sendable`, holds no time, path of this machine, or address, and survives a
/// round trip through JSON unchanged. The module imports nothing of ours, so that nothing here can depend on who uses it.

/// A notebook's cells, run.
public struct NotebookRecord: Codable, Sendable, Equatable {
  /// The notebook's name: its file name without `.md`.
  public var notebook: String
  /// One record a cell, in the order of the document. A cell that was not reached has the outcome `.notRun`.
  public var cells: [CellRecord]

  public init(notebook: String, cells: [CellRecord]) {
    self.notebook = notebook
    self.cells = cells
  }
}

/// What one cell put out, in order.
public struct CellRecord: Codable, Sendable, Equatable {
  /// The cell's label, or `cell-N` with its number, counted from 1.
  public var id: String
  public var outcome: Outcome
  /// In the order in which the cell produced them. A failed cell's last output is its `.error`.
  public var outputs: [Output]

  public init(id: String, outcome: Outcome, outputs: [Output]) {
    self.id = id
    self.outcome = outcome
    self.outputs = outputs
  }

  /// What it put out as values; of a cell of inline expressions one each, up to the first that failed.
  public var values: [String] { outputs.compactMap { if case .value(let text) = $0 { text } else { nil } } }

  /// Why it failed, if it did.
  public var error: CellError? {
    for case .error(let error) in outputs.reversed() { return error }
    return nil
  }

  public enum Outcome: String, Codable, Sendable, Equatable {
    case succeeded
    /// It did not compile, threw, trapped, or its worker died.
    case failed
    /// It failed, as its option `expect: error` says it must.
    case failedAsExpected
    /// An earlier cell failed, and the build stopped there.
    case notRun
  }
}

/// One thing that a cell put out.
public enum Output: Codable, Sendable, Equatable {
  /// What the cell wrote to a standard stream; neighbouring writes to one stream are one output.
  case text(Stream, String)
  /// A displayed value, as text.
  case value(String)
  case table(Table)
  case figure(FigureOutput)
  case tokens(ColoredTokens)
  /// A finished loop's progress, one stable line: `Generating: 26 of 26`.
  case progress(ProgressOutput)
  case error(CellError)

  public enum Stream: String, Codable, Sendable, Equatable {
    case standardOutput = "stdout"
    case standardError = "stderr"
  }
}

/// A table: a row of column titles, and rows of cells, all text; the maker decides how a number reads.
public struct Table: Codable, Sendable, Equatable {
  public var columns: [Column]
  /// Each row has one entry a column.
  public var rows: [[String]]

  public struct Column: Codable, Sendable, Equatable {
    public var title: String
    /// Whether the column holds numbers, which are set flush right.
    public var isNumeric: Bool

    public init(_ title: String, isNumeric: Bool = false) {
      self.title = title
      self.isNumeric = isNumeric
    }
  }

  public init(columns: [Column], rows: [[String]]) {
    self.columns = columns
    self.rows = rows
  }
}

/// A figure in Plotly's schema, as JSON text: `{"data": [...], "layout": {...}}`.
public struct FigureOutput: Codable, Sendable, Equatable {
  public var plotly: String

  public init(plotly: String) { self.plotly = plotly }
}

/// How far a loop came.
public struct ProgressOutput: Codable, Sendable, Equatable {
  public var title: String
  public var completed: Int
  public var total: Int

  public init(title: String, completed: Int, total: Int) {
    self.title = title
    self.completed = completed
    self.total = total
  }

  /// `Generating: 26 of 26`
  public var line: String { "\(title): \(completed) of \(total)" }
}

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
