import Tensors
import Text

/// What can be wrong with a model's files, with a prompt, or with a question about activations. Each case holds what is needed to see
/// the cause, and its description ends with what to do about it.
public enum ModelError: Error, Equatable, Sendable {
  /// No folder holds the model. `looked` is where it was searched for, in order.
  case modelNotFound(name: String, looked: [String], advice: String)
  /// A file that cannot be read at all.
  case unreadable(file: String, cause: String)
  /// The hub's cache knows the model, and holds no snapshot of it that could be loaded, or several.
  case noSnapshot(name: String, repository: String, problem: String, advice: String)
  /// A folder whose files are not, or not only, the weights of one model.
  case badFolder(folder: String, problem: String, advice: String)
  /// A pointer of Git LFS in place of the file that it stands for; `size` is that file's size in bytes, or 0 if the pointer has none.
  case gitLFSPointer(file: String, size: Int)
  /// A file of settings lacks a key, or holds one that Folio does not compute. `file` has the line; `key` is empty when the file is no
  /// JSON object.
  case badConfiguration(file: String, key: String, problem: String, advice: String)
  /// A safetensors file, or the index of a sharded one, that does not keep to its format.
  case badSafetensors(file: String, problem: String)
  /// A GGUF file that does not keep to its format, or holds what Folio does not read.
  case badGGUF(file: String, problem: String)
  /// The files are well-formed, but they are not the weights that `config.json` describes.
  case badWeights(file: String, tensor: String, problem: String)
  /// The weight files hold a tensor, and `others` besides, with which nothing would be computed.
  case unusedTensor(file: String, tensor: String, others: Int, advice: String)
  /// A tokenizer's file is damaged, is of a kind that Folio does not read, or does not belong to this model.
  case badTokenizer(file: String, problem: String)
  /// What needs text was asked of a model whose folder has no tokenizer.
  case noTokenizer(folder: String)
  /// The beginning-of-sequence token was asked for, and the tokenizer has none.
  case noBOS
  /// Text that the tokenizer cannot encode.
  case notEncodable(text: String)
  /// A text that was to be one token, and is several (or none).
  case notASingleToken(text: String, pieces: [String], near: String?)
  /// A token id outside of the vocabulary.
  case tokenOutOfRange(token: Int, vocabulary: Int)
  /// A prompt without a token.
  case emptyPrompt
  /// More tokens than the model's context holds.
  case contextTooLong(tokens: Int, limit: Int)
  /// A limit on new tokens that is negative.
  case badTokenLimit(Int)
  /// A name that no hook point bears.
  case unknownHookPoint(name: String, nearest: String)
  /// A hook point that a model's family does not have; `existing` are those that it has.
  case missingHookPoint(point: String, family: String, existing: [String])
  /// A hook point of a layer that the model does not have.
  case layerOutOfRange(point: String, layers: Int)
  /// An activation that the run did not capture.
  case notCaptured(point: String, captured: [String])
  /// Positions that the prompt does not have.
  case positionsOutOfRange(positions: Range<Int>, tokens: Int)
  /// A head that a hook point does not have; `heads` is 0 if it has none at all.
  case headOutOfRange(point: String, head: Int, heads: Int)
  /// A replacement whose numbers do not have the shape of what they replace.
  case badReplacement(point: String, expected: [Int], found: [Int])
  /// Activations that would not fit into memory.
  case captureTooLarge(bytes: Int, available: Int, tokens: Int, largest: String)
  /// Numbers that are none: a sum that overflowed, or a replacement with NaN.
  case notFinite(where: String)
  /// A question about a prompt, or a setting, that makes no sense; it says what to change.
  case badRequest(String)
  /// The work was asked to end before its time.
  case interrupted
  /// The device on which a model computes cannot be used, or its memory was too small.
  case deviceFailed(String)
}

extension ModelError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .modelNotFound(let name, let looked, let advice):
      "No model “\(name)” was found. Looked in:\n" + looked.map { "  \($0)\n" }.joined() + advice
    case .noSnapshot(let name, let repository, let problem, let advice):
      "The model “\(name)” cannot be loaded from the hub's cache: \(repository) \(problem). \(advice)"
    case .badFolder(let folder, let problem, let advice): "\(folder) \(problem). \(advice)"
    case .gitLFSPointer(let file, let size):
      "\(file) is a pointer of Git LFS, in place of the file itself\(size > 0 ? " of \(ByteCount.text(size))" : ""), which was not "
        + "downloaded. Run `git lfs install` and `git lfs pull` in the repository that the file is in, or download the model again."
    case .unusedTensor(let file, let tensor, let others, let advice):
      "\(file): the tensor “\(tensor)”\(others > 0 ? ", like \(others) others," : "") is not a part of the model that config.json "
        + "describes, and would be left out. \(advice)"
    case .unreadable(let file, let cause): "\(file) cannot be read: \(cause)."
    case .badConfiguration(let file, let key, let problem, let advice):
      "\(file): \(key.isEmpty ? "the file" : "“\(key)”") \(problem). \(advice)"
    case .badSafetensors(let file, let problem):
      "\(file) is not a sound safetensors file: \(problem). It may be cut off; download it again."
    case .badGGUF(let file, let problem):
      "\(file) cannot be read as a GGUF file: \(problem). If it should be sound, it may be cut off; download it again."
    case .badWeights(let file, let tensor, let problem):
      "\(file): the tensor “\(tensor)” \(problem). The weights and config.json must belong to the same model."
    case .badTokenizer(let file, let problem):
      "\(file): the tokenizer \(problem). Copy the tokenizer.model that came with the checkpoint, or its tokenizer.json; a fine-tuned "
        + "model has that of the model that it was made of."
    case .noTokenizer(let folder):
      "This needs text, and \(folder) has no tokenizer: no tokenizer.model, no tokenizer.json, no vocab.json with merges.txt. Copy it "
        + "from the checkpoint, or give token ids in place of text."
    case .noBOS:
      "The beginning-of-sequence token is asked for, and this tokenizer has none. Leave `prependBOS` out, or put the token that you mean "
        + "before the others yourself."
    case .notEncodable(let text): "The tokenizer could not encode \(quoted(text))."
    case .notASingleToken(let text, let pieces, let near): notSingle(text, pieces, near)
    case .tokenOutOfRange(let token, let vocabulary):
      "The token \(token) is not in the vocabulary of \(vocabulary) tokens. Was the text tokenised for another model?"
    case .emptyPrompt: "The prompt has no token. Give it text, or let the beginning-of-sequence token be prepended."
    case .contextTooLong(let tokens, let limit):
      "The prompt has \(tokens) tokens, and the model's context holds \(limit). Make it shorter."
    case .badTokenLimit(let limit): "maxNewTokens is \(limit); it must be 0 or more."
    case .unknownHookPoint(let name, let nearest): "There is no hook point “\(name)”. Did you mean “\(nearest)”?"
    case .missingHookPoint(let point, let family, let existing):
      "“\(point)” does not exist in a model of the family \(family). It has \(existing.joined(separator: ", "))."
    case .layerOutOfRange(let point, let layers):
      "“\(point)” does not exist: the model has \(layers) layers, numbered from 0 to \(layers - 1)."
    case .positionsOutOfRange(let positions, let tokens):
      "The prompt has \(tokens) tokens, positions 0 to \(tokens - 1), and "
        + (positions.upperBound == .max ? "\(positions.lowerBound)... " : "\(positions.lowerBound)..<\(positions.upperBound) ")
        + (positions.isEmpty ? "holds none of them." : "is not within them.")
    case .headOutOfRange(let point, let head, let heads):
      heads == 0
        ? "“\(point)” has no heads; leave the head out." : "“\(point)” has heads 0 to \(heads - 1), and \(head) is none of them."
    case .badReplacement(let point, let expected, let found):
      "The replacement at “\(point)” has the shape \(found), and what it replaces has \(expected). Return the same shape."
    case .captureTooLarge(let bytes, let available, let tokens, let largest):
      "The activations asked for at \(tokens) tokens take \(ByteCount.text(bytes)), and \(ByteCount.text(available)) are free. "
        + "Ask for fewer layers or components (most takes \(largest)), or for fewer positions: `.atLast(1)`, `.at(positions:)`."
    case .notFinite(let place):
      "\(place) holds numbers that are not finite. Look at what was replaced, and whether the checkpoint is whole."
    case .badRequest(let problem): problem
    case .deviceFailed(let cause): cause
    case .interrupted: "The model was asked to stop before its work was done."
    case .notCaptured(let point, let captured):
      "“\(point)” was not captured in this run. Add it to `capturing:`. "
        + (captured.isEmpty ? "Nothing was captured." : "Captured: \(captured.joined(separator: ", ")).")
    }
  }

  private func notSingle(_ text: String, _ pieces: [String], _ near: String?) -> String {
    guard let first = pieces.first else { return "\(quoted(text)) has no token. Name a word that is one token." }
    let what =
      pieces.count == 1
      ? "a token of the vocabulary" : "one token but \(pieces.count): \(pieces.map(quoted).joined(separator: " "))"
    let advice =
      near.map { "\(quoted($0)) is one\($0 == " " + text ? ": a word within a sentence starts with a space" : "")." }
      ?? (pieces.count == 1
        ? "Name another word." : "Name a word that is one token, or take the first of these, \(quoted(first)).")
    return "\(quoted(text)) is not \(what). \(advice)"
  }

  private func quoted(_ text: String) -> String { "\"\(text.count > 80 ? text.prefix(80) + "…" : text)\"" }
}
