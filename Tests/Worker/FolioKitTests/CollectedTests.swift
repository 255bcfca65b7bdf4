import FolioKit
import Testing

@Suite struct CollectedTests {
  @Test func whatCannotBeComputedIsCountedByItsReason() {
    let collected = collect(Array(0..<10)) { number -> Int in
      if number % 3 == 0 { throw NotebookError("a multiple of three") }
      if number == 5 { throw NotebookError("five") }
      return number * 10
    }
    #expect(collected.values == [10, 20, 40, 70, 80])
    #expect(collected.indices == [1, 2, 4, 7, 8])
    #expect(collected.total == 10)
    #expect(collected.note == "5 of 10 examples")
    #expect(collected.reasons.map(\.reason) == ["a multiple of three", "five"])
    #expect(collected.reasons.map(\.count) == [4, 1])
    #expect(
      collected.leftOut.rows == [["5", "entered"], ["4", "left out: a multiple of three"], ["1", "left out: five"]])
  }

  @Test func nothingOfNothingIsNoError() {
    let collected = collect([Int]()) { $0 }
    #expect(collected.values.isEmpty)
    #expect(collected.note == "0 of 0 examples")
    #expect(collected.leftOut.rows == [["0", "entered"]])
  }
}
