import Tensors

/// A tensor of a weight file, as its header describes it.
package struct WeightEntry: Equatable, Sendable {
  package let name: String
  /// How its numbers are written, by the file's name for it: `BF16`, `Q4_K`.
  package let type: String
  package let shape: [Int]
  /// Where the bytes lie, from the beginning of the file.
  package let bytes: Range<Int>
}

/// A file that holds tensors under the names of Hugging Face's transformers: a safetensors file, or a GGUF file in translation.
package protocol WeightFile: Sendable {
  var path: String { get }
  var entries: [String: WeightEntry] { get }

  /// The numbers of a tensor in fp32.
  func tensor(_ entry: WeightEntry) throws(ModelError) -> Tensor

  /// A matrix, used where it lies if that is possible.
  func matrix(_ entry: WeightEntry) throws(ModelError) -> WeightMatrix

  /// The bytes of a tensor, as they are in the file. Valid within `body` only.
  func withBytes<Result>(_ entry: WeightEntry, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result

  /// A number that changes with any byte of the file.
  func checksum(seed: UInt64) -> UInt64
}
