import Foundation
import Record
import Session
import Testing

/// What a cell starts ends when nobody waits for it any more.
@Suite struct ProgramTests {
  /// A program that says by a file of its own that it runs, and its number.
  private final class Program {
    let file = NSTemporaryDirectory() + "folio-program-\(UUID())"

    deinit { unlink(file) }

    /// Cells that start it in several ways: as a child, in a session of its own, as a child whose parent has gone.
    func source(_ rest: String) -> String {
      """
      let program = Process()
      program.executableURL = URL(fileURLWithPath: "/bin/sh")
      program.arguments = ["-c", "(setsid sleep 600 & echo $! >> \(file)); (sleep 600 & echo $! >> \(file)); echo $$ >> \(file); exec sleep 600"]
      try program.run()
      while ((try? String(contentsOfFile: "\(file)", encoding: .utf8)) ?? "").split(separator: "\\n").count < 3 { usleep(1000) }
      \(rest)
      """
    }

    var numbers: [pid_t] {
      ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").compactMap { pid_t($0) }
    }

    /// Waits until all of it has ended.
    func waitForEnd() {
      while numbers.contains(where: { runs($0) }) { usleep(5000) }
    }

    private func runs(_ number: pid_t) -> Bool {
      let status = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
      return !status.isEmpty && status.contains("(sleep)") && !status.contains(") Z")
    }
  }

  @Test(.timeLimit(.minutes(5))) func programsOfAStoppedCellEndAndTheSessionLives() throws {
    let program = Program()
    let record = try run(
      cells: ["let kept = 7", "//| timeout: 1\n" + program.source("program.waitUntilExit()"), "kept"], keepGoing: true)
    #expect(record.cells[1].error?.kind == .timeout)
    #expect(record.cells[2].values == ["7"])
    #expect(program.numbers.count == 3)
    program.waitForEnd()
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["", "import Glibc\nexit(1)", "import Glibc\nkill(getpid(), SIGKILL)"])
  func programsEndWithTheirWorker(rest: String) throws {
    let program = Program()
    _ = try run(cells: [program.source(rest)])
    #expect(program.numbers.count == 3)
    program.waitForEnd()
  }

  @Test(.timeLimit(.minutes(5))) func aStoppedCellEndsNoProgramOfAnotherOne() throws {
    let program = Program()
    let record = try run(
      cells: [program.source(""), "//| timeout: 1\nwhile true {}", "program.isRunning"], keepGoing: true)
    #expect(record.cells[1].error?.kind == .timeout)
    #expect(record.cells[2].values == ["true"])
    program.waitForEnd()
  }
}
