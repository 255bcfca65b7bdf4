import Files
import Foundation
import Record

/// Which pages and records lie in a site's folder, however deep.
extension Site {
  /// The names of the folders that hold a file `index.html`, whatever it is: `part/a`. The site's own folder is none of them.
  var pageNames: [String] { folders.filter { isFile("\($0)/index.html") } }

  /// The names of the folders that hold a record.
  var recordNames: [String] { folders.filter { isFile("\($0)/record/\(RecordFiles.indexName)") } }

  private func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat("\(folder)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The folders that may hold a page, by name.
  private var folders: [String] { FolderTree(folder) { !SiteNames.isReserved($1, isFirst: $0.isEmpty) }.names }

  /// So much of a page's beginning holds its mark, unless its authors and their works take more.
  private static let markBytes = 1 << 16

  /// What the page of a name says of its notebook; nil if there is no page of Folio's under this name.
  func entry(_ name: String) -> IndexPage.Entry? {
    let path = "\(name)/index.html"
    guard let start = try? FolderFile.read(path, in: folder, first: Self.markBytes) else { return nil }
    var entry = PageMark.read(String(decoding: start, as: UTF8.self))
    if entry == nil, start.count == Self.markBytes, let whole = try? FolderFile.read(path, in: folder) {
      entry = PageMark.read(String(decoding: whole, as: UTF8.self))
    }
    return entry?.name == name ? entry : nil
  }
}

extension IndexPage.Entry {
  /// The files in the page's folder that are neither its page, nor outputs, nor its record. A name that leads elsewhere is none.
  var ownFiles: [String] {
    ((downloads ?? []) + (image.map { [$0] } ?? [])).filter { FolderFile.isName($0) && $0 != "index.html" }
  }
}
