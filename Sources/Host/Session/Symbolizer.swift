import Foundation
import Planning
import Processes
import Record

/// Says where in the notebook a call stack stands, from the debug information of the compiled cells.
struct Symbolizer {
  var toolchain: Toolchain
  /// The notebook's path, as the author knows it. Debug information holds the absolute one.
  var file: String
  /// The folder of the compiled cells; frames in other libraries are not the author's.
  var folder: String
  /// By module, the line of the cell's first line in the notebook, where the module is a cell's of the notebook as it is now.
  var firstLines: [String: Int]

  struct Location: Equatable {
    var place: Place
    /// What the compiler checks there, for a trap without a message: `arithmetic overflow`.
    var runtimeFailure: String?
  }

  /// The places of a call stack that lie in cells, innermost first; empty if the toolchain has no symbolizer.
  func locations(_ frames: [WorkerProtocol.Frame]) -> [Location] {
    var locations: [Location] = []
    for frame in frames where frame.library.hasPrefix(folder + "/") {
      if let location = location(frame), location.place != locations.last?.place { locations.append(location) }
    }
    return locations
  }

  /// What `llvm-symbolizer --output-style=JSON` says of an address: its function, and those that are inlined there.
  private struct Symbolized: Decodable {
    var symbols: [Symbol]

    enum CodingKeys: String, CodingKey { case symbols = "Symbol" }

    struct Symbol: Decodable {
      var function: String
      var file: String
      var line: Int

      enum CodingKeys: String, CodingKey {
        case function = "FunctionName"
        case file = "FileName"
        case line = "Line"
      }
    }
  }

  private func location(_ frame: WorkerProtocol.Frame) -> Location? {
    let address = "0x" + String(frame.offset, radix: 16)
    let module = frame.library.dropFirst(folder.count + 1).prefix { $0 != "." }
    guard let firstLine = firstLines[String(module)],
      let (_, output) = try? ChildProcess.run(
        toolchain.symbolizer, ["--output-style=JSON", "--obj=\(frame.library)", address]),
      let symbolized = try? JSONDecoder().decode([Symbolized].self, from: Data(output.utf8)).first
    else { return nil }
    let failure = symbolized.symbols.lazy.compactMap { $0.function.wholeMatch(of: /Swift runtime failure: (.*)/)?.1 }.first
    for symbol in symbolized.symbols where symbol.line > 0 {
      guard let line = line(symbol, firstLine: firstLine) else { continue }
      return Location(place: Place(file: file, line: line), runtimeFailure: failure.map(String.init))
    }
    return nil
  }

  private func line(_ symbol: Symbolized.Symbol, firstLine: Int) -> Int? {
    if symbol.file.split(separator: "/").last.map(String.init) == CellSource.file { return firstLine + symbol.line - 1 }
    return [file, URL(fileURLWithPath: file).path].contains(symbol.file) ? symbol.line : nil
  }
}
