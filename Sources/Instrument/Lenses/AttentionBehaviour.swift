/// What a head may look at, by the tokens alone: the kinds of heads that are known by where they look.
public enum AttentionBehaviour: String, CaseIterable, Hashable, Sendable {
  /// The token before: a previous-token head.
  case previousToken = "previous-token head"
  /// An earlier occurrence of the same token: a duplicate-token head (Wang et al. 2023, arXiv:2211.00593).
  case duplicateToken = "duplicate-token head"
  /// What came after an earlier occurrence of the same token: an induction head (Olsson et al. 2022, arXiv:2209.11895).
  case induction = "induction head"

  /// For each position the positions that such a head looks at; none where there is nothing of the kind.
  public func sources(in tokens: [Int]) -> [[Int]] {
    if self == .previousToken { return tokens.indices.map { $0 == 0 ? [] : [$0 - 1] } }
    var occurrences: [Int: [Int]] = [:]
    return tokens.enumerated().map { position, token in
      let earlier = occurrences[token] ?? []
      occurrences[token] = earlier + [position]
      guard self == .induction else { return earlier }
      // The token behind the occurrence just before is this one, which is no place of the past.
      return earlier.map { $0 + 1 }.filter { $0 < position }
    }
  }
}

extension AttentionBehaviour: CustomStringConvertible {
  /// `induction head`
  public var description: String { rawValue }
}
