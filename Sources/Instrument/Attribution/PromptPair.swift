import Transformer
import Tensors

/// A clean and a corrupted prompt of as many tokens: they differ in what matters for the answer, and in nothing else.
public struct PromptPair: Sendable {
  /// The tokens of the prompt that leads to the clean answer.
  public let clean: [Int]
  /// The tokens of the one that leads to the corrupted answer.
  public let corrupted: [Int]
  /// The first position at which they differ. Up to there, every activation of both is the same: nothing is attributed to it, and nothing
  /// is computed for it.
  public let firstDifference: Int
  /// The text of each token of the clean prompt, for the axes.
  public let labels: [String]

  /// - Throws: an error that shows both tokenisations, if the prompts have different numbers of tokens, or are the same.
  public init(clean: some Prompt, corrupted: some Prompt, model: LanguageModel) throws {
    let (clean, corrupted) = (try clean.tokens(for: model), try corrupted.tokens(for: model))
    guard let first = zip(clean, corrupted).enumerated().first(where: { $1.0 != $1.1 })?.offset ?? Self.end(clean, corrupted)
    else {
      throw AttributionError.samePrompts
    }
    guard clean.count == corrupted.count else {
      let around = max(0, first - 3)
      throw AttributionError.differentLengths(
        clean: clean.count, corrupted: corrupted.count, position: first,
        cleanTokens: try model.labels(Array(clean[min(around, clean.count)...].prefix(12))),
        corruptedTokens: try model.labels(Array(corrupted[min(around, corrupted.count)...].prefix(12))))
    }
    (self.clean, self.corrupted, firstDifference) = (clean, corrupted, first)
    labels = try model.labels(clean)
  }

  /// Some positions of the prompts, or, if nil, those from the first difference on; an error for positions that they do not have.
  func checked(_ positions: Range<Int>?) throws(AttributionError) -> Range<Int> {
    let positions = positions ?? firstDifference..<clean.count
    guard positions.lowerBound >= 0, positions.upperBound <= clean.count, !positions.isEmpty else {
      throw .badPositions(positions, tokens: clean.count)
    }
    return positions
  }

  private static func end(_ a: [Int], _ b: [Int]) -> Int? { a.count == b.count ? nil : min(a.count, b.count) }
}

/// Two runs that are compared: activations of the donor are exchanged into the base.
struct RunPair {
  let base: BaseRun
  let donor: BaseRun

  /// The same pair with the runs' parts exchanged.
  var exchanged: RunPair { RunPair(base: donor, donor: base) }
}
