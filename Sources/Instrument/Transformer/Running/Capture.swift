import Checkpoints
import Tensors

/// Which activations a run keeps, and at which positions. Nothing is kept that is not asked for.
///
/// ```swift
/// [.query(layer: 3), .key(layer: 3)]             // these
/// .components([.residualPre, .mlpOutput])        // these, of every layer
/// .components([.z], layers: 2..<5)               // of some layers
/// .names(["blocks.3.attn.hook_q"])               // by TransformerLens's names
/// .matching { $0.layer == 3 }                    // by a predicate
/// Capture.all.atLast(1)                          // everything, at the last position only
/// Capture.all.at(positions: 10..<20)             // at some positions
/// ```
public struct Capture: ExpressibleByArrayLiteral, Sendable {
  private enum Choice: Sendable {
    case points(Set<HookPoint>)
    case names([String])
    case components(Set<HookPoint.Component>, layers: Range<Int>?)
    case matching(@Sendable (HookPoint) -> Bool)
  }

  /// At which positions.
  private enum Positions: Sendable {
    case all
    case last(Int)
    case range(Range<Int>)
  }

  private let choice: Choice
  private var positions = Positions.all

  private init(_ choice: Choice) { self.choice = choice }

  /// The given hook points.
  public init(arrayLiteral points: HookPoint...) { self.init(.points(Set(points))) }

  /// No hook point at all.
  public static let none: Capture = []
  /// Every hook point but those of single readers, as `queryInput`. With long prompts this is large: the scores and patterns alone are `2 · layers · heads · p²` numbers.
  public static let all = Capture.matching { _ in true }
  /// The given hook points.
  public static func points(_ points: some Sequence<HookPoint>) -> Capture { Capture(.points(Set(points))) }
  /// Hook points by TransformerLens's names. An unknown name is an error of the run.
  public static func names(_ names: [String]) -> Capture { Capture(.names(names)) }
  /// The given components of every layer, or of some.
  public static func components(_ components: Set<HookPoint.Component>, layers: Range<Int>? = nil) -> Capture {
    Capture(.components(components, layers: layers))
  }
  /// The hook points that a predicate chooses.
  public static func matching(_ predicate: @escaping @Sendable (HookPoint) -> Bool) -> Capture { Capture(.matching(predicate)) }

  /// This capture's hook points, at the last `count` positions only. Scores and patterns keep all their keys, for those queries.
  public func atLast(_ count: Int) -> Capture {
    require(count > 0, "A capture at the last \(count) positions holds nothing; ask for 1 or more.")
    var capture = self
    capture.positions = .last(count)
    return capture
  }

  /// This capture's hook points, at some positions only, counted from the beginning of the prompt.
  public func at(positions: Range<Int>) -> Capture {
    var capture = self
    capture.positions = .range(positions)
    return capture
  }

  /// Checked against a model and a prompt: what remains is a set of hook points that exist.
  func resolved(_ config: ModelConfiguration, tokens: Int) throws(ModelError) -> ActivationRecorder {
    let points = try points(config)
    switch positions {
    case .all: return ActivationRecorder(points: points, kept: 0..<tokens)
    case .last(let count): return ActivationRecorder(points: points, kept: max(0, tokens - count)..<tokens)
    case .range(let range):
      guard range.lowerBound >= 0, range.upperBound <= tokens, !range.isEmpty else {
        throw .positionsOutOfRange(positions: range, tokens: tokens)
      }
      return ActivationRecorder(points: points, kept: range)
    }
  }

  /// An error for a place that is named by what reads it, of which there is no gradient of its own.
  func refuseAliases() throws(ModelError) {
    switch choice {
    case .points(let points): for point in points { try point.refuseAlias("take a gradient") }
    case .names(let names): for name in names { try HookPoint(name).refuseAlias("take a gradient") }
    case .components, .matching: break
    }
  }

  private func points(_ config: ModelConfiguration) throws(ModelError) -> Set<HookPoint> {
    let points: Set<HookPoint>
    switch choice {
    case .points(let chosen): points = chosen
    case .components(let components, let layers):
      for component in components { try HookPoint(component, layer: component.isInLayer ? 0 : nil).check(config) }
      if let layers, layers.lowerBound < 0 || layers.upperBound > config.layers {
        throw .layerOutOfRange(point: "layers \(layers)", layers: config.layers)
      }
      points = Set(
        HookPoint.ordered(config).filter { point in
          components.contains(point.component) && (layers.map { point.layer.map($0.contains) ?? false } ?? true)
        })
    case .matching(let predicate): points = Set(HookPoint.all(config).filter(predicate))
    case .names(let names):
      var chosen: Set<HookPoint> = []
      for name in names { chosen.insert(try HookPoint(name)) }
      points = chosen
    }
    for point in points { try point.check(config) }
    return points
  }
}

/// Keeps what a run was asked for, while it runs.
struct ActivationRecorder {
  let points: Set<HookPoint>
  /// The positions that are kept.
  let kept: Range<Int>
  /// Whether rows that were not computed, because nothing can depend on them, are recorded as 0; divisors as 1.
  var fillsMissing = false
  private(set) var activations: [HookPoint: Tensor] = [:]

  init(points: Set<HookPoint>, kept: Range<Int>) { (self.points, self.kept) = (points, kept) }

  static let none = ActivationRecorder(points: [], kept: 0..<0)

  func wants(_ point: HookPoint) -> Bool { points.contains(point) }

  /// The memory that the activations of a prompt of so many tokens need, in bytes.
  func byteCount(_ config: ModelConfiguration, tokens: Int) -> Int {
    points.reduce(0) { sum, point in
      let numbers = point.component.shape(config, rows: kept.count, keys: tokens).reduce(1, *)
      return sum + numbers * MemoryLayout<Float>.stride
    }
  }

  /// Keeps the wanted positions of an activation, if it is wanted. `start` is the position of its first row.
  mutating func record(_ point: HookPoint, _ activation: @autoclosure () -> Tensor, start: Int) {
    guard wants(point) else { return }
    let activation = activation()
    let rows = (kept.lowerBound - start)..<(kept.upperBound - start)
    guard !point.component.isSquare else {
      return keep(point, activation.part(TensorPart(first: .all, second: .range(rows))))
    }
    if rows.lowerBound < 0 {
      require(fillsMissing, "\(point) was not computed at \(kept), only from \(start) on.")
      var filled = Tensor(repeating: point.component.isDivisor ? 1 : 0, shape: [kept.count] + activation.shape.dropFirst())
      let here = max(0, rows.upperBound)
      filled.replace(TensorPart(first: .range(kept.count - here..<kept.count), second: .all), with: activation[..<here])
      return keep(point, filled)
    }
    // A few positions are copied out, so that they do not keep the memory of all of them.
    keep(point, rows == 0..<activation.shape[0] ? activation.ownedAlone() : activation[rows].compacted())
  }

  /// Whether a device had no room for something that was kept.
  var isVoid: Bool { activations.values.contains(where: \.isVoid) }

  /// Keeps an activation that has been cut to the kept positions already.
  mutating func keep(_ point: HookPoint, _ activation: Tensor) { activations[point] = activation }
}
