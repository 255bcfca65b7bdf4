import Attribution
import Checkpoints
import Tensors
import Transformer

/// An example as it was run: what runs with changed edges resume, and what its senders write, clean and ablated.
struct AblatedRun {
  let graph: CircuitGraph
  /// The clean prompt, from the first position at which anything ablated can differ.
  let base: BaseRun
  /// What each sender writes on the clean prompt from there on, `[sender, position, width]`. Rows of the last layer that no logit depends on
  /// are 0, here as in `ablated`.
  let clean: Tensor
  /// What it writes when it is ablated, in the same shape.
  let ablated: Tensor
  /// The metric on the corrupted prompt; nil if there is none, or none is used.
  let corruptedValue: Float?

  /// What each sender writes more than when it is ablated, in the same shape.
  var difference: Tensor { clean - ablated }

  var positionCount: Int { clean.shape[1] }
  var width: Int { clean.shape[2] }

  /// - Throws: an error for an example without what the ablation needs.
  init(_ model: LanguageModel, _ example: PromptExample, _ ablation: EdgeAblation) throws {
    graph = CircuitGraph(model.config)
    let wanted = Capture.senderComponents(model.config).union([.attentionOutput])
    switch ablation {
    case .patching:
      guard let corrupted = example.corrupted else { throw CircuitError.noCorruptedPrompt(example: example.name) }
      // Before the prompts differ, what is patched is the same.
      let start = zip(example.clean, corrupted).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
      let donor = try model.baseRun(corrupted, from: start, example.metric, capturing: wanted)
      base = try model.baseRun(example.clean, from: start, example.metric, capturing: wanted)
      (ablated, corruptedValue) = (try donor.activations.senderOutputs(graph), donor.value)
      clean = try base.activations.senderOutputs(graph)
    case .zero:
      base = try model.baseRun(example.clean, from: 0, example.metric, capturing: wanted)
      clean = try base.activations.senderOutputs(graph)
      (ablated, corruptedValue) = (Tensor(repeating: 0, shape: clean.shape), nil)
    case .mean(let means):
      guard means.graph == graph, means.values.shape[2] == model.config.width else {
        throw CircuitError.otherGraph(expected: "\(graph)", found: "\(means.graph)")
      }
      guard means.model.isSame(as: model) else {
        throw CircuitError.badMeans(
          "The means are of another model, \(means.model.folder). Take them over prompts that this model reads: `model.senderMeans(over:)`."
        )
      }
      base = try model.baseRun(example.clean, from: 0, example.metric, capturing: wanted)
      clean = try base.activations.senderOutputs(graph)
      (ablated, corruptedValue) = (try means.values(at: 0..<example.clean.count), nil)
    }
    guard base.value.isFinite else { throw CircuitError.notFinite("The metric of the example “\(example.name)”") }
  }

  /// How many runs side by side may each hold so many numbers, within half a gigabyte.
  func runsAtOnce(holding numbers: Int) -> Int { max(1, 512 << 20 / (MemoryLayout<Float>.stride * max(numbers, 1))) }
}

extension CircuitReceiver {
  /// Where what it reads passes, and for which head.
  func place(_ graph: CircuitGraph) -> (point: HookPoint, head: Int?, layer: Int) {
    switch self {
    case .query(let layer, let head): (.queryInput(layer: layer), head, layer)
    case .key(let layer, let head): (.keyInput(layer: layer), head, layer)
    case .value(let layer, let head): (.valueInput(layer: layer), head, layer)
    case .mlp(let layer): (.mlpInput(layer: layer), nil, layer)
    case .logits: (.residualPost(layer: graph.layers - 1), nil, graph.layers - 1)
    }
  }

  /// A replacement by which it reads so much less, `[position, width]`, at the last positions of a run.
  func reading(less delta: Tensor, _ graph: CircuitGraph) -> Replacement {
    let (point, head, _) = place(graph)
    return Replacement(point, head: head) { $0 - delta.lastRows($0.shape[0]) }
  }
}

extension [PromptExample] {
  /// An error for none.
  func checkNotEmpty() throws(CircuitError) {
    guard isEmpty else { return }
    throw .nothing(
      "examples", advice: "Give at least one: PromptExample(\"name\", clean: …, corrupted: …, metric: …, model: model).")
  }
}
