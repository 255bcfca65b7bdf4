import Foundation
import Record

/// A file's text, or why there is none.
package enum TextFile {
  /// - Parameter advice: what to do where there is no such file.
  /// - Throws: a `Diagnostic` if the file cannot be read, `Diagnostics` if it is not UTF-8.
  package static func read(_ path: String, advice: String) throws -> String {
    if let reason = whyNot(path) { throw Diagnostic("'\(path)' cannot be read: \(reason)", advice: advice) }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError)?.code
      if code == .EMFILE || code == .ENFILE {
        throw Diagnostic.system("'\(path)' cannot be read", code: code?.rawValue ?? EMFILE)
      }
      throw Diagnostic("'\(path)' cannot be read: \(reason(error))", advice: advice)
    }
    guard let text = String(validating: data, as: UTF8.self) else { throw Diagnostics([firstInvalidByte(in: data, file: path)]) }
    return text
  }

  /// More is no text that somebody wrote.
  private static let mostBytes = 256_000_000

  private static func whyNot(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return "it is a folder"
    case S_IFREG: return status.st_size > mostBytes ? "it has \(status.st_size / 1_000_000) MB" : nil
    default: return "it is no file, but a pipe or a device"
    }
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
