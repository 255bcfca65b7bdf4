import Checkpoints

/// At which positions of a text something happens, counted from the beginning of the prompt.
///
/// ```swift
/// .add(direction, at: .residualPost(layer: 9), positions: 5..<8)
/// .add(direction, at: .residualPost(layer: 9), positions: .last(1))
/// .add(direction, at: .residualPost(layer: 9), positions: .newTokens)
/// ```
public struct Positions: Equatable, Sendable {
  fileprivate enum Kind: Equatable, Sendable {
    case all
    case range(Range<Int>)
    case from(Int)
    case last(Int)
    case newTokens
  }

  private let kind: Kind

  fileprivate init(_ kind: Kind) { self.kind = kind }
  fileprivate init(_ range: Range<Int>) { kind = .range(range) }
  fileprivate init(from first: Int) { kind = .from(first) }

  /// The positions for a prompt of so many tokens; those that have no end reach beyond it.
  /// - Parameter limit: how many positions there may be: as many as tokens, or, while a text is written, as the context has.
  /// - Throws: `positionsOutOfRange` for positions that the prompt does not have.
  func resolved(tokens: Int, limit: Int) throws(ModelError) -> Range<Int>? {
    switch kind {
    case .all: return nil
    case .range(let range):
      guard range.lowerBound >= 0, !range.isEmpty, range.upperBound <= limit else {
        throw .positionsOutOfRange(positions: range, tokens: limit)
      }
      return range
    case .from(let first):
      guard first >= 0, first < limit else {
        throw .positionsOutOfRange(positions: first..<max(first, first &+ 1), tokens: limit)
      }
      return first..<Int.max
    case .last(let count):
      guard count > 0, count <= tokens else {
        throw .badRequest("The last \(count) positions are meant of a prompt of \(tokens) tokens. Choose 1 to \(tokens).")
      }
      return tokens - count..<tokens
    case .newTokens: return tokens - 1..<Int.max
    }
  }
}

extension Positions {
  /// The positions in a prompt of so many tokens.
  /// - Throws: `positionsOutOfRange` for positions that the prompt does not have.
  package func range(in tokens: Int) throws(ModelError) -> Range<Int> {
    (try resolved(tokens: tokens, limit: tokens) ?? 0..<tokens).clamped(to: 0..<tokens)
  }
}

/// What says at which positions something happens: `5..<8`, `5...`, `7`, `.last(1)`, `.newTokens`.
public protocol PositionChoice: Sendable {
  /// The positions that are meant.
  var positions: Positions { get }
}

extension Positions: PositionChoice {
  /// The positions themselves.
  public var positions: Positions { self }
}

extension Range: PositionChoice where Bound == Int {
  /// The positions of the range.
  public var positions: Positions { Positions(self) }
}

extension ClosedRange: PositionChoice where Bound == Int {
  /// The positions of the range.
  public var positions: Positions { upperBound == .max ? Positions(from: lowerBound) : Positions(Range(self)) }
}

extension PartialRangeFrom: PositionChoice where Bound == Int {
  /// The positions from the lower bound on.
  public var positions: Positions { Positions(from: lowerBound) }
}

extension Int: PositionChoice {
  /// The one position.
  public var positions: Positions { self == .max ? Positions(from: self) : Positions(self..<self + 1) }
}

extension PositionChoice where Self == Positions {
  /// At every position, also at those of tokens that are yet to be written.
  public static var all: Positions { Positions(.all) }
  /// At the last so many positions of the prompt.
  public static func last(_ count: Int) -> Positions { Positions(.last(count)) }
  /// At the positions whose logits choose new tokens: the last one of the prompt, and that of every token that a generation writes.
  public static var newTokens: Positions { Positions(.newTokens) }
}
