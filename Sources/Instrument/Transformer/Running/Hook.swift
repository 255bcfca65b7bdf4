import Checkpoints
import Tensors

/// What a run does at a hook point besides computing: an `Observation` looks, a `Replacement` changes.
///
/// Hooks are given to a run and end with it; none is ever left in the model, also when the run or the cell fails.
public protocol Hook {
  /// Where it acts.
  var point: HookPoint { get }
}

/// Shows an activation to a function while the model runs. It changes nothing.
///
/// ```swift
/// try model.run(prompt, hooks: [Observation(.z(layer: 3)) { z in print(z.shape) }])
/// ```
public struct Observation: Hook {
  /// Where it looks.
  public let point: HookPoint
  let look: (Tensor) throws -> Void

  /// Calls `look` with the activation at all positions, in the shape of `HookPoint.Component`. What it throws ends the run.
  public init(_ point: HookPoint, _ look: @escaping (Tensor) throws -> Void) { (self.point, self.look) = (point, look) }

  /// Observes the hook point that bears a name of TransformerLens; an unknown name is an error that suggests the nearest.
  public init(_ name: String, _ look: @escaping (Tensor) throws -> Void) throws(ModelError) {
    self.init(try HookPoint(name), look)
  }
}

/// Replaces an activation, or a part of it, while the model runs: what is computed from it uses the new numbers, and no gradient passes
/// to what the old ones were computed from.
///
/// ```swift
/// Replacement(.z(layer: 3), positions: 10..<12, head: 5, with: corruptedZ)
/// Replacement(.mlpOutput(layer: 0)) { $0 * 0 }
/// ```
public struct Replacement: Hook {
  /// Where it replaces.
  public let point: HookPoint
  let region: Region
  let function: (Tensor) throws -> Tensor

  /// Which part of an activation is replaced.
  struct Region {
    /// The positions, counted from the beginning of the prompt; for scores and patterns, those of the queries. All if nil.
    let positions: Range<Int>?
    /// The head, or the key and value head. All if nil.
    let head: Int?
  }

  /// Replaces what a part of the activation holds by what a function makes of it: of `[p, h, c]`, `positions` and `head` leave
  /// `[positions.count, c]`. The result must have the same shape.
  public init(
    _ point: HookPoint, positions: Range<Int>? = nil, head: Int? = nil, _ function: @escaping (Tensor) throws -> Tensor
  ) {
    (self.point, region, self.function) = (point, Region(positions: positions, head: head), function)
  }

  /// Puts given numbers into a part of the activation.
  public init(_ point: HookPoint, positions: Range<Int>? = nil, head: Int? = nil, with value: Tensor) {
    self.init(point, positions: positions, head: head) { _ in value }
  }

  /// Replaces at the hook point that bears a name of TransformerLens; an unknown name is an error that suggests the nearest.
  public init(
    _ name: String, positions: Range<Int>? = nil, head: Int? = nil, _ function: @escaping (Tensor) throws -> Tensor
  ) throws(ModelError) {
    self.init(try HookPoint(name), positions: positions, head: head, function)
  }
}

/// What happens at the hook points of one lane of a pass: replacements first, then what looks and records.
struct HookSet {
  var recorder: ActivationRecorder
  private let replacements: [HookPoint: [Replacement]]
  private let observations: [HookPoint: [Observation]]

  init(_ recorder: ActivationRecorder, _ hooks: [any Hook] = []) {
    self.recorder = recorder
    replacements = Dictionary(grouping: hooks.compactMap { $0 as? Replacement }, by: \.point)
    observations = Dictionary(grouping: hooks.compactMap { $0 as? Observation }, by: \.point)
  }

  var replaces: Bool { !replacements.isEmpty }

  func replaces(_ point: HookPoint) -> Bool { replaces && replacements[point] != nil }

  /// Whether anything acts at one of the points, besides recording.
  func acts(at points: [HookPoint]) -> Bool {
    guard replaces || !observations.isEmpty else { return false }
    return points.contains { replacements[$0] != nil || observations[$0] != nil }
  }

  /// Passes an activation through what waits at a point. `start` is the absolute position of its first row.
  mutating func visit(_ point: HookPoint, _ activation: inout Tensor, start: Int) throws {
    if replaces || !observations.isEmpty {
      // What a hook puts in goes on where the run computes, wherever it came from.
      let backend = activation.backend
      for replacement in replacements[point] ?? [] { try replacement.apply(to: &activation, start: start) }
      activation = activation.moved(to: backend)
      for observation in observations[point] ?? [] { try observation.look(activation) }
    }
    recorder.record(point, activation, start: start)
  }

  /// Sets the gradient of what was replaced to 0: it does not reach what the old numbers came from.
  func cut(_ point: HookPoint, _ gradient: inout Tensor, start: Int) {
    guard replaces else { return }
    for replacement in replacements[point] ?? [] {
      let part = replacement.part(of: gradient.shape, start: start)
      gradient.replace(part, with: Tensor(repeating: 0, shape: part.shape(in: gradient)))
    }
  }
}

extension Replacement {
  fileprivate func apply(to activation: inout Tensor, start: Int) throws {
    let part = part(of: activation.shape, start: start)
    let old = part.isWhole(in: activation) ? activation : activation.part(part)
    let new = try function(old)
    guard new.shape == old.shape else {
      throw ModelError.badReplacement(point: point.name, expected: old.shape, found: new.shape)
    }
    if part.isWhole(in: activation) { activation = new } else { activation.replace(part, with: new) }
  }

  fileprivate func part(of shape: [Int], start: Int) -> TensorPart {
    let isSquare = point.component.isSquare
    let count = shape[isSquare ? 1 : 0]
    let rows = region.positions.map { ($0.lowerBound - start)..<($0.upperBound - start) } ?? 0..<count
    let clamped = rows.clamped(to: 0..<count)
    return isSquare
      ? TensorPart(first: region.head.map { .index($0) } ?? .range(0..<shape[0]), second: .range(clamped))
      : TensorPart(first: .range(clamped), second: region.head.map { .index($0) } ?? .all)
  }

  /// An error if a prompt of so many tokens, or the model, does not have the part.
  func check(_ config: ModelConfiguration, tokens: Int) throws(ModelError) {
    if let positions = region.positions, positions.lowerBound < 0 || positions.upperBound > tokens || positions.isEmpty {
      throw .positionsOutOfRange(positions: positions, tokens: tokens)
    }
    if let head = region.head {
      let count = point.component.heads(config)
      guard (0..<count).contains(head) else { throw .headOutOfRange(point: point.name, head: head, heads: count) }
    }
  }
}
