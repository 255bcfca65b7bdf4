import Record
import Rendering

extension CellError: JupyterForm {
  func jupyter(alt: String?) -> JSONValue {
    [
      "ename": .string(kind.heading), "evalue": .string(diagnostics.first?.message ?? ""), "output_type": "error",
      "traceback": .array(diagnostics.flatMap { Self.lines($0.description) }),
    ]
  }

  /// A traceback is a list of lines without their ends.
  private static func lines(_ text: String) -> [JSONValue] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { .string(String($0)) }
  }
}
