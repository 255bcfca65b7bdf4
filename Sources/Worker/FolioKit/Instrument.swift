import CellRuntime
import Checkpoints
import SparseAutoencoders
import Transformer
import Tensors

// What the instrument's types are to the session: which of them are plain values (see `Plainness`), and which errors say that a model is missing.
// Those that are not here are walked.

extension Tensor: PlainValue {
  package func feed(_ digest: inout ValueDigest) -> Bool {
    guard shape.feed(&digest) else { return false }
    guard digest.hasRoom(for: count * MemoryLayout<Float>.stride) else { return false }
    // What a device could not make has no digest.
    do throws(DeviceError) { try withPieces { digest.add(raw: $0) } } catch { return false }
    return true
  }
}

extension LanguageModel: ImmutableObject {}
extension Tokenizer: ImmutableObject {}
extension PlacedMatrix: ImmutableObject {}

/// It remembers what any cell has read.
extension PrefixCache: OpaqueValue {}

/// Whether an error says that something the notebook needs is not there: its model.
package func isUnavailable(_ error: any Error) -> Bool {
  guard let error = error as? ModelError else { return false }
  return switch error {
  case .modelNotFound, .noSnapshot: true
  default: false
  }
}
