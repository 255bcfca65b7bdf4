/// How far a loop came.
public struct ProgressOutput: Codable, Sendable, Equatable {
  /// What the loop does: `Generating`.
  public var title: String
  /// How many steps are done.
  public var completed: Int
  /// How many steps there are.
  public var total: Int

  /// How far a loop of this title came.
  public init(title: String, completed: Int, total: Int) {
    self.title = title
    self.completed = completed
    self.total = total
  }

  /// `Generating: 26 of 26`
  public var line: String { "\(title): \(completed) of \(total)" }
}

extension ProgressOutput: OutputContent {
  package var output: Output { .progress(self) }
  package var recorded: RecordedOutput { RecordedOutput(kind: .progress, text: line) }
  package var plainText: String { line }
  package var byteCount: Int { 0 }
}
