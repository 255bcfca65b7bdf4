import Foundation

/// The files of a Swift package that decide what is built of it.
package enum PackageFiles {
  /// More than this is no package that somebody wrote.
  private static let most = 20_000

  /// All files in a folder by absolute paths, sorted; without hidden ones, among which is what SwiftPM builds.
  package static func all(in folder: String) -> [String] {
    let root = URL(fileURLWithPath: folder, isDirectory: true)
    guard
      let files = FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
    else { return [] }
    var found: [String] = []
    for case let file as URL in files where found.count < most {
      if (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true { found.append(file.path) }
    }
    return found.sorted()
  }
}
