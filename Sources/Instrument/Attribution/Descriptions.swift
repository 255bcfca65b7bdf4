// What stands in the place of values that hold much, where no figure can be drawn: in what `print` writes, in a list, in a sentence.

extension PromptPair: CustomStringConvertible {
  /// How long the two are, and where they begin to differ.
  public var description: String {
    let lengths = clean.count == corrupted.count ? "\(clean.count) tokens each" : "\(clean.count) and \(corrupted.count) tokens"
    return "PromptPair of \(lengths), which differ from position \(firstDifference) on"
  }
}

extension DirectLogitAttribution: CustomStringConvertible {
  /// What is attributed to what: `Direct logit attribution of ' grimpus' - ' zumpus': 5.25, over 18 layers of 8 heads`
  public var description: String {
    "Direct logit attribution of \(answer): \(logitDifference), over \(heads.shape[0]) layers of \(heads.shape[1]) heads"
  }
}

extension AttentionPatterns: CustomStringConvertible {
  /// Whose patterns they are, and over how many positions.
  public var description: String { "Attention patterns of \(HeadList.text(heads)) over \(labels.count) positions" }
}

extension AttentionPatterns.Part: CustomStringConvertible {
  /// Whose patterns they are, and how many queries and keys they have.
  public var description: String {
    "Attention patterns of \(HeadList.text(heads)): \(queryLabels.count) queries, \(keyLabels.count) keys"
  }
}

extension PatchingCheck: CustomStringConvertible {
  /// How many nodes were patched, and how well they were estimated.
  public var description: String {
    "\(nodes.count) nodes patched: correlation \(correlation), largest error \(largestError)"
  }
}

extension Quadrature: CustomStringConvertible {
  /// How many nodes it has.
  public var description: String { "Quadrature of \(nodes.count) nodes" }
}

/// The names of heads, of many the first.
private enum HeadList {
  static func text(_ heads: [HeadReference]) -> String {
    heads.prefix(8).map(\.description).joined(separator: ", ") + (heads.count > 8 ? ", … (\(heads.count) in all)" : "")
  }
}
