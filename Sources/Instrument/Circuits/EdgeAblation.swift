/// What an ablated edge carries in place of what its sender writes.
public enum EdgeAblation: Sendable {
  /// What the sender writes on the corrupted prompt, at the same positions: an interchange of activations.
  case patching
  /// Nothing.
  case zero
  /// The sender's mean over other prompts.
  case mean(SenderMeans)
}

extension EdgeAblation: CustomStringConvertible {
  /// `patching`, `zero`, `means over 20 prompts by position`.
  public var description: String {
    switch self {
    case .patching: "patching"
    case .zero: "zero"
    case .mean(let means): "\(means)"
    }
  }
}
