import Checkpoints
import Transformer
import Randomness
import Tensors

extension LanguageModel {
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
    let positions = try prompts.checked(positions)
    let layers = layers ?? 0..<config.layers
    guard layers.lowerBound >= 0, layers.upperBound <= config.layers else {
      throw ModelError.layerOutOfRange(point: "layers \(layers)", layers: config.layers)
    }
    let start = min(prompts.firstDifference, positions.lowerBound)
    let cleanBase = try runs(prompts, from: start, metric, capturing: [component])
    let runs = direction == .noising ? cleanBase : cleanBase.exchanged
    var values: [Tensor] = []
    let heads = HookPoint(component, layer: 0).headCount(config)
    for layer in 0..<config.layers {
      var effects = Tensor(repeating: 0, shape: (heads.map { [$0] } ?? []) + [prompts.clean.count])
      if layers.contains(layer) {
        let nodes = (0..<(heads ?? 1)).flatMap { head in positions.map { (head: heads == nil ? nil : head, position: $0) } }
        let values = try patched(nodes, HookPoint(component, layer: layer), runs)
        for (node, value) in zip(nodes, values) {
          let effect = direction == .noising ? runs.base.value - value : value - runs.base.value
          if let head = node.head { effects[head, node.position] = effect } else { effects[node.position] = effect }
        }
      }
      values.append(effects)
    }
    return ComponentAttribution(
      component: component, method: .activationPatching(direction), values: Tensor.stack(values),
      firstPosition: positions.lowerBound, prompts: prompts, metric: (cleanBase.base.value, cleanBase.donor.value),
      completeness: nil)
  }

  /// The metric with one activation of the donor in the base, for each node of a layer.
  private func patched(_ nodes: [(head: Int?, position: Int)], _ point: HookPoint, _ runs: RunPair) throws -> [Float] {
    let base = runs.base
    let (old, new) = (try base.activations[point], try runs.donor.activations[point])
    var values = [Float](repeating: base.value, count: nodes.count)
    var (patches, indices): ([Patch], [Int]) = ([], [])
    for (index, node) in nodes.enumerated() {
      let row = TensorPart.Along.range(node.position - base.start..<node.position - base.start + 1)
      let head = node.head.map { TensorPart.Along.index($0) } ?? .all
      let part = point.component.isSquare ? TensorPart(first: head, second: row) : TensorPart(first: row, second: head)
      let value = new.part(part)
      // What is the same in both prompts changes nothing.
      guard value != old.part(part) else { continue }
      patches.append(Patch(point, positions: node.position..<node.position + 1, head: node.head, with: value))
      indices.append(index)
    }
    for (index, value) in zip(indices, try resume(base, at: point.layer ?? 0, patches)) { values[index] = value }
    return values
  }

  /// Compares an approximation with activation patching: half of the nodes are its largest values, the others are drawn at random from
  /// those that were computed.
  func compareWithPatching(
    _ attribution: ComponentAttribution, _ runs: RunPair, nodes count: Int, seed: UInt64
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
      let chosen = group.map { (head: attribution.hasHeads ? $0.row % heads : nil, position: $0.position) }
      let patched = try patched(chosen, HookPoint(attribution.component, layer: layer), runs)
      for (node, value) in zip(group, patched) {
        nodes.append(
          PatchingCheck.Node(
            label: rows[node.row], layer: layer, head: attribution.hasHeads ? node.row % heads : nil, position: node.position,
            estimate: values[node.row, node.position], patched: runs.base.value - value))
      }
    }
    return PatchingCheck(nodes: nodes)
  }
}
