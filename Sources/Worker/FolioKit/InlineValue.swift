import CellRuntime
import Foundation

/// Puts out the value of an inline expression of the prose; the host writes this call.
/// - Throws: `NotebookError` for a value that is no line of text.
public func _fv<T>(_ value: T) throws {
  let text = try inlineText(value)
  CellServices.current.show(.value(text))
}

/// How a value reads within a sentence: as `print` would write it, floating-point numbers with at most four significant digits.
func inlineText(_ value: Any) throws -> String {
  switch value {
  case Optional<Any>.none: return "nil"
  case let number as Double: return inlineNumber(number)
  case let number as Float: return inlineNumber(Double(number))
  case let optional as any OptionalValue: return try optional.held.map(inlineText) ?? "nil"
  case is Void: throw NotebookError("The expression has no value; an inline expression needs one")
  case is any Displayable:
    throw NotebookError("A \(type(of: value)) has no place within a sentence; show it in a cell")
  default:
    let text = String(describing: value)
    guard !text.contains(where: \.isNewline) else {
      throw NotebookError("The value has several lines, which have no place within a sentence; show it in a cell")
    }
    return text
  }
}

private func inlineNumber(_ number: Double) -> String {
  guard number.isFinite, number == number.rounded(), abs(number) < 1e15 else { return String(format: "%.4g", number) }
  return abs(number) < 10_000 ? String(Int(number)) : String(format: "%.4g", number)
}

/// What an optional of any type holds.
private protocol OptionalValue {
  var held: Any? { get }
}

extension Optional: OptionalValue {
  fileprivate var held: Any? { map { $0 } }
}
