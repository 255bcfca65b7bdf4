import CUDA
import CUDAStandIn
import Foundation
import TestSupport
import Testing

/// What is void stays void, a lack of room passes, and a lost card stays lost; nothing that was not computed is ever read.
@Suite struct FailureTests {
  // MARK: - Void

  @Test func whatIsComputedFromAVoidBlockIsVoid() throws {
    let card = try StandInMachine().system(["FOLIO_CUDA_MEMORY": "1M"]).context(0)
    let (void, sum, copy) = (card.allocate(2 << 20), card.memory([1]), card.allocate(4))
    try card.add(void, to: sum, 1)
    #expect(sum.isVoid)
    card.copy(from: sum, at: 0, to: copy, at: 0, bytes: 4)
    #expect(copy.isVoid)
  }

  @Test func whatAnOmittedLaunchOnlyReadsKeepsItsNumbers() throws {
    let card = try StandInMachine().system(["FOLIO_CUDA_MEMORY": "1M"]).context(0)
    let (void, weight) = (card.allocate(2 << 20), card.memory([3]))
    try card.add(weight, to: void, 1)
    #expect(!weight.isVoid)
    #expect(try card.numbers(weight, 1) == [3])
  }

  @Test func aVoidBlockIsNotReadAndSaysWhy() throws {
    let card = try StandInMachine().system(["FOLIO_CUDA_MEMORY": "1M"]).context(0)
    let void = card.allocate(2 << 20)
    let failure = CUDAError.outOfMemory(asked: 2 << 20, inUse: 0, budget: 1 << 20)
    #expect(throws: failure) { try card.numbers(void, 1) }
    #expect(card.takeFailure() == failure)
    // Also when the failure has been told.
    #expect(throws: failure) { try card.numbers(void, 1) }
    #expect(card.failure(of: void) == failure)
    #expect(card.failure(of: card.memory([1])) == nil)
  }

  @Test func nothingIsAskedOfTheCardForAVoidBlock() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "1M"]).context(0)
    let void = card.allocate(2 << 20)
    let calls = machine.driver.get("calls")
    [Float(1)].withUnsafeBytes { card.upload($0, to: void) }
    card.clear(void, bytes: 4)
    #expect(machine.driver.get("calls") == calls)
    #expect(void.isVoid)
  }

  @Test func aLackOfRoomDamagesNothing() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "1M"]).context(0)
    let memory = card.memory([1, 2])
    #expect(card.allocate(2 << 20).isVoid)
    #expect(throws: CUDAError.self) { try card.check() }
    #expect(throws: Never.self) { try card.check() }
    try card.add(memory, to: memory, 2)
    #expect(try card.numbers(memory, 2) == [2, 4])
  }

  // MARK: - Lost

  /// All kinds of calls, so that each may be the one that fails.
  private func work(_ card: CardContext) throws -> [Float] {
    let memory = card.memory([1, 2, 3])
    let sum = card.allocate(12)
    try card.fill(sum, 3, with: 10)
    try card.add(memory, to: sum, 3)
    card.clear(memory, bytes: 4)
    card.copy(from: sum, at: 0, to: memory, at: 4, bytes: 4)
    card.trim()
    _ = try card.time { try? card.add(memory, to: sum, 3) }
    try card.synchronize()
    try card.check()
    return try card.numbers(sum, 3)
  }

  @Test func theWorkIsRightOnACardThatLasts() throws {
    #expect(try work(StandInMachine().system().context(0)) == [11, 23, 16])
  }

  /// Wherever it happens, it is told as an error of the card, no numbers are read, and nothing waits for ever.
  @Test func aCardThatIsLostAtAnyCallIsToldAsLost() throws {
    let whole = try StandInMachine()
    let system = whole.system()
    let card = try system.context(0)
    let before = whole.driver.get("calls")
    _ = try work(card)
    let calls = whole.driver.get("calls") - before
    #expect(calls > 40)
    for call in 1...calls {
      let machine = try StandInMachine()
      let card = try machine.system().context(0)
      machine.driver.set("lost at", call)
      #expect(throws: CUDAError.self, "lost at call \(call)") { try work(card) }
    }
  }

  @Test func aLostCardStaysLost() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let memory = card.memory([1])
    machine.driver.set("lost at", 1)
    #expect(throws: CUDAError.self) { try card.synchronize() }
    let failure = try #require(card.takeFailure())
    guard case .lost = failure else {
      Issue.record("\(failure)")
      return
    }
    expect(failure.description, contains: "CUDA_ERROR_ILLEGAL_ADDRESS (700)", "Start it again", "nvidia-smi")
    #expect(card.takeFailure() == failure)
    #expect(throws: failure) { try card.numbers(memory, 1) }
    #expect(throws: failure) { try card.kernel("fill", in: "Elementwise.cu") }
    #expect(throws: failure) { try card.time {} }
    #expect(card.allocate(4).isVoid)
    #expect(card.available == 0)
  }

  @Test func whatALostCardWasToWriteIsVoid() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let (a, b, c, d) = (card.memory([1]), card.memory([1]), card.memory([1]), card.memory([1]))
    try card.fill(a, 1, with: 2)
    machine.driver.set("lost at", 1)
    card.clear(b, bytes: 4)
    card.copy(from: a, at: 0, to: c, at: 0, bytes: 4)
    [Float(1)].withUnsafeBytes { card.upload($0, to: d) }
    #expect(b.isVoid && c.isVoid && d.isVoid)
    #expect(!a.isVoid)
  }

  @Test func aCardIsLostForEveryThread() async throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    machine.driver.set("lost at", 200)
    await concurrently(4) { _ in
      for _ in 0..<100 { _ = try? card.numbers(card.memory([1]), 1) }
      #expect(throws: CUDAError.self) { try card.check() }
    }
  }

  /// A kernel that writes beyond its block harms whatever lies there; the stand-in sees it.
  @Test func aKernelThatWritesBeyondItsBlockIsFoundOut() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    try card.fill(card.allocate(256), 65, with: 1)
    #expect(throws: CUDAError.self) { try card.synchronize() }
    expect(machine.fault, contains: "The kernel fill has written beyond the ends of a block")
    expect(card.takeFailure()?.description, contains: "The kernel fill has written beyond the ends of a block")
  }

  @Test func twoCardsAreTwo() async throws {
    let machine = try StandInMachine(["cards": 2])
    let system = machine.system()
    let cards = [try system.context(0), try system.context(1)]
    #expect(cards.map(\.card.name) == ["Stand-in card 0", "Stand-in card 1"])
    // Each call of a thread goes to the right one, whichever it used before.
    await concurrently(4) { thread in
      for round in 0..<20 {
        let card = cards[(thread + round) % 2]
        #expect((try? card.numbers(card.memory([Float(round)]), 1)) == [Float(round)])
      }
    }
    #expect(machine.fault == "")
    #expect(throws: Never.self) { try cards[0].check() }
    #expect(throws: Never.self) { try cards[1].check() }
  }
}
