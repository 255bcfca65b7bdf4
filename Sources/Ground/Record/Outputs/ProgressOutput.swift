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

extension ProgressOutput: OutputContent {
  public var output: Output { .progress(self) }
  public var recorded: RecordedOutput { RecordedOutput(kind: .progress, text: line) }
  public var plainText: String { line }
  public var byteCount: Int { 0 }
}
