import Foundation
import Tensors

/// Texts for an attention: random queries, keys and values, on the backend and in Double.
struct AttentionTexts {
  struct Text {
    let positions: Range<Int>
    var firstOwn: Int
    var recorded: Range<Int>? = nil

    init(_ positions: Range<Int>, firstOwn: Int? = nil, recorded: Range<Int>? = nil) {
      (self.positions, self.firstOwn, self.recorded) = (positions, firstOwn ?? positions.lowerBound, recorded)
    }
  }

  let heads: Int
  let groups: Int
  let headWidth: Int
  var softCap: Float?
  var window: Int?
  var texts: [Text]
  /// Rows of the queries that belong to none of the texts, before, between and behind theirs.
  var gap = 1

  init(heads: Int, groups: Int, headWidth: Int, softCap: Float? = nil, window: Int? = nil, _ texts: [Text]) {
    (self.heads, self.groups, self.headWidth) = (heads, groups, headWidth)
    (self.softCap, self.window, self.texts) = (softCap, window, texts)
  }

  var scale: Float { 1 / Float(headWidth).squareRoot() }
  var rows: Int { texts.reduce(gap) { $0 + $1.positions.count + gap } }
  var ownRows: Int { texts.reduce(0) { $0 + $1.positions.upperBound - $1.firstOwn } }

  /// The keys that the query at a position sees.
  func visible(_ position: Int) -> Range<Int> { max(0, position + 1 - (window ?? position + 1))..<position + 1 }

  var situation: String {
    let all = texts.map { "\($0.positions)\($0.firstOwn == $0.positions.lowerBound ? "" : " own from \($0.firstOwn)")" }
    return "\(heads) heads in \(groups) groups of width \(headWidth), texts \(all.joined(separator: ", "))"
      + (softCap.map { ", cap \($0)" } ?? "") + (window.map { ", window \($0)" } ?? "")
  }

  /// The first row of each text's queries, and of its own keys.
  func firstRow(_ text: Int) -> Int { texts[..<text].reduce(gap) { $0 + $1.positions.count + gap } }
  func firstOwnRow(_ text: Int) -> Int { texts[..<text].reduce(0) { $0 + $1.positions.upperBound - $1.firstOwn } }

  /// Everything that an attention reads.
  struct Numbers {
    /// `[row, h, c]`, also the gradient of z.
    let queries: Tensor
    let z: Tensor
    /// Of each text, `[key, g · c]`.
    let keys: [Tensor]
    let values: [Tensor]
  }

  func numbers(_ trial: Trial) -> Numbers {
    let shapes = texts.map { [$0.positions.upperBound, groups * headWidth] }
    return Numbers(
      queries: trial.numbers([rows, heads, headWidth], 2), z: trial.numbers([rows, heads, headWidth]),
      keys: shapes.map { trial.numbers($0) }, values: shapes.map { trial.numbers($0) })
  }

  func call(_ trial: Trial, _ numbers: Numbers) -> AttentionCall {
    AttentionCall(
      heads: heads, keyValueHeads: groups, headWidth: headWidth, scale: scale, softCap: softCap, window: window,
      queries: trial.put(numbers.queries),
      parts: texts.indices.map { text in
        AttentionPart(
          positions: texts[text].positions, firstRow: firstRow(text), keys: trial.put(numbers.keys[text]),
          values: trial.put(numbers.values[text]), firstOwn: (texts[text].firstOwn, firstOwnRow(text)),
          recordedScores: texts[text].recorded, recordedPattern: texts[text].recorded)
      })
  }
}

/// One head of one text in Double. Each number carries a size: what the error of a computed one is relative to, as the errors of what it is
/// made of add up.
struct HeadTwin {
  private let numbers: AttentionTexts.Numbers
  private let texts: AttentionTexts
  private let text: Int
  let head: Int
  private let keyCount: Int
  let positions: Range<Int>

  init(_ texts: AttentionTexts, _ numbers: AttentionTexts.Numbers, text: Int, head: Int) {
    (self.texts, self.numbers, self.text, self.head) = (texts, numbers, text, head)
    (keyCount, positions) = (texts.texts[text].positions.upperBound, texts.texts[text].positions)
  }

  typealias Number = (value: Double, size: Double)

  private var c: Int { texts.headWidth }
  private var group: Int { head / (texts.heads / texts.groups) }

  func visible(_ position: Int) -> Range<Int> { texts.visible(position) }

  /// A vector of the queries, or of the gradient of z.
  func row(_ tensor: Tensor, _ position: Int) -> [Double] {
    let first = ((texts.firstRow(text) + position - positions.lowerBound) * texts.heads + head) * c
    return tensor.withUnsafeElements { x in (first..<first + c).map { Double(x[$0]) } }
  }

  func query(_ position: Int) -> [Double] { row(numbers.queries, position) }
  func gradient(_ position: Int) -> [Double] { row(numbers.z, position) }
  func keys() -> [[Double]] { vectors(numbers.keys[text]) }
  func values() -> [[Double]] { vectors(numbers.values[text]) }

  private func vectors(_ tensor: Tensor) -> [[Double]] {
    tensor.withUnsafeElements { x in
      (0..<keyCount).map { key in
        let first = (key * texts.groups + group) * c
        return (first..<first + c).map { Double(x[$0]) }
      }
    }
  }

  static func dot(_ a: [Double], _ b: [Double]) -> Number {
    var (sum, size) = (0.0, 0.0)
    for i in a.indices {
      let term = a[i] * b[i]
      sum += term
      size += abs(term)
    }
    return (sum, size)
  }

  /// Scaled and capped.
  func score(_ query: [Double], _ key: [Double]) -> Number {
    let (sum, size) = Self.dot(query, key), scale = Double(texts.scale)
    guard let cap = texts.softCap.map(Double.init) else { return (scale * sum, scale * size) }
    return (cap * tanh(scale * sum / cap), scale * size)
  }

  /// Of the keys that a query sees: the scores, and the pattern. Its numbers are off relatively by what the scores are off.
  func pattern(_ position: Int, _ keys: [[Double]]) -> (scores: [Number], pattern: [Number]) {
    let query = query(position)
    let scores = visible(position).map { score(query, keys[$0]) }
    let largest = scores.map(\.value).max() ?? 0
    let exponentials = scores.map { exp($0.value - largest) }
    let (sum, off) = (exponentials.sum, 1 + (scores.map(\.size).max() ?? 0))
    return (scores, exponentials.map { ($0 / sum, $0 / sum * off) })
  }

  /// The gradients of the pattern, of the capped scores, and of the scores before their cap.
  func back(
    _ position: Int, _ forward: (scores: [Number], pattern: [Number]), _ values: [[Double]]
  ) -> (pattern: [Number], capped: [Number], scores: [Number]) {
    let (gradient, seen) = (gradient(position), Array(visible(position)))
    let ofPattern = seen.map { Self.dot(gradient, values[$0]) }
    let p = forward.pattern
    let mean = p.indices.map { p[$0].value * ofPattern[$0].value }.sum
    let meanSize = p.indices.map { p[$0].size * ofPattern[$0].size }.sum
    let capped = p.indices.map { i -> Number in
      (p[i].value * (ofPattern[i].value - mean), p[i].size * (ofPattern[i].size + meanSize))
    }
    guard let cap = texts.softCap.map(Double.init) else { return (ofPattern, capped, capped) }
    let scores = capped.indices.map { i -> Number in
      let share = forward.scores[i].value / cap
      return (capped[i].value * (1 - share * share), capped[i].size * (1 + forward.scores[i].size / cap))
    }
    return (ofPattern, capped, scores)
  }
}
