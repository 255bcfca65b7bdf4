/// An error in a notebook's own words: `throw NotebookError("There is no example \(index)")`. The cell then fails with this message at its place.
public struct NotebookError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, in the notebook's words.
  public let description: String

  /// - Parameter message: what is wrong, and what to do about it.
  public init(_ message: String) { description = message }
}
