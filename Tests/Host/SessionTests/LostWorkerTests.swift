import Foundation
import Testing

/// A worker that something else has ended, while no cell ran in it: the system, for want of memory, or a user.
@Suite struct LostWorkerTests {
  private let model = "let model = [3, 4].map { $0 * 10 }"

  /// Ends the worker of a session whose second cell prints its number, and waits until it has ended.
  private func endWorker(_ run: WarmSession.Run) throws {
    let text = run.record.cells[1].standardOutput.trimmingCharacters(in: .newlines)
    let worker = try #require(pid_t(text))
    kill(worker, SIGKILL)
    func hasEnded() -> Bool {
      let status = (try? String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8)) ?? ""
      return status.isEmpty || status.contains(") Z")
    }
    while !hasEnded() { usleep(1000) }
  }

  @Test func theNextRunMakesAgainWhatItNeedsAndGoesOn() throws {
    let warm = try WarmSession()
    try endWorker(warm.run([model, "print(getpid())", "model[0]"]))
    let run = try warm.run([model, "print(getpid())", "model[1]"])
    #expect(run.values(3) == ["40"])
    #expect(run.ran == [1, 3])
  }

  @Test func noCellIsBlamedForIt() throws {
    let warm = try WarmSession()
    let cells = ["params.idx * 2", "print(getpid())", "3"]
    try endWorker(warm.run(cells, parameters: "idx: 2"))
    let run = try warm.run(cells, parameters: "idx: 3")
    #expect(run.record.cells.allSatisfy { $0.error == nil })
    #expect(run.values(1) == ["6"])
  }

  @Test func whatIsKnownNeedsNoWorker() throws {
    let warm = try WarmSession()
    let cells = [model, "print(getpid())"]
    try endWorker(warm.run(cells))
    #expect(try warm.run(cells).ran == [])
  }
}
