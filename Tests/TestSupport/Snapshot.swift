import Foundation
import Testing

/// Expects the text of a file in the folder `Snapshots` beside the test. With `FOLIO_RENEW_SNAPSHOTS=1` the file is written instead, for
/// its author to read before committing it.
package func expect(
  _ text: String, isSnapshot file: String, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column
) throws {
  let snapshot = URL(fileURLWithPath: filePath).deletingLastPathComponent().appending(path: "Snapshots/\(file)")
  if ProcessInfo.processInfo.environment["FOLIO_RENEW_SNAPSHOTS"] == "1" {
    try FileManager.default.createDirectory(at: snapshot.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: snapshot)
  }
  let expected = (try? String(contentsOf: snapshot, encoding: .utf8)) ?? ""
  guard text != expected else { return }
  let (lines, wanted) = (text.components(separatedBy: "\n"), expected.components(separatedBy: "\n"))
  let first = zip(lines, wanted).prefix { $0 == $1 }.count
  Issue.record(
    """
    Snapshots/\(file) is not the text any more; line \(first + 1) was
    \(first < wanted.count ? wanted[first] : "not there")
    and is
    \(first < lines.count ? lines[first] : "not there")
    If it should be, renew the file and read what changed: FOLIO_RENEW_SNAPSHOTS=1 swift test -c release \
    --disable-testable-imports --filter \(fileID.prefix { $0 != "/" })
    """, sourceLocation: SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}
