/// What can be wrong with a question about lenses, heads or circuits of weights. Each case holds what is needed to see the cause, and its
/// description ends with what to do about it.
public enum LensError: Error, Equatable, Sendable {
  /// A lens that is to read at no position.
  case noPositions
  /// A count of tokens, directions or examples that shows nothing, or more than there is.
  case badCount(what: String, count: Int, range: ClosedRange<Int>)
  /// Texts that a lens is to be trained on, or measured by, and of which there is none.
  case noTexts(purpose: String)
  /// A text that stands among those to learn from, and among those that are held out.
  case sharedText(learnt: Int, heldOut: Int)
  /// A lens of another model.
  case otherModel(file: String, lens: String, model: String)
  /// A file that is no lens.
  case notALens(file: String, problem: String)
  /// A lens whose numbers do not fit a model, or are not finite.
  case badTranslators(String)
  /// A lens that is asked of a layer that has no translator of its own.
  case noLayer(layer: Int, layers: Int)
  /// The loss of a step is no number.
  case diverged(step: Int)
  /// A prompt of which no query has what a behaviour of heads looks for.
  case nothingToAttend(behaviour: String, prompts: Int)
  /// A head whose attention pattern was not computed; `known` are those whose was.
  case noPattern(head: String, known: [String])
  /// A model with fewer ordinary tokens than a sequence of different ones needs.
  case tooFewTokens(wanted: Int, available: Int)
  /// A sequence that is longer than the model's context.
  case tooLong(tokens: Int, context: Int)
}

extension LensError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .noPositions:
      "The lens is asked for at no position. Ask for `.last`, for `.all`, or for some: `.at([3, 4])`."
    case .badCount(let what, let count, let range):
      "\(count) \(what) are asked for; it must be \(range.lowerBound) to \(range.upperBound)."
    case .noTexts(let purpose): "There is no text to \(purpose). Give at least one."
    case .sharedText(let learnt, let heldOut):
      """
      Text \(learnt) of those to learn from is text \(heldOut) of those held out, or one begins the other, so that the lens would be measured by what it has learnt. \
      Take it from one of them.
      """
    case .otherModel(let file, let lens, let model):
      """
      \(file) holds a lens of a model with the checksum \(lens), and this model's is \(model). A lens reads the model that it was trained on; \
      load that one, or train another lens.
      """
    case .notALens(let file, let problem):
      "\(file) is no tuned lens: \(problem). Load a folder that `TunedLens.save(to:)` wrote."
    case .badTranslators(let problem): "The translators are none of this model: \(problem)."
    case .noLayer(let layer, let layers):
      "The lens has no translator before layer \(layer): the model has layers 0 to \(layers - 1)."
    case .diverged(let step):
      "The loss of step \(step) is not finite: training has diverged. Take a lower learning rate."
    case .nothingToAttend(let behaviour, let prompts):
      """
      No position of the \(prompts) prompts has a token that a \(behaviour) would look at. Give prompts in which tokens occur again, \
      or let them be made: `repeatedTokenScores`.
      """
    case .noPattern(let head, let known):
      "The pattern of \(head) is not among these: \(known.prefix(8).joined(separator: ", "))\(known.count > 8 ? ", …" : "")."
    case .tooFewTokens(let wanted, let available):
      "A sequence of \(wanted) different tokens is asked for, and the vocabulary has \(available) ordinary ones. Ask for a shorter one."
    case .tooLong(let tokens, let context):
      "The repeated sequence has \(tokens) tokens, and the model's context holds \(context). Ask for a shorter one."
    }
  }
}
