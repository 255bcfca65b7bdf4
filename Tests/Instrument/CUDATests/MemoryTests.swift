import CUDA
import CUDAStandIn
import TestSupport
import Testing

/// The pool: what it takes from the driver, what it uses again, and what happens when there is no more.
@Suite struct MemoryTests {
  @Test func aBlockThatWasGivenBackIsUsedAgainWithoutTheDriver() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let address = card.allocate(1000).address
    let taken = machine.driver.get("cuMemAlloc_v2")
    for bytes in [1000, 1024, 800] { #expect(card.allocate(bytes).address == address) }
    #expect(machine.driver.get("cuMemAlloc_v2") == taken)
  }

  @Test func theEndOfABlockCallsNoDriver() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    var memory: CardMemory? = card.allocate(1000)
    let calls = machine.driver.get("calls")
    memory = nil
    #expect(memory == nil)
    #expect(machine.driver.get("calls") == calls)
    #expect(card.inUse == 0)
  }

  /// The card is still to work with the block when its next owner gets it; its work is behind that.
  @Test func aBlockMayBeUsedAgainWhileTheCardHasStillToWorkWithIt() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let result = card.allocate(400)
    try card.fill(result, 100, with: 0)
    for value in 1...10 {
      let temporary = card.allocate(400)
      try card.fill(temporary, 100, with: Float(value))
      try card.add(temporary, to: result, 100)
    }
    #expect(machine.driver.get("cuMemAlloc_v2") == 2)
    #expect(try card.numbers(result, 100) == [Float](repeating: 55, count: 100))
  }

  @Test func blocksInUseAreApart() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let blocks = (0..<50).map { card.allocate(100 + 37 * $0) }
    let sorted = blocks.sorted { $0.address < $1.address }
    for (block, next) in zip(sorted, sorted.dropFirst()) {
      #expect(block.address + UInt64(block.byteCount) <= next.address)
    }
    #expect(blocks.allSatisfy { $0.address % 256 == 0 })
  }

  /// No more than a sixteenth, beyond what fills 256 bytes.
  @Test(arguments: [1, 255, 256, 257, 5000, 100_000, 1 << 20, (1 << 20) + 1, 33_554_432, 33_554_433, 49_999_999])
  func aBlockTakesLittleMoreThanItIsAskedFor(bytes: Int) throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let memory = card.allocate(bytes)
    #expect(memory.byteCount == bytes)
    #expect(card.inUse >= bytes)
    #expect(card.inUse <= bytes + max(bytes / 16, 255))
  }

  @Test func whatIsInUseAndWasAtMostIsCounted() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let kept = card.allocate(1 << 20)
    var other: CardMemory? = card.allocate(2 << 20)
    #expect(other?.isVoid == false)
    #expect(card.inUse == 3 << 20)
    other = nil
    #expect(card.inUse == 1 << 20)
    #expect(card.peak == 3 << 20)
    card.resetPeak()
    #expect(card.peak == 1 << 20)
    #expect(kept.byteCount == 1 << 20)
  }

  // MARK: - No room

  @Test func theBudgetIsWhatWasFreeLessAReserve() throws {
    let machine = try StandInMachine(["memory": 4 << 30, "taken": 1 << 30])
    let card = try machine.system().context(0)
    #expect(card.card.freeMemory == 3 << 30)
    #expect(card.budget == (3 << 30) - (512 << 20))
  }

  @Test func theBudgetIsTheUsersIfOneIsSet() throws {
    let card = try StandInMachine().system(["FOLIO_CUDA_MEMORY": "1.5G"]).context(0)
    #expect(card.budget == 3 << 29)
  }

  @Test(arguments: ["much", "-1G", "0", "G", "1e99T", "nan"])
  func aBudgetThatSaysNothingIsAnError(text: String) throws {
    let machine = try StandInMachine()
    let error = #expect(throws: CUDAError.self) { try machine.system(["FOLIO_CUDA_MEMORY": text]).context(0) }
    expect(error?.description, contains: "FOLIO_CUDA_MEMORY is “\(text)”", "20G")
    #expect(machine.driver.get("contexts") == 0)
  }

  @Test(arguments: [("1000000", 1_000_000), ("20G", 20 << 30), ("512M", 512 << 20), ("2 GiB", 2 << 30), ("8kb", 8192)])
  func aBudgetIsANumberWithAUnit(text: String, bytes: Int) {
    #expect(MemoryBudget.parsed(text) == bytes)
  }

  @Test func beyondTheBudgetABlockIsVoid() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "10M"]).context(0)
    let fits = card.allocate(8 << 20)
    let calls = machine.driver.get("cuMemAlloc_v2")
    let memory = card.allocate(4 << 20)
    #expect(!fits.isVoid)
    #expect(memory.isVoid)
    #expect(machine.driver.get("cuMemAlloc_v2") == calls)
    #expect(card.takeFailure() == .outOfMemory(asked: 4 << 20, inUse: 8 << 20, budget: 10 << 20))
    #expect(card.takeFailure() == nil)
  }

  @Test func whatIsNotInUseMakesRoomForAnotherSize() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "10M"]).context(0)
    _ = card.allocate(6 << 20)
    let memory = card.allocate(8 << 20)
    #expect(!memory.isVoid)
    #expect(card.takeFailure() == nil)
    #expect(machine.driver.get("allocations") == 1)
  }

  @Test func aFullCardIsAskedAgainWhenWhatIsNotInUseWasGivenBack() throws {
    let machine = try StandInMachine(["memory": 4 << 30])
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "4G"]).context(0)
    _ = card.allocate(600 << 20)
    // The budget has room for both, but another process has taken that.
    machine.driver.set("taken", 3300 << 20)
    let memory = card.allocate(500 << 20)
    #expect(!memory.isVoid)
    #expect(card.takeFailure() == nil)
    #expect(machine.driver.get("cuMemFree_v2") == 1)
  }

  /// The block's work must be done before it goes.
  @Test func workIsWaitedForBeforeMemoryIsGivenBack() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "10M"]).context(0)
    let result = card.memory([0])
    do {
      let temporary = card.allocate(6 << 20)
      try card.fill(temporary, 1, with: 7)
      try card.add(temporary, to: result, 1)
    }
    #expect(!card.allocate(8 << 20).isVoid)
    #expect(try card.numbers(result, 1) == [7])
    #expect(machine.fault == "")
  }

  @Test func whenTheDriverHasNoMoreABlockIsVoid() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    machine.driver.set("allocations until refusal", 1)
    #expect(!card.allocate(1000).isVoid)
    let kept = card.allocate(700)
    #expect(kept.isVoid)
    guard case .outOfMemory(asked: 700, _, _) = card.takeFailure() else {
      Issue.record("a lack of room is not told")
      return
    }
    machine.driver.set("allocations until refusal", -1)
    #expect(!card.allocate(5000).isVoid)
  }

  @Test func whatIsAvailableIsWhatCanBeHad() throws {
    let machine = try StandInMachine(["memory": 4 << 30])
    let card = try machine.system(["FOLIO_CUDA_MEMORY": "1G"]).context(0)
    #expect(card.available == 1 << 30)
    let memory = card.allocate(256 << 20)
    #expect(card.available == 768 << 20)
    _ = card.allocate(128 << 20)
    #expect(card.available == 768 << 20)
    // Another process takes nearly all: what this one holds unused is still to be had.
    machine.driver.set("taken", (4 << 30) - (400 << 20))
    #expect(card.available == (16 << 20) + (128 << 20))
    let again = card.allocate(128 << 20)
    #expect(card.available == 16 << 20)
    #expect(!again.isVoid)
    #expect(memory.byteCount == 256 << 20)
  }

  @Test func trimmingGivesBackWhatIsNotInUse() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let kept = card.allocate(1000)
    _ = card.allocate(5000)
    #expect(machine.driver.get("allocations") == 2)
    card.trim()
    #expect(machine.driver.get("allocations") == 1)
    #expect(!kept.isVoid)
  }

  // MARK: - Threads and ends

  @Test func threadsNeverShareABlock() async throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    await concurrently(6) { thread in
      for round in 0..<30 {
        let count = 50 + 64 * (round % 4)
        let memory = card.allocate(4 * count)
        #expect(throws: Never.self) { try card.fill(memory, count, with: Float(thread)) }
        #expect((try? card.numbers(memory, count)) == [Float](repeating: Float(thread), count: count))
      }
    }
    #expect(card.inUse == 0)
    #expect(machine.fault == "")
  }

  @Test func theEndOfACardLeavesNothing() throws {
    let machine = try StandInMachine()
    do {
      let card = try machine.system().context(0)
      let memory = card.memory([1, 2, 3])
      try card.fill(memory, 3, with: 4)
      #expect(try card.numbers(memory, 3) == [4, 4, 4])
      #expect(try card.time {} >= 0)
    }
    for kind in ["allocations", "pinned", "streams", "events", "modules", "contexts", "leaks"] {
      #expect(machine.driver.get(kind) == 0, "\(kind)")
    }
  }

  @Test func aBlockKeepsItsCard() throws {
    let machine = try StandInMachine()
    var memory: CardMemory? = try machine.system().context(0).memory([5])
    #expect(try memory.map { try $0.context.numbers($0, 1) } == [5])
    #expect(machine.driver.get("contexts") == 1)
    memory = nil
    #expect(machine.driver.get("contexts") == 0)
  }
}
