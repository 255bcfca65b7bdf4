import Foundation
import Planning
import Processes
import Record

/// Says where in the notebook a call stack stands, from the debug information of the compiled cells.
struct Symbolizer {
  var toolchain: Toolchain
  /// The folder of the compiled cells; frames in other libraries are not the author's.
  var folder: String
  var cells: CellLines

  /// The places of a call stack that lie in cells, innermost first; empty if the toolchain has no symbolizer.
  func locations(_ frames: [WorkerProtocol.StackFrame]) -> [CodeLocation] {
    var locations: [CodeLocation] = []
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

  private func location(_ frame: WorkerProtocol.StackFrame) -> CodeLocation? {
    let address = "0x" + String(frame.offset, radix: 16)
    let module = frame.library.dropFirst(folder.count + 1).prefix { $0 != "." }
    guard let start = cells.start(String(module)),
      let (_, output) = try? ChildProcess.run(
        toolchain.symbolizer, ["--output-style=JSON", "--obj=\(frame.library)", address]),
      let symbolized = try? JSONDecoder().decode([Symbolized].self, from: Data(output.utf8)).first
    else { return nil }
    let failure = symbolized.symbols.lazy.compactMap { $0.function.wholeMatch(of: /Swift runtime failure: (.*)/)?.1 }.first
    for symbol in symbolized.symbols where symbol.line > 0 {
      guard let line = line(symbol, start: start) else { continue }
      return CodeLocation(place: Place(file: start.file, line: line), runtimeFailure: failure.map(String.init))
    }
    return nil
  }

  private func line(_ symbol: Symbolized.Symbol, start: Place) -> Int? {
    if symbol.file.split(separator: "/").last.map(String.init) == CellSource.file { return start.line + symbol.line - 1 }
    // The debug information of a cell that asks for its place holds the absolute path.
    return [start.file, URL(fileURLWithPath: start.file).path].contains(symbol.file) ? symbol.line : nil
  }
}
