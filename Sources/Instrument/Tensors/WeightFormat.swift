import CKernels

extension WeightMatrix {
  /// How the numbers of weights are written: each by itself, or in blocks that share a scale, as GGUF files hold them.
  ///
  /// A row is a whole number of blocks.
  package enum Format: String, Sendable, CaseIterable {
    case float32 = "F32"
    case bfloat16 = "BF16"
    case float16 = "F16"
    case q8_0 = "Q8_0"
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case q5_0 = "Q5_0"
    case q5_1 = "Q5_1"
    case q4_K = "Q4_K"
    case q5_K = "Q5_K"
    case q6_K = "Q6_K"

    var kernel: ck_format {
      switch self {
      case .float32: ck_float32
      case .bfloat16: ck_bfloat16
      case .float16: ck_float16
      case .q8_0: ck_q8_0
      case .q4_0: ck_q4_0
      case .q4_1: ck_q4_1
      case .q5_0: ck_q5_0
      case .q5_1: ck_q5_1
      case .q4_K: ck_q4_k
      case .q5_K: ck_q5_k
      case .q6_K: ck_q6_k
      }
    }

    /// How many numbers a block has; 1 where each number stands by itself.
    package var blockCount: Int { ck_block_numbers(kernel) }

    /// How many bytes a block takes.
    package var blockBytes: Int { ck_block_bytes(kernel) }

    /// The bytes of whole blocks that hold so many numbers; nil if the numbers are no whole number of blocks, or too many for any memory.
    package func byteCount(of count: Int) -> Int? {
      guard count.isMultiple(of: blockCount) else { return nil }
      let (bytes, overflows) = (count / blockCount).multipliedReportingOverflow(by: blockBytes)
      return overflows ? nil : bytes
    }

    /// Writes numbers in fp32: those of the blocks at `source`, from the first one on.
    package func widen(_ source: UnsafeRawPointer, into target: UnsafeMutableBufferPointer<Float>) {
      guard let base = target.baseAddress else { return }
      ck_widen(source, kernel, 0, target.count, base)
    }
  }
}
