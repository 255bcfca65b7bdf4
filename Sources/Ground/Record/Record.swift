import Machine

/// What a notebook's cells put out: the vocabulary that the host and the worker share.
///
/// The worker makes `Output`s, the session collects them in `CellRecord`s, the renderer draws them, and a review compares them.
/// Promises: every type here is `Codable` and `Sendable`, holds no time, no path of this machine and no address, and survives a
/// round trip through JSON unchanged. The module stands on the ground floor, so that nothing in it can depend on who uses it.
///
/// A notebook's record holds the records of its cells.
public struct NotebookRecord: Codable, Sendable, Equatable {
  /// The notebook's name: its file name without `.md`.
  public var notebook: String
  /// The kind of device on which its models computed: `cpu`, or the name of the graphics card, as `NVIDIA H200`; nil if that is not known.
  public var device: String?
  /// One record a cell, in the order of the document. A cell that was not reached has the outcome `.notRun`.
  public var cells: [CellRecord]

  /// The record of a notebook of some name.
  public init(notebook: String, device: String? = nil, cells: [CellRecord]) {
    self.notebook = notebook
    self.device = device
    self.cells = cells
  }

  /// Whether its models computed on the processor.
  public var usesProcessor: Bool { device == Device.cpu.description }

  /// Where its numbers were made, as a sentence for readers; nil if that is not known.
  public var provenance: String? {
    device.map { "Models computed on \(usesProcessor ? "the processor" : $0)." }
  }
}

/// What one cell put out, in order.
public struct CellRecord: Codable, Sendable, Equatable {
  /// The cell's label, or `cell-N` with its number, counted from 1.
  public var id: String
  /// How the cell ended.
  public var outcome: Outcome
  /// In the order in which the cell produced them. A failed cell's last output is its `.error`.
  public var outputs: [Output]

  /// The record of a cell that ended so.
  public init(id: String, outcome: Outcome, outputs: [Output]) {
    self.id = id
    self.outcome = outcome
    self.outputs = outputs
  }

  /// What it put out as values; of a cell of inline expressions one each, up to the first that failed.
  public var values: [String] { outputs.compactMap { if case .value(let text) = $0 { text } else { nil } } }

  /// What readers see of it: all, or, where its outputs are hidden, its error alone.
  public func shownOutputs(hidden isHidden: Bool) -> [Output] {
    isHidden ? outputs.filter { if case .error = $0 { true } else { false } } : outputs
  }

  /// Why it failed, if it did.
  public var error: CellError? {
    for case .error(let error) in outputs.reversed() { return error }
    return nil
  }

  /// How a cell can end.
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
