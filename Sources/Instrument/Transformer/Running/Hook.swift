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

/// Replaces an activation, or a part of it, while the model runs: what is computed from it uses the new numbers.
///
/// ```swift
/// Replacement(.z(layer: 3), positions: 10..<12, head: 5, with: corruptedZ)
/// Replacement(.mlpOutput(layer: 0)) { $0 * 0 }
/// ```
/// No gradient passes to what the old numbers were computed from, unless the replacement says how: the verbs do (`.add`, `.scale`, `.project`,
/// `.clamp`), which are made of this.
public struct Replacement: Hook {
  /// Where it replaces.
  public let point: HookPoint
  /// At which positions; for scores and patterns, those of the queries. All if nil.
  public let positions: (any PositionChoice)?
  /// The head, or the key and value head. All if nil.
  public let head: Int?
  /// From the part of the activation, and the position of its first row, to what stands there from now on.
  let function: (Tensor, Int) throws -> Tensor
  let pullback: ((_ gradient: Tensor, _ input: Tensor) -> Tensor)?
  /// The model whose numbers it puts in, if it puts in those of one: in another model they mean nothing.
  var origin: LanguageModel?

  /// Replaces what a part of the activation holds by what a function makes of it: of `[p, h, c]`, `positions` and `head` leave
  /// `[positions.count, c]`. The result must have the same shape.
  public init(
    _ point: HookPoint, positions: (any PositionChoice)? = nil, head: Int? = nil,
    _ function: @escaping (Tensor) throws -> Tensor
  ) {
    self.init(point, positions: positions, head: head, at: { activation, _ in try function(activation) })
  }

  /// Replaces what a part of the activation holds by what a function makes of it and of the position of its first row.
  init(
    _ point: HookPoint, positions: (any PositionChoice)? = nil, head: Int? = nil,
    at function: @escaping (Tensor, Int) throws -> Tensor, pullback: ((_ gradient: Tensor, _ input: Tensor) -> Tensor)? = nil
  ) {
    (self.point, self.positions, self.head, self.function) = (point, positions, head, function)
    self.pullback = pullback
  }

  /// Replaces an activation by a function of it through which gradients pass.
  /// - Parameters:
  ///   - forward: from the part of the activation to what stands there from now on, in the same shape.
  ///   - pullback: from the gradient with respect to what `forward` gave, and what it was given, to the gradient with respect to that.
  public init(
    _ point: HookPoint, positions: (any PositionChoice)? = nil, head: Int? = nil,
    forward: @escaping (Tensor) throws -> Tensor, pullback: @escaping (_ gradient: Tensor, _ input: Tensor) -> Tensor
  ) {
    self.init(point, positions: positions, head: head, at: { activation, _ in try forward(activation) }, pullback: pullback)
  }

  /// Puts given numbers into a part of the activation.
  public init(_ point: HookPoint, positions: (any PositionChoice)? = nil, head: Int? = nil, with value: Tensor) {
    self.init(point, positions: positions, head: head) { _ in value }
  }

  /// Replaces at the hook point that bears a name of TransformerLens; an unknown name is an error that suggests the nearest.
  public init(
    _ name: String, positions: (any PositionChoice)? = nil, head: Int? = nil,
    _ function: @escaping (Tensor) throws -> Tensor
  ) throws(ModelError) {
    self.init(try HookPoint(name), positions: positions, head: head, function)
  }
}

extension Replacement {
  /// Says that it puts in numbers of a model, which mean nothing in another: there it is an error.
  package mutating func takesNumbers(of model: LanguageModel) { origin = model }
}

/// A replacement of a run whose number of tokens is known.
struct PlannedReplacement {
  let replacement: Replacement
  /// The positions, which may reach beyond the prompt. All if nil.
  let positions: Range<Int>?

  var point: HookPoint { replacement.point }
  var head: Int? { replacement.head }

  /// - Throws: an error if a prompt of so many tokens, or the model, does not have the part.
  init(_ replacement: Replacement, _ model: LanguageModel, tokens: Int, limit: Int) throws(ModelError) {
    try replacement.point.refuseAlias("replace")
    if let origin = replacement.origin, !origin.isSame(as: model) {
      throw .badRequest(
        "What is put in at \(replacement.point) comes from another model, \(origin.folder), in which it means something else. Take it from the "
          + "model that runs, \(model.folder).")
    }
    if let head = replacement.head {
      let count = replacement.point.component.heads(model.config)
      guard (0..<count).contains(head) else {
        throw .headOutOfRange(point: replacement.point.name, head: head, heads: count)
      }
    }
    self.replacement = replacement
    positions = try replacement.positions?.positions.resolved(tokens: tokens, limit: limit)
  }

  /// What it makes of its part of an activation, `old`, whose first row is at the position `start`.
  func value(of old: Tensor, start: Int) throws -> Tensor {
    let new = try replacement.function(old, max(start, positions?.lowerBound ?? 0))
    guard new.shape == old.shape else {
      throw ModelError.badReplacement(point: point.name, expected: old.shape, found: new.shape)
    }
    return new
  }

  /// The gradient of what was there before, given that of what it was replaced by.
  func gradient(of old: Tensor?, _ gradient: Tensor) -> Tensor {
    guard let pullback = replacement.pullback, let old else {
      return Tensor(repeating: 0, shape: gradient.shape)
    }
    return pullback(gradient, old)
  }

  /// Which rows of an activation it replaces, whose first row is at the position `start`; for squares, which queries.
  func rows(of count: Int, start: Int) -> Range<Int> {
    guard let positions else { return 0..<count }
    return max(0, positions.lowerBound - start)..<max(0, min(count, positions.upperBound - start), positions.lowerBound - start)
  }

  /// Which part of an activation it replaces.
  func part(of shape: [Int], start: Int) -> TensorPart {
    let isSquare = point.component.isSquare
    let rows = rows(of: shape[isSquare ? 1 : 0], start: start)
    return isSquare
      ? TensorPart(first: head.map { .index($0) } ?? .range(0..<shape[0]), second: .range(rows))
      : TensorPart(first: .range(rows), second: head.map { .index($0) } ?? .all)
  }
}

/// A hook of a run whose number of tokens is known.
enum PlannedHook {
  case replacement(PlannedReplacement)
  case observation(Observation)

  var point: HookPoint {
    switch self {
    case .replacement(let replacement): replacement.point
    case .observation(let observation): observation.point
    }
  }

  var replacement: PlannedReplacement? { if case .replacement(let replacement) = self { replacement } else { nil } }
}

extension [any Hook] {
  /// The hooks of a run, in their order, for a prompt of so many tokens.
  /// - Parameter limit: how many positions there may be: as many as tokens, or, while a text is written, as the context has.
  /// - Throws: an error for a point, a head or positions that do not exist, and for a hook of a kind that no run knows.
  func planned(_ model: LanguageModel, tokens: Int, limit: Int) throws(ModelError) -> [PlannedHook] {
    var planned: [PlannedHook] = []
    for hook in self {
      try hook.point.check(model.config)
      switch hook {
      case let hook as Replacement:
        planned.append(.replacement(try PlannedReplacement(hook, model, tokens: tokens, limit: limit)))
      case let hook as Observation: planned.append(.observation(hook))
      default: throw .badRequest("A run knows observations and replacements, and no \(type(of: hook)). Make one of these of it.")
      }
    }
    return planned
  }
}

/// What happens at the hook points of one lane of a pass: hooks in their order, then what records.
struct HookSet {
  var recorder: ActivationRecorder
  private let hooks: [HookPoint: [PlannedHook]]
  private let replaced: Set<HookPoint>
  /// What stood at a point before each of its replacements through which gradients pass.
  private var inputs: [HookPoint: [Int: Tensor]] = [:]

  init(_ recorder: ActivationRecorder, _ hooks: [PlannedHook] = []) {
    self.recorder = recorder
    self.hooks = Dictionary(grouping: hooks, by: \.point)
    replaced = Set(hooks.compactMap(\.replacement?.point))
  }

  var replaces: Bool { !replaced.isEmpty }

  func replaces(_ point: HookPoint) -> Bool { replaced.contains(point) }

  /// Whether anything acts at one of the points, besides recording.
  func acts(at points: [HookPoint]) -> Bool { !hooks.isEmpty && points.contains { hooks[$0] != nil } }

  /// Whether anything acts on scores or patterns of any layer.
  var actsOnSquares: Bool { hooks.keys.contains { $0.component.isSquare } }

  /// The heads of an activation that anything acts on; nil for all of them.
  func heads(at point: HookPoint) -> Set<Int>? {
    let heads = (hooks[point] ?? []).map { $0.replacement?.head }
    return heads.contains(nil) ? nil : Set(heads.compactMap(\.self))
  }

  /// Passes an activation through what waits at a point. `start` is the absolute position of its first row.
  mutating func visit(_ point: HookPoint, _ activation: inout Tensor, start: Int) throws {
    // What a hook puts in goes on where the run computes, wherever it came from.
    let backend = activation.backend
    for (index, hook) in (hooks[point] ?? []).enumerated() {
      switch hook {
      case .observation(let observation): try observation.look(activation)
      case .replacement(let replacement):
        let part = replacement.part(of: activation.shape, start: start)
        guard part.shape(in: activation).allSatisfy({ $0 > 0 }) else { continue }
        let isWhole = part.isWhole(in: activation)
        let old = isWhole ? activation : activation.part(part)
        if replacement.replacement.pullback != nil { inputs[point, default: [:]][index] = old }
        let new = try replacement.value(of: old, start: start)
        if isWhole { activation = new } else { activation.replace(part, with: new) }
        activation = activation.moved(to: backend)
      }
    }
    recorder.record(point, activation, start: start)
  }

  /// Passes what one head sees of an activation, `[row, …]`, through the replacements of that head.
  mutating func visit(_ point: HookPoint, head: Int, _ activation: inout Tensor, start: Int) throws {
    let backend = activation.backend
    for (index, hook) in (hooks[point] ?? []).enumerated() {
      guard let replacement = hook.replacement, replacement.head == head else { continue }
      let rows = replacement.rows(of: activation.shape[0], start: start)
      guard !rows.isEmpty else { continue }
      let old = activation[rows]
      if replacement.replacement.pullback != nil { inputs[point, default: [:]][index] = old }
      activation.replace(TensorPart(first: .range(rows), second: .all), with: try replacement.value(of: old, start: start))
    }
    activation = activation.moved(to: backend)
  }

  /// Takes a gradient back through the replacements of a point: it does not reach what the old numbers came from, unless they say how.
  func goBack(_ point: HookPoint, _ gradient: inout Tensor, start: Int) {
    guard replaces(point) else { return }
    for (index, hook) in (hooks[point] ?? []).enumerated().reversed() {
      guard let replacement = hook.replacement else { continue }
      let part = replacement.part(of: gradient.shape, start: start)
      guard part.shape(in: gradient).allSatisfy({ $0 > 0 }) else { continue }
      gradient.replace(part, with: replacement.gradient(of: inputs[point]?[index], gradient.part(part)))
    }
  }
}
