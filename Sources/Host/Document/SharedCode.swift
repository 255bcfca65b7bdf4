import Foundation
import Record

/// Code that notebooks share: files of Swift, each of which is compiled as a cell before the notebook's first.
///
/// - All files `*.swift` of a folder `Shared` beside the notebook, by name. Below `Notebooks`, a notebook in a folder has those of the folders
///   above it, too, and before its own.
/// - The files that its front matter names by `include`, in that order.
///
/// A file is a cell in all but its place: what it defines is there for the cells after it, it runs again only when something in it has changed,
/// and an error stands at its own line.
extension Notebook {
  /// Where code that all notebooks of a folder share lies.
  package static let sharedFolder = "Shared"
  private static let top = "Notebooks"

  /// Reads the code, and counts the notebook's own cells on from it.
  /// - Throws: `Diagnostics`, if a file cannot be read as Swift.
  package mutating func takeSharedCode() throws {
    var problems: [Diagnostic] = []
    var cells: [Cell] = []
    var seen: Set<String> = []
    for (path, place) in sharedPaths {
      guard seen.insert(Self.absolute(path)).inserted else { continue }
      do {
        cells.append(try sharedCell(path, number: cells.count + 1, place: place))
      } catch let problem as Diagnostic {
        problems.append(problem)
      } catch let found as Diagnostics {
        problems += found.all
      }
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    take(cells)
  }

  /// The notebook with this code before its own cells.
  package mutating func take(_ shared: [Cell]) {
    self.shared = shared
    blocks = blocks.map { block in
      guard case .cell(var cell) = block else { return block }
      cell.number += shared.count
      return .cell(cell)
    }
  }

  /// What its cells are compiled from besides its own file, and the folders in which more of it may appear; by absolute paths, whether they are
  /// there or not.
  package var codeFiles: Set<String> {
    let packages = frontMatter.packages.map { Self.absolute(beside($0.path)) }
    return Set(
      (sharedPaths.map(\.path) + sharedFolders).map(Self.absolute) + packages.flatMap { PackageFiles.all(in: $0) + [$0] })
  }

  // MARK: - Where it lies

  private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

  /// Beside the notebook's file, in the words in which that was named.
  private func beside(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    var parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().map(String.init)
    var rest = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)[...]
    // Plain words, where no link stands in the way: 'lib/a.swift', not 'Notebooks/../lib/a.swift'.
    while rest.first == "..", let last = parts.last, !["", ".", ".."].contains(last), !Self.isLink(parts.joined(separator: "/")) {
      parts.removeLast()
      rest = rest.dropFirst()
    }
    return (parts + rest).joined(separator: "/")
  }

  private static func isLink(_ path: String) -> Bool { (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil }

  /// The folders whose files it shares, outermost first.
  private var sharedFolders: [String] {
    let folders = URL(fileURLWithPath: folder).standardizedFileURL.path.split(separator: "/")
    let depth = folders.lastIndex { $0 == Self.top }.map { folders.count - 1 - $0 } ?? 0
    return (0...depth).reversed().map { beside(String(repeating: "../", count: $0) + Self.sharedFolder) }
  }

  private var sharedPaths: [(path: String, place: Place?)] {
    let found = sharedFolders.flatMap { folder -> [(path: String, place: Place?)] in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.filter { $0.hasSuffix(".swift") && !$0.hasPrefix(".") }.sorted().map { ("\(folder)/\($0)", nil) }
    }
    return found + frontMatter.include.map { (beside($0.path), Place(file: file, line: $0.line)) }
  }

  /// - Parameter place: where the notebook names the file, if it does.
  private func sharedCell(_ path: String, number: Int, place: Place?) throws -> Cell {
    let text: String
    do {
      text = try TextFile.read(path, advice: "Give the path of a file of Swift, from the notebook's folder.")
    } catch let problem as Diagnostic {
      throw Diagnostic(at: place ?? Place(file: path, line: 1), problem.message, advice: problem.advice)
    }
    var lines = TextLines.normalized(text)
    if lines.unicodeScalars.first == "\u{FEFF}" { lines.unicodeScalars.removeFirst() }
    guard CellSyntax.isReadable(lines) else {
      throw Diagnostic(
        at: Place(file: path, line: 1), "the code is nested too deeply, or repeats itself too often, to be read",
        advice: "Divide its longest expression: give its parts names.")
    }
    var options = CellOptions()
    options.label = sharedName(path)
    options.echo = false
    var cell = Cell(number: number, ordinal: 0, source: lines, line: 1, options: options)
    cell.file = path
    return cell
  }

  /// What the cell is called: its path from the notebook's folder. No label has a slash or a point in it.
  private func sharedName(_ path: String) -> String {
    let base = beside("")
    return !base.isEmpty && path.hasPrefix(base) ? String(path.dropFirst(base.count)) : path
  }
}
