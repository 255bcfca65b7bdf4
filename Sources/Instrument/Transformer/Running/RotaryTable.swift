import Foundation
import Synchronization
import Tensors

/// The angles of rotary embedding for some rows: `[row, width / 2]` each, of the width that is turned.
struct RotaryAngles {
  let cosine: Tensor
  let sine: Tensor

  /// The angles of another layout's rows, which begins later in some lanes.
  func narrowed(from layout: RowLayout, to other: RowLayout) -> RotaryAngles {
    RotaryAngles(cosine: layout.narrowed(cosine, to: other), sine: layout.narrowed(sine, to: other))
  }

  /// The same angles where a backend computes.
  func moved(to backend: any Backend) -> RotaryAngles {
    RotaryAngles(cosine: cosine.moved(to: backend), sine: sine.moved(to: backend))
  }

  /// The angles that undo the rotation.
  var inverse: RotaryAngles { RotaryAngles(cosine: cosine, sine: -sine) }
}

extension Tensor {
  /// Rotary position embedding of `[row, head, c]`.
  func rotated(_ angles: RotaryAngles) -> Tensor { rotated(cosine: angles.cosine, sine: angles.sine) }
}

/// The angles of a model's positions, computed once for each way in which its layers turn queries and keys.
final class RotaryTables: Sendable {
  private let rotations: [Rotation]
  private let tables: [Rotation: RotaryTable]

  init(_ configuration: ModelConfiguration) {
    if case .rotary(let rotations) = configuration.positions { self.rotations = rotations } else { rotations = [] }
    tables = Dictionary(uniqueKeysWithValues: Set(rotations).map { ($0, RotaryTable($0)) })
  }

  /// The angles of each layer, for the rows of some lanes, where a backend computes. Empty in a model without them.
  func angles(_ batch: LaneBatch, on backend: any Backend) -> LayerAngles {
    let angles = tables.mapValues { $0.angles(batch.layout.starts, batch.lanes.map(\.count)).moved(to: backend) }
    return LayerAngles(layers: rotations.map { angles[$0] })
  }
}

/// The angles of each layer for some rows.
struct LayerAngles {
  fileprivate let layers: [RotaryAngles?]

  /// Nil in a model without rotary embedding.
  subscript(layer: Int) -> RotaryAngles? { layers.isEmpty ? nil : layers[layer] }
}

/// The angles of one rotation, computed in fp32 step by step as the reference does it, whose rounding at high positions is part of the model.
private final class RotaryTable: Sendable {
  private let frequencies: [Float]
  private let table: Mutex<RotaryAngles>

  init(_ rotation: Rotation) {
    frequencies = rotation.frequencies
    let empty = Tensor(uninitialized: [0, frequencies.count])
    table = Mutex(RotaryAngles(cosine: empty, sine: empty))
  }

  func angles(_ starts: [Int], _ counts: [Int]) -> RotaryAngles {
    let ranges = zip(starts, counts).map { $0..<$0 + $1 }
    let all = all(count: ranges.map(\.upperBound).max() ?? 0)
    return RotaryAngles(
      cosine: Tensor.joined(ranges.map { all.cosine[$0] }), sine: Tensor.joined(ranges.map { all.sine[$0] }))
  }

  private func all(count: Int) -> RotaryAngles {
    table.withLock { table in
      let known = table.cosine.shape[0]
      if known < count {
        let angles = (known..<max(count, 2 * known)).flatMap { position in frequencies.map { Float(position) * $0 } }
        let shape = [angles.count / max(frequencies.count, 1), frequencies.count]
        table = RotaryAngles(
          cosine: Tensor.joined([table.cosine, Tensor(angles.map { cosf($0) }, shape: shape)]),
          sine: Tensor.joined([table.sine, Tensor(angles.map { sinf($0) }, shape: shape)]))
      }
      return table
    }
  }
}
