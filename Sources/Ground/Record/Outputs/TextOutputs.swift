/// What a cell wrote to a standard stream.
public struct StreamOutput: OutputContent, Equatable {
  public var stream: Output.Stream
  public var text: String

  public init(stream: Output.Stream, text: String) { (self.stream, self.text) = (stream, text) }

  public var output: Output { .text(stream, text) }
  public var recorded: RecordedOutput {
    RecordedOutput(kind: stream == .standardOutput ? .text : .errorText, text: text)
  }
  public var plainText: String { text }
  public var byteCount: Int { text.utf8.count }
  public mutating func mapTexts(_ change: (String) -> String) { text = change(text) }
}

/// A displayed value, as text.
public struct ValueOutput: OutputContent, Equatable {
  public var text: String

  public init(text: String) { self.text = text }

  public var output: Output { .value(text) }
  public var recorded: RecordedOutput { RecordedOutput(kind: .value, text: text) }
  public var plainText: String { text }
  public var byteCount: Int { text.utf8.count }
  public mutating func mapTexts(_ change: (String) -> String) { text = change(text) }
}
