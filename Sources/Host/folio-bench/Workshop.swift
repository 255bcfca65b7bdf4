import Building
import Document
import Foundation
import Session

/// A folder for a benchmark's notebooks, pages and stores, and the notebooks themselves.
struct Workshop {
  let folder: String
  /// The program beside this one.
  let folio: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("folio-bench-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    folio = own.deletingLastPathComponent().appendingPathComponent("folio").path
  }

  func close() { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  func options(_ store: String) -> NotebookSession.Options {
    var options = NotebookSession.Options()
    options.store = folder + "/store-" + store
    return options
  }

  /// A notebook of trivial cells, each of which defines a number and shows it.
  static func notebook(_ count: Int, isChain: Bool = true, lastCell: String? = nil, options: String = "") -> String {
    let cells = (1...count).map { number in
      let value = isChain && number > 1 ? "x\(number - 1) + 1" : "\(number)"
      let code = number == count ? lastCell ?? "let x\(number) = \(value)\nx\(number)" : "let x\(number) = \(value)\nx\(number)"
      return "## Step \(number)\n\nWhat it does.\n\n```swift\n\(options)\(code)\n```\n"
    }
    return "# Trivial cells\n\n" + cells.joined(separator: "\n")
  }

  /// The same cells in Python.
  static func jupyterNotebook(_ count: Int) -> String {
    let cells = (1...count).map { number in
      #"{"cell_type":"code","execution_count":null,"id":"c\#(number)","metadata":{},"outputs":[],"source":["x\#(number) = \#(number)\n","x\#(number)"]}"#
    }
    return
      #"{"cells":[\#(cells.joined(separator: ","))],"metadata":{"kernelspec":{"display_name":"Python 3","language":"python","name":"python3"}},"nbformat":4,"nbformat_minor":5}"#
  }

  /// What compiling and linking one trivial cell takes, by the tools themselves: the floor of an edit.
  func compilerTime() throws -> Double {
    let notebook = try Notebook(markdown: "```swift\nlet x = 1\nx\n```", file: folder + "/floor.md")
    var options = self.options("floor")
    options.store = nil
    let session = try notebook.session(options)
    _ = try session.run(notebook)
    // Another text each time, in a warm session: the compiler, the linker, and some milliseconds of ours.
    let times = try (1...5).map { number in
      let next = try Notebook(markdown: "```swift\nlet x = \(number + 1)\nx\n```", file: folder + "/floor.md")
      return try seconds { _ = try session.run(next) }
    }
    return times.median
  }

  static func modified(_ path: String) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  static func find(_ program: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}
