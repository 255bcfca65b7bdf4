import Gemma
import Randomness
import Tensors

extension GemmaModel {
  /// Activation patching: each activation of a component, at each position, really exchanged between the prompts, and the metric read
  /// (Vig et al. 2020, arXiv:2004.12265; Zhang and Nanda 2023, arXiv:2309.16042). It is the truth that attribution patching and
  /// integrated gradients approximate.
  ///
  /// A run is resumed from the exchanged activation on: layers below and positions before are not computed again. Runs of one layer are
  /// computed together.
  ///
  /// - Parameters:
  ///   - direction: Which prompt runs. Values are positive in both directions where the component speaks for the clean answer.
  ///   - layers: All if nil.
  ///   - positions: From where the prompts begin to differ to their end if nil; before, all effects are 0.
  public func activationPatching(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, component: HookPoint.Component,
    direction: PatchingDirection = .noising, layers: Range<Int>? = nil, positions: Range<Int>? = nil
  ) throws -> ComponentAttribution {
    let prompts = try PromptPair(clean: clean, corrupted: corrupted, model: self)
    try checkAttributable(component)
    let positions = positions ?? prompts.firstDifference..<prompts.clean.count
    guard positions.lowerBound >= 0, positions.upperBound <= prompts.clean.count, !positions.isEmpty else {
      throw AttributionError.badPositions(positions, tokens: prompts.clean.count)
    }
    let layers = layers ?? 0..<config.layers
    guard layers.lowerBound >= 0, layers.upperBound <= config.layers else {
      throw GemmaError.layerOutOfRange(point: "layers \(layers)", layers: config.layers)
    }
    let start = min(prompts.firstDifference, positions.lowerBound)
    let (clean, corrupted) = try runs(prompts, from: start, metric, [component], withGradients: false)
    let (base, other) = direction == .noising ? (clean, corrupted) : (corrupted, clean)
    var values: [Tensor] = []
    let heads = HookPoint(component, layer: 0).headCount(config)
    for layer in 0..<config.layers {
      var effects = Tensor(repeating: 0, shape: (heads.map { [$0] } ?? []) + [prompts.clean.count])
      if layers.contains(layer) {
        let nodes = (0..<(heads ?? 1)).flatMap { head in positions.map { (head: heads == nil ? nil : head, position: $0) } }
        let runs = try patched(nodes, HookPoint(component, layer: layer), base, other)
        for (node, value) in zip(nodes, runs) {
          let effect = direction == .noising ? base.value - value : value - base.value
          if let head = node.head { effects[head, node.position] = effect } else { effects[node.position] = effect }
        }
      }
      values.append(effects)
    }
    return ComponentAttribution(
      component: component, method: .activationPatching(direction), values: Tensor.stack(values),
      firstPosition: positions.lowerBound, prompts: prompts, metric: (clean.value, corrupted.value), completeness: nil)
  }

  /// The metric with one activation of `other` in `base`, for each node of a layer.
  private func patched(
    _ nodes: [(head: Int?, position: Int)], _ point: HookPoint, _ base: BaseRun, _ other: BaseRun
  ) throws -> [Float] {
    let (old, new) = (try base.activations[point], try other.activations[point])
    var values = [Float](repeating: base.value, count: nodes.count)
    var (patches, places): ([Patch], [Int]) = ([], [])
    for (place, node) in nodes.enumerated() {
      let row = TensorPart.Along.range(node.position - base.start..<node.position - base.start + 1)
      let head = node.head.map { TensorPart.Along.index($0) } ?? .all
      let part = point.component.isSquare ? TensorPart(first: head, second: row) : TensorPart(first: row, second: head)
      let value = new.part(part)
      // What is the same in both prompts changes nothing.
      guard value != old.part(part) else { continue }
      patches.append(Patch(point, positions: node.position..<node.position + 1, head: node.head, with: value))
      places.append(place)
    }
    for (place, run) in zip(places, try resume(base, at: point.layer ?? 0, patches)) { values[place] = run.value }
    return values
  }

  /// Compares an approximation with activation patching: half of the nodes are its largest values, the others are drawn at random from
  /// those that were computed.
  func check(
    _ attribution: ComponentAttribution, _ base: BaseRun, _ other: BaseRun, nodes count: Int, seed: UInt64
  ) throws -> PatchingCheck {
    let (values, rows, first) = (attribution.rows, attribution.rowLabels, attribution.firstPosition)
    let positions = first..<attribution.prompts.clean.count
    var candidates = rows.indices.flatMap { row in positions.map { (row: row, position: $0) } }
    candidates.sort {
      (abs(values[$0.row, $0.position]), $1.row, $1.position) > (abs(values[$1.row, $1.position]), $0.row, $0.position)
    }
    let largest = min(count / 2, candidates.count)
    var random = SeededGenerator(seed: seed)
    let drawn = candidates[largest...].shuffled(using: &random).prefix(count - largest)
    let chosen = (candidates[..<largest] + drawn).sorted { ($0.row, $0.position) < ($1.row, $1.position) }
    let heads = attribution.hasHeads ? attribution.values.shape[1] : 1
    var nodes: [PatchingCheck.Node] = []
    for (layer, group) in Dictionary(grouping: chosen, by: { $0.row / heads }).sorted(by: { $0.key < $1.key }) {
      let places = group.map { (head: attribution.hasHeads ? $0.row % heads : nil, position: $0.position) }
      let patched = try patched(places, HookPoint(attribution.component, layer: layer), base, other)
      for (node, value) in zip(group, patched) {
        nodes.append(
          PatchingCheck.Node(
            label: rows[node.row], layer: layer, head: attribution.hasHeads ? node.row % heads : nil, position: node.position,
            estimate: values[node.row, node.position], patched: base.value - value))
      }
    }
    return PatchingCheck(nodes: nodes)
  }
}
