import Foundation
import Session
import Store
import Synchronization

/// The files of the project that runs read. A result is one as long as those that its run read are what they were.
///
/// Files outside of the project, such as checkpoints, are taken for what they were: other machines may have them elsewhere. So are files that the run wrote itself.
final class SweepInputs: Sendable {
  private let root: String
  private let digests: FileDigests
  /// By path, as they are now: each is looked at once.
  private let current = Mutex<[String: String]>([:])

  /// - Parameter store: where digests of files are known already.
  init(of folder: SweepFolder, store: String?) {
    root = URL(fileURLWithPath: folder.project.isEmpty ? "." : folder.project).standardizedFileURL.path + "/"
    digests = FileDigests(store: store.map { EntryStore(folder: $0) })
  }

  /// What a run read of the project, by path from there: the digest of each file.
  func read(_ files: FilesUsed) -> [String: String] {
    var inputs: [String: String] = [:]
    for path in files.read.subtracting(files.written) where path.hasPrefix(root) {
      let name = String(path.dropFirst(root.count))
      // That a file was not there is an input too.
      if !name.hasPrefix(".folio/"), isFileOrNothing(path) { inputs[name] = digests.digest(path) ?? "" }
    }
    return inputs
  }

  /// The first file that is not what it was when the result was made; nil if all are.
  func changed(since result: SweepResult) -> String? {
    result.inputs.keys.sorted().first { name in
      current.withLock { current in
        if let known = current[name] { return known != result.inputs[name] }
        let digest = digests.digest(root + name) ?? ""
        current[name] = digest
        return digest != result.inputs[name]
      }
    }
  }

  private func isFileOrNothing(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
  }
}
