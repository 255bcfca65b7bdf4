import Transformer

extension DoubleTwin {
  /// A twin of given weights, in the shapes of `WeightName`.
  package init(_ config: ModelConfiguration, _ weights: [WeightName: [Double]]) {
    func vector(_ name: WeightName) -> [Double] { weights[name] ?? [] }
    func matrix(_ name: WeightName) -> TwinMatrix {
      let shape = name.shape(config)
      return TwinMatrix(rows: shape[0], columns: shape[1], elements: vector(name))
    }
    self.config = config
    embedding = matrix(.embedding)
    finalNorm = vector(.finalNorm)
    layers = (0..<config.layers).map { layer in
      Layer(
        inputNorm: vector(.layer(layer, .attentionNorm)), postAttentionNorm: vector(.layer(layer, .mlpNorm)),
        query: matrix(.layer(layer, .query)),
        key: matrix(.layer(layer, .key)), value: matrix(.layer(layer, .value)), output: matrix(.layer(layer, .output)),
        gate: matrix(.layer(layer, .gate)),
        up: matrix(.layer(layer, .up)), down: matrix(.layer(layer, .down)))
    }
  }
}
