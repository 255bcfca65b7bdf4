import Tensors
import Transformer

/// Pairs whose base has been run up to where something is exchanged, with the numbers of both sides there.
package struct InterchangeRuns {
  let model: LanguageModel
  let point: HookPoint
  let head: Int?
  let pairs: [InterchangePair]
  private let bases: [BaseRun]
  /// The part of each base's activation into which something is put: its range of positions, in the shape of the hook point.
  private let places: [Tensor]
  /// Of each pair, one row for each of its positions: `[position, width]`.
  private let baseRows: [Tensor]
  private(set) var sourceRows: [Tensor]

  /// - Parameter metric: what a resumed run is asked for.
  package init(
    _ model: LanguageModel, _ pairs: [InterchangePair], at point: HookPoint, head: Int?, sources: [Tensor]? = nil,
    _ metric: (InterchangePair) -> LogitFunction
  ) throws {
    (self.model, self.point, self.head, self.pairs) = (model, point, head, pairs)
    let bases = try pairs.map { pair in
      try model.baseRun(pair.base, from: pair.range.lowerBound, metric(pair), capturing: [point.component])
    }
    self.bases = bases
    places = try zip(pairs, bases).map { pair, base in
      // A base begins at the first position into which something is put.
      let part = try base.activations[point].home()[..<pair.range.count]
      return head.map { part.select($0, axis: 1) } ?? part
    }
    baseRows = try zip(pairs, bases).map { pair, base in
      Self.rows(try base.activations[point], head, pair.positions.map { $0 - base.start })
    }
    sourceRows = try sources ?? Self.sources(of: pairs, model, point, head)
  }

  /// The rows that are taken from each pair's source.
  private static func sources(
    of pairs: [InterchangePair], _ model: LanguageModel, _ point: HookPoint, _ head: Int?
  ) throws -> [Tensor] {
    let read = pairs.map { Array($0.source[...($0.sourcePositions.max() ?? 0)]) }
    let runs = try model.run(batch: read, capturing: [point], logits: .none)
    return try zip(pairs, runs).map { pair, run in rows(try run.cache[point], head, pair.sourcePositions) }
  }

  private static func rows(_ activation: Tensor, _ head: Int?, _ positions: [Int]) -> Tensor {
    let home = activation.home()
    return Tensor.stack(
      positions.map { position in
        let row = home.select(position)
        return (head.map { row.select($0) } ?? row).reshaped([-1])
      })
  }

  var width: Int { baseRows[0].shape[1] }

  /// The metric without any exchange.
  var untouched: [Double] { bases.map { Double($0.value) } }

  /// The same runs with each pair's source exchanged for that of another pair, which has as many positions.
  func withSources(_ order: [Int]) -> InterchangeRuns {
    var other = self
    other.sourceRows = order.map { sourceRows[$0] }
    return other
  }

  /// The same runs with each pair's own base as its source.
  var selfSwapped: InterchangeRuns {
    var other = self
    other.sourceRows = baseRows
    return other
  }

  /// The metric of each pair with an exchange.
  package func values(_ exchange: Exchange) throws -> [Double] {
    try model.resume(pairs.indices.map { (bases[$0], patch($0, exchange)) }, at: layer).map(Double.init)
  }

  private var layer: Int { point.layer ?? 0 }

  /// The mean metric of some pairs with an exchange, and for each of their positions the gradient at the exchanged activation and what
  /// the source has more than the base, `[row, width]`.
  package func gradients(_ exchange: Exchange, of chosen: [Int]) throws -> (mean: Double, gradient: Tensor, difference: Tensor) {
    let runs = try model.resumeWithGradients(chosen.map { (bases[$0], patch($0, exchange)) }, at: layer) { _ in [point] }
    let rows = try zip(chosen, runs).map { index, run in
      Self.rows(try run.gradients[point], head, pairs[index].positions.map { $0 - bases[index].start })
    }
    return (
      runs.reduce(0) { $0 + Double($1.value) } / Double(runs.count), Tensor.joined(rows) / Float(runs.count),
      Tensor.joined(chosen.map { sourceRows[$0] - baseRows[$0] })
    )
  }

  /// What is put into a pair's base: rows between its positions stay as they are.
  private func patch(_ index: Int, _ exchange: Exchange) -> Patch {
    let pair = pairs[index]
    let new = exchange.applied(base: baseRows[index], source: sourceRows[index])
    let range = pair.range
    var flat = places[index].reshaped([range.count, width])
    for (row, position) in pair.positions.enumerated() {
      flat.replaceRows(from: position - range.lowerBound, with: new[row..<row + 1])
    }
    return Patch(point, positions: range, head: head, with: flat.reshaped(places[index].shape))
  }
}
