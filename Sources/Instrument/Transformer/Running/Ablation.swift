import Checkpoints
import Tensors

/// What stands in the place of an activation that is ablated.
public enum Ablation: Sendable {
  /// Zeros.
  case zero
  /// The activation's mean over prompts: over all of their positions, or at each position by itself, as the means were taken.
  case mean(ActivationMeans)
  /// What the activation is in another run of the same model, at the same positions of its text (resample ablation; Chan et al. 2022, "Causal
  /// scrubbing").
  case resample(ActivationCache)

  /// What stands at a part of an activation of this shape.
  /// - Parameters:
  ///   - rows: the positions; for squares those of the queries.
  ///   - head: the head that is meant, whose axis the shape lacks.
  func value(at point: HookPoint, rows: Range<Int>, head: Int?, shape: [Int]) throws(ModelError) -> Tensor {
    switch self {
    case .zero: return Tensor(repeating: 0, shape: shape)
    case .mean(let means): return try means.value(at: point, rows: rows, head: head, shape: shape)
    case .resample(let cache):
      let other = try cache[point]
      let isSquare = point.component.isSquare
      guard cache.positions.lowerBound <= rows.lowerBound, rows.upperBound <= cache.positions.upperBound else {
        throw .badRequest(
          "\(point) is resampled at the positions \(rows), and the other run kept those of \(cache.positions). Capture it at these positions, "
            + "of a prompt that has them.")
      }
      let rows = rows.lowerBound - cache.positions.lowerBound..<rows.upperBound - cache.positions.lowerBound
      let along = head.map { TensorPart.Along.index($0) } ?? .all
      let part = isSquare ? TensorPart(first: along, second: .range(rows)) : TensorPart(first: .range(rows), second: along)
      let value = other.part(part)
      guard value.shape == shape else {
        throw .badReplacement(point: point.name, expected: shape, found: value.shape)
      }
      return value
    }
  }
}

extension Ablation: CustomStringConvertible {
  /// Its name: `zero ablation`.
  public var description: String {
    switch self {
    case .zero: "zero ablation"
    case .mean(let means): means.isByPosition ? "mean ablation by position" : "mean ablation"
    case .resample: "resample ablation"
    }
  }
}

extension Ablation {
  /// The model whose numbers stand in the place, if it is one's.
  fileprivate var origin: LanguageModel? {
    switch self {
    case .zero: nil
    case .mean(let means): means.model
    case .resample(let cache): cache.model
    }
  }
}

/// The means of activations over prompts.
public struct ActivationMeans: Sendable {
  /// The model whose activations they are of.
  public let model: LanguageModel
  /// Whether each position has a mean of its own.
  public let isByPosition: Bool
  /// How many prompts they are of.
  public let prompts: Int
  /// Of an activation `[p, …]`: `[…]`, or, by position, `[p, …]`.
  private let means: [HookPoint: Tensor]
  /// How many prompts reach each position.
  private let counts: [Int]

  init(_ means: [HookPoint: Tensor], of model: LanguageModel, isByPosition: Bool, prompts: Int, counts: [Int]) {
    (self.means, self.model, self.isByPosition, self.prompts, self.counts) = (means, model, isByPosition, prompts, counts)
  }

  /// The mean at a hook point: without the axis of positions, or, by position, with it.
  /// - Throws: `notCaptured` for a point of which no mean was taken.
  public subscript(point: HookPoint) -> Tensor {
    get throws(ModelError) {
      guard let mean = means[point] else { throw .notCaptured(point: point.name, captured: means.keys.map(\.name).sorted()) }
      return mean
    }
  }

  fileprivate func mean(_ point: HookPoint, _ head: Int?, _ rows: Range<Int>) throws(ModelError) -> Tensor {
    let mean = try self[point]
    guard isByPosition else { return head.map { mean.select($0) } ?? mean }
    guard rows.upperBound <= mean.shape[0] else {
      throw .badRequest(
        "The means by position reach to position \(mean.shape[0] - 1), and \(point) is ablated at the positions \(rows). Take them over "
          + "prompts of as many tokens, or not by position.")
    }
    return head.map { mean[rows].select($0, axis: 1) } ?? mean[rows]
  }

  func value(at point: HookPoint, rows: Range<Int>, head: Int?, shape: [Int]) throws(ModelError) -> Tensor {
    let mean = try mean(point, head, rows)
    guard !isByPosition else {
      guard mean.shape == shape else { throw .badReplacement(point: point.name, expected: shape, found: mean.shape) }
      return mean
    }
    guard Array(shape.dropFirst()) == mean.shape else {
      throw .badReplacement(point: point.name, expected: shape, found: [shape[0]] + mean.shape)
    }
    var value = Tensor(repeating: 0, shape: [shape[0], mean.count])
    value.addToRows(mean.reshaped([-1]))
    return value.reshaped(shape)
  }
}

extension ActivationMeans: CustomStringConvertible {
  /// Of what they are means.
  public var description: String {
    "Means of \(means.count) hook points over \(prompts) prompts" + (isByPosition ? ", by position" : "")
  }
}

extension LanguageModel {
  /// The means of components over prompts, as mean ablation puts them in: over all positions of all prompts, each of which counts once, or at
  /// each position over those prompts that reach it.
  ///
  /// - Parameters:
  ///   - components: of every layer; scores and patterns have none.
  ///   - byPosition: whether each position has a mean of its own.
  /// - Throws: `badRequest` for no prompt, or for squares.
  public func means(
    of components: Set<HookPoint.Component>, over prompts: [some Prompt], byPosition: Bool = false
  ) throws -> ActivationMeans {
    guard !components.isEmpty else { throw ModelError.badRequest("No component is named of which means are to be taken: [.z].") }
    guard !prompts.isEmpty else { throw ModelError.badRequest("A mean needs at least one prompt to be taken over.") }
    if let square = components.first(where: \.isSquare) {
      throw ModelError.badRequest(
        "\(square.rawValue) is a square of queries and keys, of which prompts of different lengths have no mean.")
    }
    let capture = Capture.components(components)
    var (sums, counts): ([HookPoint: Tensor], [Int]) = ([:], [])
    for prompt in prompts {
      let run = try run(prompt, capturing: capture, logits: .none)
      for position in run.tokens.indices {
        if position < counts.count { counts[position] += 1 } else { counts.append(1) }
      }
      for point in run.cache.points {
        let activation = try run.cache[point]
        let new = byPosition ? activation : activation.sum(axis: 0)
        sums[point] = sums[point].map { $0.addedRows(new) } ?? new
      }
    }
    let total = Float(counts.reduce(0, +))
    let means = sums.mapValues { sum in byPosition ? sum.dividedRows(by: counts) : sum / total }
    return ActivationMeans(means, of: self, isByPosition: byPosition, prompts: prompts.count, counts: counts)
  }
}

extension Tensor {
  /// Scores, with -∞ where others are masked: what a query does not see it does not see with other scores either.
  func masked(as scores: Tensor) -> Tensor { combined(with: scores) { $1 == -.infinity ? -.infinity : $0 } }

  /// The sum with a tensor that may have more or fewer rows: what one lacks is 0.
  fileprivate func addedRows(_ other: Tensor) -> Tensor {
    let (long, short) = shape[0] >= other.shape[0] ? (self, other) : (other, self)
    guard long.shape != short.shape else { return long + short }
    var sum = long
    sum.replaceRows(from: 0, with: long[..<short.shape[0]] + short)
    return sum
  }

  /// Each row over a number.
  fileprivate func dividedRows(by counts: [Int]) -> Tensor {
    reshaped([shape[0], -1]).dividedRows(by: Tensor(counts.map(Float.init), shape: [shape[0], 1])).reshaped(shape)
  }
}

extension Hook where Self == Replacement {
  /// Takes away what a component does; of attention scores, those that are masked stay so. Puts zeros, a mean, or what another run has in its place. No gradient passes.
  ///
  /// ```swift
  /// let means = try model.means(of: [.z], over: prompts)
  /// try model.run(prompt, hooks: [.ablate(.z(layer: 3), head: 5, by: .mean(means))])
  /// ```
  public static func ablate(
    _ point: HookPoint, head: Int? = nil, positions: any PositionChoice = .all, by ablation: Ablation
  ) -> Replacement {
    let isSquare = point.component.isSquare
    var replacement = Replacement(
      point, positions: positions, head: head,
      at: { old, start in
        let rows = old.shape[isSquare && head == nil ? 1 : 0]
        let value = try ablation.value(at: point, rows: start..<start + rows, head: head, shape: old.shape)
        return point.component == .attentionScores ? value.masked(as: old) : value
      })
    replacement.origin = ablation.origin
    return replacement
  }
}
