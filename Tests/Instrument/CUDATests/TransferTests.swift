import CUDA
import CUDAStandIn
import Foundation
import TestSupport
import Testing

/// What goes to the card comes back as it was, however much it is, and whoever asks.
@Suite struct TransferTests {
  private let machine: StandInMachine
  private let card: CardContext

  init() throws {
    machine = try StandInMachine()
    card = try machine.system().context(0)
  }

  @Test(arguments: [1, 3, 64, 1000, 100_000])
  func numbersComeBackAsTheyWere(count: Int) throws {
    let numbers = (0..<count).map { Float($0) - 0.5 }
    #expect(try card.numbers(card.memory(numbers), count) == numbers)
    #expect(machine.fault == "")
  }

  /// Larger than all halves of what lies between host and card, and no multiple of them.
  @Test func whatIsLargerThanTheStagingComesBackAsItWas() throws {
    let count = (40 << 20) / 4 + 12_345
    let numbers = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { buffer[index] = Float(index % 8_388_593) }
      initialized = count
    }
    let memory = card.memory(numbers)
    #expect(try card.numbers(memory, count) == numbers)
    #expect(machine.fault == "")
  }

  @Test func theSourceMayBeChangedAtOnce() throws {
    let memory = card.allocate(4 * 100)
    var numbers = [Float](repeating: 1, count: 100)
    numbers.withUnsafeBytes { card.upload($0, to: memory) }
    numbers = [Float](repeating: 2, count: 100)
    #expect(try card.numbers(memory, 100) == [Float](repeating: 1, count: 100))
    #expect(numbers[0] == 2)
  }

  /// Many small ones fill the halves in turn; each must still be on its way unharmed.
  @Test func manySmallCopiesBeforeAnyWaitAreAllRight() throws {
    let size = 300_000
    let blocks = (0..<40).map { card.memory([Float](repeating: Float($0), count: size)) }
    for (index, block) in blocks.enumerated() {
      #expect(try card.numbers(block, size).allSatisfy { $0 == Float(index) })
    }
  }

  @Test func partsAreCopiedToAndFromTheirPlace() throws {
    let memory = card.memory([0, 1, 2, 3, 4, 5, 6, 7])
    [Float(30), 31].withUnsafeBytes { card.upload($0, to: memory, at: 12) }
    var part = [Float](repeating: 0, count: 3)
    try part.withUnsafeMutableBytes { try card.download(memory, at: 8, into: $0) }
    #expect(part == [2, 30, 31])
    #expect(try card.numbers(memory, 8) == [0, 1, 2, 30, 31, 5, 6, 7])
  }

  @Test func aCopyOnTheCardIsOfItsPartOnly() throws {
    let (source, target) = (card.memory([1, 2, 3, 4]), card.memory([0, 0, 0, 0]))
    card.copy(from: source, at: 4, to: target, at: 8, bytes: 8)
    #expect(try card.numbers(target, 4) == [0, 0, 2, 3])
  }

  @Test func partsWithinOneBlockAreCopied() throws {
    let memory = card.memory([1, 2, 3, 4])
    card.copy(from: memory, at: 0, to: memory, at: 8, bytes: 8)
    #expect(try card.numbers(memory, 4) == [1, 2, 1, 2])
  }

  @Test func clearedBytesAreZero() throws {
    let memory = card.memory([1, 2, 3, 4])
    card.clear(memory, at: 4, bytes: 8)
    #expect(try card.numbers(memory, 4) == [1, 0, 0, 4])
  }

  @Test func nothingIsCopiedOfNoBytes() throws {
    let memory = card.memory([1])
    card.upload(UnsafeRawBufferPointer(start: nil, count: 0), to: memory)
    card.copy(from: memory, at: 4, to: memory, at: 0, bytes: 0)
    card.clear(memory, at: 4, bytes: 0)
    #expect(try card.numbers(memory, 0).isEmpty)
    #expect(try card.numbers(memory, 1) == [1])
  }

  @Test func newMemoryHoldsNoNumbers() throws {
    #expect(try card.numbers(card.allocate(400), 100).allSatisfy(\.isNaN))
  }

  @Test func whatAnEarlierOwnerLeftIsNotSeenInTests() throws {
    _ = card.memory([1, 2, 3])
    #expect(try card.numbers(card.allocate(12), 3).allSatisfy(\.isNaN))
  }

  @Test func memoryThatCannotBePageLockedDoesAsWell() throws {
    machine.driver.set("refuses pinned memory", 1)
    let numbers = (0..<5000).map(Float.init)
    #expect(try card.numbers(card.memory(numbers), 5000) == numbers)
    #expect(machine.driver.get("pinned") == 0)
  }

  @Test func stagingIsTakenWhenItIsFirstNeeded() throws {
    #expect(machine.driver.get("pinned") == 0)
    let memory = card.memory([1])
    #expect(machine.driver.get("pinned") == 2)
    _ = try card.numbers(memory, 1)
    #expect(machine.driver.get("pinned") == 4)
    for _ in 0..<10 { _ = try card.numbers(card.memory([1]), 1) }
    #expect(machine.driver.get("pinned") == 4)
  }

  @Test func anyThreadMayCopyAtAnyTime() async throws {
    let card = card
    await concurrently(8) { thread in
      for round in 0..<20 {
        let numbers = [Float](repeating: Float(100 * thread + round), count: 1 + 5000 * (round % 3))
        let read = try? card.numbers(card.memory(numbers), numbers.count)
        #expect(read == numbers)
      }
    }
    #expect(machine.fault == "")
    #expect(throws: Never.self) { try card.check() }
  }
}
