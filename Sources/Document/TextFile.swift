import Foundation
import Record

/// A file's text, or why there is none.
package enum TextFile {
  /// - Parameter advice: what to do where there is no such file.
  /// - Throws: a `Diagnostic` if the file cannot be read, `Diagnostics` if it is not UTF-8.
  package static func read(_ path: String, advice: String) throws -> String {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw Diagnostic("'\(path)' cannot be read: \(reason(error))", advice: advice)
    }
    guard let text = String(validating: data, as: UTF8.self) else { throw Diagnostics([firstInvalidByte(in: data, file: path)]) }
    return text
  }

  private static func reason(_ error: any Error) -> String {
    switch (error as? CocoaError)?.code {
    case .fileReadNoSuchFile?, .fileNoSuchFile?: "there is no such file"
    case .fileReadNoPermission?: "it may not be read"
    default: Diagnostic.reason(error)
    }
  }

  /// Where a file that is not UTF-8 ceases to be. Without an excerpt: bytes that are no text do not belong on a terminal.
  private static func firstInvalidByte(in data: Data, file: String) -> Diagnostic {
    var (parser, bytes) = (Unicode.UTF8.ForwardParser(), data.makeIterator())
    var (line, column) = (1, 1)
    while case .valid(let scalar) = parser.parseScalar(from: &bytes) {
      (line, column) = scalar.first == UInt8(ascii: "\n") ? (line + 1, 1) : (line, column + scalar.count)
    }
    return Diagnostic(
      .error, at: Place(file: file, line: line, column: column), "this byte of the line is not UTF-8",
      advice: "Save the file in UTF-8.")
  }
}
