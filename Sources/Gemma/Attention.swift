import Foundation
import Tensors

/// The attention of one layer: scores, pattern, and the values that the pattern gathers.
///
/// Queries are taken in blocks, and each block sees only the keys up to its last query: half of the products are never computed, and the
/// scores of a long prompt need not lie in memory all at once. Keys and values of all heads lie side by side, `[key, g · c]`, and are
/// multiplied where they lie. Several query heads read the same key head when there are fewer of those.
struct Attention {
  let configuration: GemmaConfiguration
  let layer: Int
  /// The position of the first query.
  let start: Int
  /// After rotary embedding, `[query, h, c]`.
  let queries: Tensor
  /// `[key, g · c]`, from position 0.
  let keys: Tensor
  let values: Tensor

  /// Large enough for sgemm to run at speed, small enough for a block's scores to stay in the cache.
  private static let block = 256

  /// z, `[query, h, c]`. Scores and patterns are recorded if they are wanted.
  func callAsFunction(_ recorder: inout ActivationRecorder) -> Tensor {
    let count = queries.shape[0]
    var z = Tensor(uninitialized: queries.shape)
    var scores = RecordedSquare(.attentionScores, self, recorder, filling: -.infinity)
    var pattern = RecordedSquare(.pattern, self, recorder, filling: 0)
    for first in stride(from: 0, to: count, by: Self.block) {
      let block = first..<min(first + Self.block, count)
      for head in 0..<configuration.heads {
        var square = scaledProducts(block, head)
        scores?.copy(square, block, head)
        square.applyCausalSoftmax(visible: start + block.lowerBound + 1)
        pattern?.copy(square, block, head)
        gather(square, block, head, into: &z)
      }
    }
    scores?.keep(in: &recorder)
    pattern?.keep(in: &recorder)
    return z
  }

  /// q · k / √c of one head, `[block, keys that the block's last query sees]`.
  private func scaledProducts(_ block: Range<Int>, _ head: Int) -> Tensor {
    let visible = start + block.upperBound
    var square = Tensor(uninitialized: [block.count, visible])
    square.withUnsafeMutableElements { out in
      queries.withUnsafeElements { q in
        keys.withUnsafeElements { k in
          guard let q = q.baseAddress, let k = k.baseAddress, let out = out.baseAddress else { return }
          multiply(
            slice(q, ofHead: head, of: configuration.heads, rows: block),
            slice(k, ofHead: head / configuration.headsPerKeyValueHead, of: configuration.keyValueHeads, rows: 0..<visible),
            transposingRight: true, into: MatrixSlice(out, rows: block.count, columns: visible),
            factor: 1 / Float(configuration.headWidth).squareRoot())
        }
      }
    }
    return square
  }

  private func gather(_ pattern: Tensor, _ block: Range<Int>, _ head: Int, into z: inout Tensor) {
    let visible = pattern.shape[1]
    z.withUnsafeMutableElements { z in
      pattern.withUnsafeElements { p in
        values.withUnsafeElements { v in
          guard let p = p.baseAddress, let v = v.baseAddress, let z = z.baseAddress else { return }
          multiply(
            MatrixSlice(p, rows: block.count, columns: visible),
            slice(v, ofHead: head / configuration.headsPerKeyValueHead, of: configuration.keyValueHeads, rows: 0..<visible),
            transposingRight: false, into: slice(z, ofHead: head, of: configuration.heads, rows: block))
        }
      }
    }
  }

  /// One head's part of `[position, heads · c]`.
  private func slice(_ base: UnsafePointer<Float>, ofHead head: Int, of heads: Int, rows: Range<Int>) -> MatrixSlice {
    let (width, stride) = (configuration.headWidth, heads * configuration.headWidth)
    return MatrixSlice(base + rows.lowerBound * stride + head * width, rows: rows.count, columns: width, stride: stride)
  }
}

/// Scores or patterns of all heads, `[head, query, key]`, gathered block by block, at the positions that are kept.
private struct RecordedSquare {
  private let component: HookPoint.Component
  private let layer: Int
  private let kept: Range<Int>
  private let filling: Float
  private var square: Tensor

  init?(_ component: HookPoint.Component, _ attention: Attention, _ recorder: ActivationRecorder, filling: Float) {
    guard recorder.wants(component, attention.layer) else { return nil }
    let count = attention.queries.shape[0]
    (self.component, layer, kept, self.filling) = (component, attention.layer, recorder.kept(of: count), filling)
    square = Tensor(repeating: filling, shape: [attention.configuration.heads, kept.count, attention.start + count])
  }

  /// Takes over a block's rows, each up to the key that its query may see.
  mutating func copy(_ block: Tensor, _ rows: Range<Int>, _ head: Int) {
    let (keys, visible, queries) = (square.shape[2], block.shape[1], kept.count)
    let start = visible - rows.upperBound
    square.withUnsafeMutableElements { target in
      block.withUnsafeElements { source in
        for query in rows.clamped(to: kept) {
          let row = (head * queries + query - kept.lowerBound) * keys
          for key in 0...(start + query) { target[row + key] = source[(query - rows.lowerBound) * visible + key] }
        }
      }
    }
  }

  func keep(in recorder: inout ActivationRecorder) { recorder.keep(component, layer, square) }
}

/// The angles of rotary embedding for some positions: `[position, headWidth / 2]` each.
///
/// Computed in fp32 step by step as the reference does it, whose rounding at high positions is part of the model.
struct RotaryAngles {
  let cosine: Tensor
  let sine: Tensor

  init(positions: Range<Int>, configuration: GemmaConfiguration) {
    let width = configuration.headWidth
    let frequencies = stride(from: 0, to: width, by: 2).map { 1 / powf(configuration.ropeBase, Float($0) / Float(width)) }
    let angles = positions.flatMap { position in frequencies.map { Float(position) * $0 } }
    cosine = Tensor(angles.map { cosf($0) }, shape: [positions.count, width / 2])
    sine = Tensor(angles.map { sinf($0) }, shape: [positions.count, width / 2])
  }
}
