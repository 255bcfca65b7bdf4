import Tensors
import Transformer

/// What a lens sees: what the model would say if it ended at each place of the residual stream, at some positions of one prompt.
///
/// ```swift
/// let reading = try model.logitLens("The capital of France is", top: 3)
/// reading.places                                 // ["0_pre", "1_pre", …, "final_post"]
/// reading["4_pre", at: 5].top[0].text            // " Paris"
/// reading.divergence                             // [place, position], in nats
/// ```
/// Probabilities are those of the whole vocabulary. The last place is the model's own prediction, whatever the lens.
public struct LensReading: Sendable {
  /// Which lens it was: `Logit lens`.
  public let lens: String
  /// The tokens of the prompt.
  public let tokens: [Int]
  /// The text of each token of the prompt.
  public let labels: [String]
  /// The positions that were read.
  public let positions: [Int]
  /// The token that is followed at each of these positions: the one that was asked for, or what the model says there in the end.
  public let targets: [Int]
  /// The text of each of these tokens.
  public let targetLabels: [String]
  /// The places of the residual stream, as `ActivationCache.accumulatedResidual` labels them: `0_pre`, `1_pre`, …, `final_post`.
  public let places: [String]
  /// What is seen, by place and then by position.
  public let cells: [[Cell]]

  /// What is seen at one place and one position.
  public struct Cell: Sendable, Equatable {
    /// The likeliest tokens, likeliest first; of equal ones the first of the vocabulary.
    public let top: [Candidate]
    /// The entropy of the distribution, in nats.
    public let entropy: Double
    /// KL(model ‖ lens), in nats: how far what is seen is from what the model says at this position in the end.
    public let divergence: Double
    /// The place of the followed token among all, by their probability: 1 is the likeliest.
    public let targetRank: Int
    /// The probability of the followed token.
    public let targetProbability: Double
  }

  /// A token, and how likely it is.
  public struct Candidate: Sendable, Equatable {
    /// The token.
    public let token: Int
    /// Its text.
    public let text: String
    /// Its probability.
    public let probability: Double
  }

  /// What is seen at a place and a position of the prompt; nil where nothing was read.
  public subscript(place: String, at position: Int) -> Cell? {
    guard let row = places.firstIndex(of: place), let column = positions.firstIndex(of: position) else { return nil }
    return cells[row][column]
  }

  /// The entropies, `[place, position]`, in nats.
  public var entropy: Tensor { numbers(\.entropy) }
  /// KL(model ‖ lens), `[place, position]`, in nats.
  public var divergence: Tensor { numbers(\.divergence) }
  /// The probabilities of the followed tokens, `[place, position]`.
  public var targetProbability: Tensor { numbers(\.targetProbability) }
  /// The ranks of the followed tokens, `[place, position]`; 1 is the likeliest.
  public var targetRank: Tensor { numbers { Double($0.targetRank) } }
  /// The probabilities of the likeliest tokens, `[place, position]`.
  public var topProbability: Tensor { numbers { $0.top.first?.probability ?? 0 } }

  private func numbers(_ number: (Cell) -> Double) -> Tensor {
    Tensor(cells.flatMap { $0.map { Float(number($0)) } }, shape: [places.count, positions.count])
  }
}

extension LensReading: CustomStringConvertible {
  /// Which lens it was, and over how many places and positions.
  public var description: String { "\(lens) at \(places.count) places of \(positions.count) positions" }
}
