import CUDA

extension CardContext {
  /// A block that holds numbers.
  func memory(_ numbers: [Float]) -> CardMemory {
    let memory = allocate(4 * numbers.count)
    numbers.withUnsafeBytes { upload($0, to: memory) }
    return memory
  }

  /// The numbers that a block holds, from the first on.
  func numbers(_ memory: CardMemory, _ count: Int) throws -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    try numbers.withUnsafeMutableBytes { try download(memory, into: $0) }
    return numbers
  }

  /// Asks for a block to be filled with a number.
  func fill(_ memory: CardMemory, _ count: Int, with value: Float) throws {
    launch(
      try kernel("fill", in: "Elementwise.cu"), grid: (max(1, (count + 2047) / 2048), 1, 1), block: 256,
      [.output(memory), .long(count), .float(value)])
  }

  /// Asks for the numbers of one block to be added to those of another.
  func add(_ memory: CardMemory, to sum: CardMemory, _ count: Int) throws {
    launch(
      try kernel("add", in: "Elementwise.cu"), grid: (max(1, (count + 2047) / 2048), 1, 1), block: 256,
      [.input(memory), .output(sum), .long(count)])
  }
}
