import Testing

/// Expects parts in a text. Each part that is missing is told by itself, with the text.
package func expect(
  _ text: String?, contains parts: String..., fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) {
  let place = SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column)
  for part in parts where text?.contains(part) != true {
    Issue.record("“\(part)” is missing in: \(text ?? "nil")", sourceLocation: place)
  }
}

/// Expects that a text has none of these parts. Each part that it has is told by itself, with the text.
package func expect(
  _ text: String?, lacks parts: String..., fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) {
  let place = SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column)
  for part in parts where text?.contains(part) != false {
    Issue.record("“\(part)” is in: \(text ?? "nil")", sourceLocation: place)
  }
}

/// Expects elements in a list. Each element that is missing is told by itself, with the list.
package func expect(
  _ list: [String]?, contains elements: String..., fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) {
  let place = SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column)
  for element in elements where list?.contains(element) != true {
    Issue.record("“\(element)” is missing in: \(list ?? [])", sourceLocation: place)
  }
}
