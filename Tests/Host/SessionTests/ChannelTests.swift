import Record
import Session
import Testing

/// A cell can find every descriptor of its process. What it does to them costs at most its worker.
@Suite struct ChannelTests {
  /// Calls `touch` with each socket of the process, among them the worker's to Folio.
  private func touchingSockets(_ body: String) -> String {
    """
    import Glibc
    func touch(_ socket: Int32) { \(body) }
    for socket in Int32(3)..<1024 {
      var status = stat()
      if fstat(socket, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { touch(socket) }
    }
    """
  }

  private static let writing = "write(socket, bytes, bytes.count)"

  @Test(arguments: [
    "let bytes = [UInt8](repeating: 65, count: 100); \(writing)",
    "let bytes: [UInt8] = [1, 0xff, 0xff, 0xff, 0xff]; \(writing)",
    "let bytes: [UInt8] = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]; \(writing)",
    "let bytes: [UInt8] = [1, 3]; \(writing)",
    "let bytes: [UInt8] = [6, 2, 0, 0, 0, 1, 2, 3, 4] + Array(\"{}\".utf8); \(writing)",
    "close(socket)", "shutdown(socket, Int32(SHUT_RDWR))", "dup2(open(\"/dev/null\", O_RDWR), socket)",
  ])
  func whatACellDoesToTheChannelIsToldAsThat(body: String) throws {
    let record = try run(cells: ["let kept = 1", touchingSockets(body), "print(\"next\")"], keepGoing: true)
    #expect(record.cells[0].outcome == .succeeded)
    #expect(record.cells[1].error?.kind == .workerDied)
    #expect(record.cells[1].diagnostic?.message == "cell-2 has closed the channel between its worker and Folio, or written to it")
    #expect(record.cells[1].diagnostic?.advice?.contains("descriptors") == true)
  }

  @Test func standardStreamsMayBeClosed() throws {
    let record = try run(cells: ["import Glibc\nclose(0); close(1); close(2)\nprint(\"one\")", "print(\"two\")"])
    #expect(record.cells.map(\.standardOutput) == ["one\n", "two\n"])
  }

  @Test func aProcessThatACellForksIsNotTheWorker() throws {
    let source = """
      @_silgen_name("fork") func forked() -> Int32
      let child = forked()
      print(child == 0 ? "child" : "parent")
      """
    let record = try run(cells: [source, "print(\"next\")"])
    #expect(record.cells[0].outcome == .succeeded)
    #expect(record.cells[0].standardOutput.contains("parent\n"))
    // On a busy machine the child may write its word as late as this.
    #expect(record.cells[1].standardOutput.contains("next\n"))
  }

  @Test func aCellThatStopsItsProcessGoesOn() throws {
    let record = try run(cells: ["import Glibc\nprint(1)\nkill(getpid(), SIGSTOP)\nprint(2)"])
    #expect(record.cells[0].standardOutput == "1\n2\n")
  }
}
