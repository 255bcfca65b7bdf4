import Checkpoints
import Tensors

extension ActivationCache {
  /// What each neuron writes into the residual stream, in all layers below one: TransformerLens's `stack_neuron_results`. The
  /// labels are `L0N0`, `L0N1`, …, and at the end `remainder` if wanted: what the residual stream holds there besides.
  ///
  /// It takes `4 · layers · neurons · positions · width` bytes (for gemma-2b 2.4 GB at each position), and is refused beyond the free
  /// memory. Choose `neurons`, or ask for what they have along a direction: `neuronResults(projectedOn:)` never builds them.
  ///
  /// A norm that stands behind the MLP is applied with the run's own divisor, so that the parts still sum; it needs `mlpPostNormScale`. The
  /// output's bias, which is no neuron's, is part of the remainder.
  ///
  /// Needs `mlpPost` of these layers. The remainder needs `residualPost` of the last of them.
  /// - Parameters:
  ///   - layer: From 1 to the number of layers, which nil stands for.
  ///   - neurons: The same ones in every layer, as `100..<200` or `[7, 3012]`; all if nil.
  public func neuronResults(
    upTo layer: Int? = nil, neurons: (any Collection<Int>)? = nil, includingRemainder: Bool = false, normalized: Bool = false
  ) throws(ModelError) -> ResidualStack {
    let reader = try ResidualReader(layer, model.config, from: 1)
    let neurons = try checked(neurons)
    var builder = try StackBuilder(
      self, parts: reader.layer * neurons.count + (includingRemainder ? 1 : 0),
      advice: "a part for every neuron; choose `neurons:`, or ask for `neuronResults(projectedOn:)`, which needs none of it")
    for layer in 0..<reader.layer { try appendNeurons(neurons, of: layer, to: &builder) }
    if includingRemainder { builder.appendRemainder(of: try self[.residualPost(layer: reader.layer - 1)]) }
    return try stack(&builder, for: reader, normalized: normalized)
  }

  /// What each neuron writes along a direction of the residual stream, `[component, position]`; along several, `[width, k]`, it
  /// is `[component, position, k]`. As `stack_neuron_results(project_output_onto:)`.
  ///
  /// The direction is read through the MLP's weights once, `direction · down`, and no neuron's result is built: memory is that of
  /// the answer. With `normalized`, the norm of the reader is applied as everywhere, so that with a direction of
  /// `LanguageModel.logitDirection(of:against:)` these are the neurons' logit attributions.
  ///
  /// Parameters are those of `neuronResults(upTo:neurons:includingRemainder:normalized:)`.
  public func neuronResults(
    upTo layer: Int? = nil, neurons: (any Collection<Int>)? = nil, includingRemainder: Bool = false, normalized: Bool = false,
    projectedOn direction: Tensor
  ) throws(ModelError) -> LabelledTensor {
    let reader = try ResidualReader(layer, model.config, from: 1)
    let neurons = try checked(neurons)
    var directions = try Directions(direction, width: model.config.width)
    if normalized, let norm = model.weights.norm(reader.norm) { directions.rows = norm.read(directions.rows) }
    var builder = try StackBuilder(
      self, parts: reader.layer * neurons.count + (includingRemainder ? 1 : 0), width: directions.count,
      advice: "a number for every neuron and direction")
    for layer in 0..<reader.layer {
      let post = model.weights.layers[layer].mlpPostNorm
      let read = (post?.read(directions.rows) ?? directions.rows).projectedBack(by: model.weights.layers[layer].down.weight)
      try append(neurons, of: layer, through: WeightMatrix(read), to: &builder)
    }
    if includingRemainder {
      builder.appendRemainder(of: try self[.residualPost(layer: reader.layer - 1)].along(directions))
    }
    var values = builder.values
    if normalized { try apply(reader.norm, to: &values, factors: Tensor(repeating: 1, shape: [directions.count])) }
    return LabelledTensor(
      labels: builder.labels, values: directions.shaped(values, leading: Array(values.shape.prefix(2))))
  }

  /// Adds the results of a layer's neurons.
  func appendNeurons(_ neurons: [Int], of layer: Int, to builder: inout StackBuilder) throws(ModelError) {
    let down = model.weights.layers[layer].down.weight
    guard let post = model.weights.layers[layer].mlpPostNorm else {
      return try append(neurons, of: layer, through: down, to: &builder)
    }
    // Each neuron's column, as the norm's result moves with it.
    let columns = post.centers ? down.tensor.transposed().centeredRows() : down.tensor.transposed()
    try append(neurons, of: layer, through: WeightMatrix(columns.scaledColumns(by: post.factors).transposed()), to: &builder)
  }

  /// Adds each neuron's activations times its column of a matrix `[width, neuron]`, of which no more than a block is copied.
  private func append(
    _ neurons: [Int], of layer: Int, through matrix: WeightMatrix, to builder: inout StackBuilder
  ) throws(ModelError) {
    var neuronActivations = try self[.mlpPost(layer: layer)]
    if model.config.normsOutputs {
      neuronActivations = neuronActivations.dividedRows(by: try self[.mlpPostNormScale(layer: layer)])
    }
    let activations = WeightMatrix(neuronActivations)
    for block in blocks(of: neurons) {
      builder.append(
        block.map { "L\(layer)N\($0)" }, activations: activations.columns(block).tensor,
        weights: matrix.columns(block).tensor.transposed())
    }
  }

  /// Numbers in ascending runs, in their order, of up to 64.
  private func blocks(of neurons: [Int]) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    for neuron in neurons {
      if let last = blocks.last, last.upperBound == neuron, last.count < 64 {
        blocks[blocks.count - 1] = last.lowerBound..<neuron + 1
      } else {
        blocks.append(neuron..<neuron + 1)
      }
    }
    return blocks
  }

  /// The neurons that are asked for; an error for one that the model does not have, or that is named twice.
  private func checked(_ neurons: (any Collection<Int>)?) throws(ModelError) -> [Int] {
    let all = 0..<model.config.mlpWidth
    guard let neurons else { return Array(all) }
    let chosen = Array(neurons)
    if let bad = chosen.first(where: { !all.contains($0) }) {
      throw .badRequest("There is no neuron \(bad): each layer has \(all.count), numbered from 0 to \(all.count - 1).")
    }
    guard !chosen.isEmpty else { throw .badRequest("No neuron is asked for. Leave `neurons` out for all of them.") }
    guard Set(chosen).count == chosen.count else { throw .badRequest("A neuron is asked for twice; name each once.") }
    return chosen
  }
}
