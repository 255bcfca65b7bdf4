import Transformer

extension LanguageModel {
  /// The logit lens (nostalgebraist 2020): what the model would say if it ended before each layer. Each place of the residual stream goes
  /// through the final norm, which takes its divisor of that place's own numbers, and through the unembedding.
  ///
  /// ```swift
  /// try model.logitLens("The capital of France is")                     // the last position
  /// try model.logitLens(text, at: .all, following: " Paris")
  /// ```
  /// One run of the model, and a product with the unembedding for each place. Early layers write in a basis of their own, which this lens
  /// does not know; `tunedLens` does.
  ///
  /// - Parameters:
  ///   - prompt: text or tokens.
  ///   - positions: where; at the last position by default.
  ///   - top: how many of the likeliest tokens each place is shown with.
  ///   - target: one token whose rank and probability are told; what the model says in the end if nil.
  ///   - includingMid: whether the stream between attention and MLP is read too, in models that have it.
  /// - Throws: `LensError` for no position and for a `top` that is not 1 to the size of the vocabulary; `ModelError` for what the model
  ///   cannot read.
  public func logitLens(
    _ prompt: some Prompt, at positions: LogitPositions = .last, top: Int = 5, following target: (any TokenChoice)? = nil,
    includingMid: Bool = false
  ) throws -> LensReading {
    let reader = LensReader(model: self, name: "Logit lens", top: top) { _, rows in rows }
    return try reader(prompt, at: positions, following: target, includingMid: includingMid)
  }

  /// The tuned lens: as `logitLens`, each place before a layer translated first as the lens has learnt it.
  /// - Throws: as `logitLens`; and `LensError.otherModel` for a lens of another model.
  public func tunedLens(
    _ prompt: some Prompt, _ lens: TunedLens, at positions: LogitPositions = .last, top: Int = 5,
    following target: (any TokenChoice)? = nil
  ) throws -> LensReading {
    try lens.check(self)
    let reader = LensReader(model: self, name: "Tuned lens", top: top) { place, rows in
      place.wholeMatch(of: #/([0-9]+)_pre/#).flatMap { Int($0.1) }.map { lens.translators[$0].forward(rows) } ?? rows
    }
    return try reader(prompt, at: positions, following: target, includingMid: false)
  }
}
