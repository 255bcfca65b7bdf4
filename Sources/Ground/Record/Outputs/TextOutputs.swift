/// What a cell wrote to a standard stream.
package struct StreamOutput: OutputContent, Equatable {
  package var stream: Output.Stream
  package var text: String

  package init(stream: Output.Stream, text: String) { (self.stream, self.text) = (stream, text) }

  package var output: Output { .text(stream, text) }
  package var recorded: RecordedOutput {
    RecordedOutput(kind: stream == .standardOutput ? .text : .errorText, text: text)
  }
  package var plainText: String { text }
  package var byteCount: Int { text.utf8.count }
  package mutating func mapTexts(_ change: (String) -> String) { text = change(text) }
}

/// A displayed value, as text.
package struct ValueOutput: OutputContent, Equatable {
  package var text: String

  package init(text: String) { self.text = text }

  package var output: Output { .value(text) }
  package var recorded: RecordedOutput { RecordedOutput(kind: .value, text: text) }
  package var plainText: String { text }
  package var byteCount: Int { text.utf8.count }
  package mutating func mapTexts(_ change: (String) -> String) { text = change(text) }
}
