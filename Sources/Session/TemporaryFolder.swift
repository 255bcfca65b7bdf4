import Foundation
import Glibc
import Record

/// Folders for compiled cells: `folio-<process>-XXXXXX` in the system's folder for temporary files.
enum TemporaryFolder {
  /// Makes a folder of this process's own. Folders of processes that were ended before they could clean up are removed.
  static func make() throws -> String {
    let parent = FileManager.default.temporaryDirectory
    removeOrphans(in: parent)
    var template = Array(parent.appendingPathComponent("folio-\(getpid())-XXXXXX").path.utf8CString)
    guard mkdtemp(&template) != nil else { throw Diagnostic.system("no folder for compiled cells in \(parent.path)") }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func removeOrphans(in parent: URL) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? [] {
      guard let match = name.wholeMatch(of: /folio-(\d+)-\w{6}/), let process = pid_t(match.1) else { continue }
      let isGone = kill(process, 0) != 0 && errno == ESRCH
      if isGone { try? FileManager.default.removeItem(at: parent.appendingPathComponent(name)) }
    }
  }
}
