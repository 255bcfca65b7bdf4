import Foundation
import Synchronization
import Tensors

/// The angles of rotary embedding for some rows: `[row, headWidth / 2]` each.
struct RotaryAngles {
  let cosine: Tensor
  let sine: Tensor

  /// The angles of another layout's rows, which begins later in some lanes.
  func narrowed(from layout: RowLayout, to other: RowLayout) -> RotaryAngles {
    RotaryAngles(cosine: layout.narrowed(cosine, to: other), sine: layout.narrowed(sine, to: other))
  }

  /// The angles that undo the rotation.
  var inverse: RotaryAngles { RotaryAngles(cosine: cosine, sine: -sine) }
}

extension Tensor {
  /// Rotary position embedding of `[row, head, c]`.
  func rotated(_ angles: RotaryAngles) -> Tensor { rotated(cosine: angles.cosine, sine: angles.sine) }
}

/// The angles of a model's positions, computed once.
///
/// Computed in fp32 step by step as the reference does it, whose rounding at high positions is part of the model.
final class RotaryTable: Sendable {
  private let headWidth: Int
  private let base: Float
  private let table: Mutex<RotaryAngles>

  init(_ configuration: ModelConfiguration) {
    (headWidth, base) = (configuration.headWidth, configuration.ropeBase)
    let empty = Tensor(uninitialized: [0, configuration.headWidth / 2])
    table = Mutex(RotaryAngles(cosine: empty, sine: empty))
  }

  /// The angles of rows that begin at some positions, one range of rows behind the other.
  func angles(_ starts: [Int], _ counts: [Int]) -> RotaryAngles {
    let ranges = zip(starts, counts).map { $0..<$0 + $1 }
    let all = all(count: ranges.map(\.upperBound).max() ?? 0)
    return RotaryAngles(
      cosine: Tensor.joined(ranges.map { all.cosine[$0] }), sine: Tensor.joined(ranges.map { all.sine[$0] }))
  }

  /// By how much the angle of each pair grows from one position to the next, `[headWidth / 2]`, in radians.
  static func frequencies(headWidth: Int, base: Float) -> [Float] {
    stride(from: 0, to: headWidth, by: 2).map { 1 / powf(base, Float($0) / Float(headWidth)) }
  }

  private func all(count: Int) -> RotaryAngles {
    table.withLock { table in
      let known = table.cosine.shape[0]
      if known < count {
        let frequencies = Self.frequencies(headWidth: headWidth, base: base)
        let angles = (known..<max(count, 2 * known)).flatMap { position in frequencies.map { Float(position) * $0 } }
        let shape = [angles.count / max(frequencies.count, 1), headWidth / 2]
        table = RotaryAngles(
          cosine: Tensor.joined([table.cosine, Tensor(angles.map { cosf($0) }, shape: shape)]),
          sine: Tensor.joined([table.sine, Tensor(angles.map { sinf($0) }, shape: shape)]))
      }
      return table
    }
  }
}
