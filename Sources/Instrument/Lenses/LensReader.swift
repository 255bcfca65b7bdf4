import Foundation
import Tensors
import Transformer

/// Reads the residual stream of one prompt with a lens.
struct LensReader {
  let model: LanguageModel
  /// Which lens it is.
  let name: String
  /// How many of the likeliest tokens are kept.
  let top: Int
  /// What becomes of the rows of a place, `[position, width]`, before the final norm reads them.
  let translate: (_ place: String, _ rows: Tensor) throws -> Tensor

  /// - Parameters:
  ///   - positions: where.
  ///   - target: the token to follow; what the model says in the end if nil.
  func callAsFunction(
    _ prompt: some Prompt, at positions: LogitPositions, following target: (any TokenChoice)?, includingMid: Bool
  ) throws -> LensReading {
    let (tokens, vocabulary) = (try prompt.tokens(for: model), model.config.vocabulary)
    guard (1...vocabulary).contains(top) else {
      throw LensError.badCount(what: "of the likeliest tokens", count: top, range: 1...vocabulary)
    }
    let rows = try positions.resolved(tokens: tokens.count)
    guard let first = rows.min(), let last = rows.max() else { throw LensError.noPositions }
    let followed = try target?.choices(model)
    let run = try model.run(tokens, capturing: .accumulatedResidual.at(positions: first..<last + 1), logits: .none)
    let stack = try run.cache.accumulatedResidual(includingMid: includingMid)
    let (cells, targets) = try cells(stack, rows: rows.map { $0 - first }, followed)
    return LensReading(
      lens: name, tokens: run.tokens, labels: try model.labels(run.tokens), positions: rows, targets: targets,
      targetLabels: model.shown(targets), places: stack.labels, cells: cells)
  }

  /// What is seen of some rows of a stack, by place and row; and the tokens that were followed.
  private func cells(
    _ stack: ResidualStack, rows: [Int], _ followed: [Int]?
  ) throws -> (cells: [[LensReading.Cell]], targets: [Int]) {
    var (cells, targets) = ([[LensReading.Cell]](repeating: [], count: stack.count), [Int]())
    // Blocks of rows, so that the logits of a large vocabulary need not lie in memory all at once.
    let block = max(1, (1 << 23) / model.config.vocabulary)
    for start in stride(from: 0, to: rows.count, by: block) {
      let part = Array(rows[start..<min(start + block, rows.count)])
      let end = Distributions(try logits(stack, stack.count - 1, part))
      let wanted = try followed.map { try target(among: $0, rows: part.count) } ?? end.likeliest(1).map { $0[0] }
      targets += wanted
      for place in stack.labels.indices {
        let seen = place == stack.count - 1 ? end : Distributions(try logits(stack, place, part))
        cells[place] += cellsOf(seen, end, targets: wanted)
      }
    }
    return (cells, targets)
  }

  /// The logits of some rows at a place, `[row, vocabulary]`.
  private func logits(_ stack: ResidualStack, _ place: Int, _ rows: [Int]) throws -> Tensor {
    let values = stack.values.select(place)
    let picked = Tensor.joined(rows.map { values[$0..<$0 + 1] })
    return try model.logits(ofResidual: try translate(stack.labels[place], picked)).home()
  }

  /// The one token that is to be followed in each row.
  private func target(among choices: [Int], rows: Int) throws -> [Int] {
    guard choices.count == 1 else {
      throw LensError.badCount(what: "tokens to follow", count: choices.count, range: 1...1)
    }
    return [Int](repeating: choices[0], count: rows)
  }

  private func cellsOf(_ seen: Distributions, _ end: Distributions, targets: [Int]) -> [LensReading.Cell] {
    let (entropies, divergences) = (seen.entropies(), end.divergences(to: seen))
    return seen.likeliest(top).enumerated().map { row, best in
      LensReading.Cell(
        top: zip(best, model.shown(best)).map { token, text in
          LensReading.Candidate(token: token, text: text, probability: seen.probability(row, token))
        },
        entropy: entropies[row], divergence: divergences[row], targetRank: seen.rank(row, targets[row]),
        targetProbability: seen.probability(row, targets[row]))
    }
  }
}

/// The distributions that rows of logits stand for.
struct Distributions {
  /// `[row, vocabulary]`, in the computer's memory.
  let logits: Tensor
  /// The logarithm of the sum of each row's exponentials.
  let normalizers: [Double]
  /// `[row, vocabulary]`.
  let probabilities: Tensor

  init(_ logits: Tensor) {
    var probabilities = logits
    probabilities.applySoftmax()
    (self.logits, self.probabilities, normalizers) = (logits, probabilities, logits.logSumExp())
  }

  private var width: Int { logits.shape[1] }

  func probability(_ row: Int, _ token: Int) -> Double { exp(Double(logits[row, token]) - normalizers[row]) }

  /// How many tokens of a row are at least as likely as one: 1 if it is the likeliest.
  func rank(_ row: Int, _ token: Int) -> Int {
    logits.select(row).withUnsafeElements { x in x.indices.count { x[$0] > x[token] || x[$0] == x[token] && $0 <= token } }
  }

  /// The likeliest tokens of each row, likeliest first; of equal ones the first.
  func likeliest(_ count: Int) -> [[Int]] { logits.topK(count).indices.rows }

  /// The entropy of each row, in nats.
  func entropies() -> [Double] {
    probabilities.withUnsafeElements { p in
      rows { row, x in
        let p = UnsafeBufferPointer(rebasing: p[row * width..<(row + 1) * width])
        return x.indices.reduce(0) { $0 + Double(p[$1]) * (normalizers[row] - Double(x[$1])) }
      }
    }
  }

  /// KL(self ‖ other) of each row, in nats.
  func divergences(to other: Distributions) -> [Double] {
    probabilities.withUnsafeElements { p in
      other.logits.withUnsafeElements { y in
        rows { row, x in
          let (first, shift) = (row * width, other.normalizers[row] - normalizers[row])
          return x.indices.reduce(0) { $0 + Double(p[first + $1]) * (Double(x[$1]) - Double(y[first + $1]) + shift) }
        }
      }
    }
  }

  /// A function of each row, the rows divided among the cores.
  private func rows<Result>(_ body: (Int, UnsafeBufferPointer<Float>) -> Result) -> [Result] {
    var results = [Result?](repeating: nil, count: logits.shape[0])
    logits.withUnsafeElements { x in
      results.withUnsafeMutableBufferPointer { results in
        nonisolated(unsafe) let results = results
        Parallel.overRows(logits.shape[0], width: width) { part in
          for row in part { results[row] = body(row, UnsafeBufferPointer(rebasing: x[row * width..<(row + 1) * width])) }
        }
      }
    }
    return results.compactMap(\.self)
  }
}

extension LanguageModel {
  /// What to call tokens where they are shown, also those that only fill up the vocabulary.
  func shown(_ tokens: [Int]) -> [String] { tokens.map { (try? labels([$0]).first) ?? "\($0)" } }
}
