import Gemma

extension DoubleTwin {
  /// A twin of given weights, in the shapes of `WeightPlace`.
  package init(_ config: GemmaConfiguration, _ weights: [WeightPlace: [Double]]) {
    func vector(_ name: WeightPlace.Name, _ layer: Int? = nil) -> [Double] { weights[WeightPlace(name, layer)] ?? [] }
    func matrix(_ name: WeightPlace.Name, _ layer: Int? = nil) -> TwinMatrix {
      let shape = WeightPlace(name, layer).shape(config)
      return TwinMatrix(rows: shape[0], columns: shape[1], elements: vector(name, layer))
    }
    self.config = config
    embedding = matrix(.embedding)
    finalNorm = vector(.finalNorm)
    layers = (0..<config.layers).map { layer in
      Layer(
        inputNorm: vector(.inputNorm, layer), postAttentionNorm: vector(.mlpNorm, layer), query: matrix(.query, layer),
        key: matrix(.key, layer), value: matrix(.value, layer), output: matrix(.output, layer), gate: matrix(.gate, layer),
        up: matrix(.up, layer), down: matrix(.down, layer))
    }
  }
}
