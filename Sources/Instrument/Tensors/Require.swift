/// Stops with a message if a program asks for what makes no sense: shapes that do not fit, an index out of range.
///
/// It is `precondition`, but the message is printed in optimised builds too, where `precondition` traps without a word. Outside of
/// libraries' own mistakes, what can be wrong in data is a thrown error instead.
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}
