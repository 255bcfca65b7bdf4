import Tensors

/// Which activations a run keeps, and at which positions. Nothing is kept that is not asked for.
///
/// ```swift
/// [.query(layer: 3), .key(layer: 3)]             // these
/// .components([.residualPre, .mlpOutput])        // these, of every layer
/// .names(["blocks.3.attn.hook_q"])               // by TransformerLens's names
/// .matching { $0.layer == 3 }                    // by a predicate
/// Capture.all.atLast(1)                          // everything, at the last position only
/// ```
public struct Capture: ExpressibleByArrayLiteral, Sendable {
  private enum Choice: Sendable {
    case points(Set<HookPoint>)
    case names([String])
    case components(Set<HookPoint.Component>)
    case matching(@Sendable (HookPoint) -> Bool)
  }

  private let choice: Choice
  /// How many of the last positions are kept; all if nil.
  private var last: Int?

  private init(_ choice: Choice) { self.choice = choice }

  /// The given hook points.
  public init(arrayLiteral points: HookPoint...) { self.init(.points(Set(points))) }

  /// Nothing.
  public static let none: Capture = []
  /// Every hook point. With long prompts this is large: the scores and patterns alone are `2 · layers · heads · p²` numbers.
  public static let all = Capture.matching { _ in true }
  /// The given hook points.
  public static func points(_ points: some Sequence<HookPoint>) -> Capture { Capture(.points(Set(points))) }
  /// Hook points by TransformerLens's names. An unknown name is an error of the run.
  public static func names(_ names: [String]) -> Capture { Capture(.names(names)) }
  /// The given components of every layer.
  public static func components(_ components: Set<HookPoint.Component>) -> Capture { Capture(.components(components)) }
  /// The hook points that a predicate chooses.
  public static func matching(_ predicate: @escaping @Sendable (HookPoint) -> Bool) -> Capture { Capture(.matching(predicate)) }

  /// The same hook points, at the last `count` positions only. Scores and patterns keep all their keys, for those queries.
  public func atLast(_ count: Int) -> Capture {
    require(count > 0, "A capture at the last \(count) positions holds nothing; ask for 1 or more.")
    var capture = self
    capture.last = count
    return capture
  }

  /// Checked against a model: what remains is a set of hook points that exist.
  func resolved(layers: Int) throws(GemmaError) -> ActivationRecorder {
    let all = HookPoint.all(layers: layers)
    let points: Set<HookPoint>
    switch choice {
    case .points(let chosen): points = chosen
    case .components(let components): points = Set(all.filter { components.contains($0.component) })
    case .matching(let predicate): points = Set(all.filter(predicate))
    case .names(let names):
      var chosen: Set<HookPoint> = []
      for name in names { chosen.insert(try HookPoint(name)) }
      points = chosen
    }
    for point in points {
      if let layer = point.layer, !(0..<layers).contains(layer) { throw .layerOutOfRange(point: point.name, layers: layers) }
    }
    return ActivationRecorder(points: points, last: last)
  }
}

/// Keeps what a run was asked for, while it runs.
struct ActivationRecorder {
  let points: Set<HookPoint>
  let last: Int?
  private(set) var activations: [HookPoint: Tensor] = [:]

  init(points: Set<HookPoint>, last: Int?) { (self.points, self.last) = (points, last) }

  func wants(_ component: HookPoint.Component, _ layer: Int?) -> Bool { points.contains(HookPoint(component, layer: layer)) }

  /// The positions that are kept, of `count`.
  func kept(of count: Int) -> Range<Int> { max(0, count - (last ?? count))..<count }

  /// Keeps an activation `[position, …]`, if it is wanted. `make` runs only then.
  mutating func record(_ component: HookPoint.Component, _ layer: Int?, _ make: @autoclosure () -> Tensor) {
    guard wants(component, layer) else { return }
    let activation = make()
    // A few positions are copied out, so that they do not keep the memory of all of them.
    let kept = kept(of: activation.shape[0])
    keep(component, layer, kept.count == activation.shape[0] ? activation : activation[kept].compacted())
  }

  /// Keeps an activation that has been cut to the kept positions already.
  mutating func keep(_ component: HookPoint.Component, _ layer: Int?, _ activation: Tensor) {
    activations[HookPoint(component, layer: layer)] = activation
  }
}
