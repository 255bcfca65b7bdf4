import Dispatch
import Document
import Foundation
import Keys
import Planning
import Record
import Session
import Synchronization
import TestSupport
import Testing

/// The order in which cells are compiled, without a compiler.
@Suite struct CompilationTests {
  /// Notes what it is asked for. A cell whose source holds `bad` does not compile.
  private final class NotingCompiler: UnitCompiler {
    private struct Notes {
      var begun: [String] = []
      var isBlocked = false
    }

    private let notes = Mutex(Notes())
    /// Whether a disk is full, say.
    let isBroken = Mutex(false)

    var begun: [String] { notes.withLock { $0.begun } }

    /// Lets cells wait in the compiler, or go on.
    func block(_ isBlocked: Bool) { notes.withLock { $0.isBlocked = isBlocked } }

    func compile(_ unit: CellUnit, interfaceIsThere: @escaping () -> Void) throws -> CompiledCell {
      notes.withLock { $0.begun.append(unit.module) }
      while notes.withLock({ $0.isBlocked }) { usleep(500) }
      if isBroken.withLock({ $0 }) { throw Diagnostic("the disk is full") }
      if unit.source.text.contains("bad") { throw CellDoesNotCompile(diagnostics: []) }
      return CompiledCell(module: unit.module, library: "", warnings: [])
    }

    func isKept(_ unit: CellUnit) -> Bool { false }
    func close() {}
  }

  private let compiler = NotingCompiler()
  private let compilation: Compilation

  init() { compilation = Compilation(compiler) }

  private func units(_ cells: String...) -> [CellUnit] {
    let graph = NotebookGraph(
      Notebook(
        file: "n.md", frontMatter: FrontMatter(),
        blocks: cells.enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1 + 10 * $0)) }))
    return CellUnit.all(graph, file: "n.md", environment: KeyBuilder("test").key)
  }

  @Test func aCellThatWaitsIsNotCompiledTwiceHoweverOftenItIsAskedFor() throws {
    let units = units("let a = 1", "let b = 2", "let c = 3", "let d = 4", "let e = 5", "let f = 6")
    compiler.block(true)
    compilation.replace(Array(1...6), of: units)
    // All of them are ready by now; the compiler has as many as there are cores.
    for _ in 1...50 { for number in 1...6 { compilation.add([number], of: units) } }
    compiler.block(false)
    for number in 1...6 { _ = try compilation.compiled(units[number].module) }
    #expect(compiler.begun.sorted() == units.dropFirst().map(\.module).sorted())
  }

  @Test func whatIsDroppedAndAskedForAgainIsCompiledOnce() throws {
    let units = units("let a = 1", "let b = 2", "let c = 3", "let d = 4")
    compiler.block(true)
    for _ in 1...20 { compilation.replace(Array(1...4), of: units) }
    compiler.block(false)
    for number in 1...4 { _ = try compilation.compiled(units[number].module) }
    #expect(compiler.begun.sorted() == units.dropFirst().map(\.module).sorted())
  }

  @Test func importsComeBeforeThoseWhoNeedThem() throws {
    let units = units("let a = 1", "let b = a + 1", "let c = b + 1")
    compilation.add([3], of: units)
    _ = try compilation.compiled(units[3].module)
    let own = Set(units.dropFirst().map(\.module))
    #expect(compiler.begun.filter(own.contains) == units.dropFirst().map(\.module))
  }

  @Test func whoNeedsACellThatDoesNotCompileIsSkipped() {
    let units = units("let a = bad", "let b = a + 1")
    compilation.add([2], of: units)
    #expect(throws: CellWasSkipped.self) { try compilation.compiled(units[2].module) }
    #expect(throws: CellDoesNotCompile.self) { try compilation.compiled(units[1].module) }
  }

  @Test func aCellThatDoesNotCompileIsNotTriedAgain() {
    let units = units("let a = bad")
    for _ in 1...3 {
      compilation.add([1], of: units)
      #expect(throws: CellDoesNotCompile.self) { try compilation.compiled(units[1].module) }
    }
    #expect(compiler.begun.filter { $0 == units[1].module }.count == 1)
  }

  @Test func whatFailedForSomethingThatHasPassedIsTriedAgain() throws {
    let units = units("let a = 1")
    compiler.isBroken.withLock { $0 = true }
    compilation.add([1], of: units)
    #expect(throws: (any Error).self) { try compilation.compiled(units[1].module) }
    compiler.isBroken.withLock { $0 = false }
    compilation.add([1], of: units)
    #expect(try compilation.compiled(units[1].module).module == units[1].module)
  }

  @Test func whenItIsCancelledNobodyWaits() {
    let units = units("let a = 1")
    compiler.block(true)
    defer { compiler.block(false) }
    compilation.add([1], of: units)
    compilation.cancel()
    #expect(throws: CellWasSkipped.self) { try compilation.compiled(units[1].module) }
  }
}
