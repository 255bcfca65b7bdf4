import Tensors

/// All weights of a model as one vector: where each lies in it.
///
/// An optimizer treats weights, gradients and moments alike, number by number, whatever they belong to.
package struct ParameterLayout: Sendable {
  package let configuration: GemmaConfiguration
  /// In the order in which they lie.
  package let places: [WeightPlace]
  package let count: Int
  private let ranges: [WeightPlace: Range<Int>]

  package init(_ configuration: GemmaConfiguration) {
    self.configuration = configuration
    places = WeightPlace.all(configuration)
    var (ranges, next): ([WeightPlace: Range<Int>], Int) = ([:], 0)
    for place in places {
      let count = place.shape(configuration).reduce(1, *)
      ranges[place] = next..<next + count
      next += count
    }
    (self.ranges, count) = (ranges, next)
  }

  package func range(_ place: WeightPlace) -> Range<Int> {
    guard let range = ranges[place] else { fatalError("The model has no weight \(place.checkpointName).") }
    return range
  }

  /// The part of a vector that belongs to a weight, in its shape. No number is copied.
  package func part(of values: Tensor, _ place: WeightPlace) -> Tensor {
    values[range(place)].reshaped(place.shape(configuration))
  }
}

/// A model's weights in memory, to be changed by training.
package struct Parameters: Sendable {
  package let layout: ParameterLayout
  package var values: Tensor

  package init(_ layout: ParameterLayout, _ values: Tensor) { (self.layout, self.values) = (layout, values) }

  /// A copy of a model's weights in fp32.
  package init(of model: GemmaModel) {
    layout = ParameterLayout(model.config)
    values = Tensor.joined(layout.places.map { model.weights.tensor($0).reshaped([-1]) })
  }
}

extension Parameters: WeightSource {
  package func matrix(_ name: String, shape: [Int]) throws(GemmaError) -> WeightMatrix { WeightMatrix(try part(name, shape)) }

  package func vector(_ name: String, count: Int) throws(GemmaError) -> Tensor { try part(name, [count]) }

  private func part(_ name: String, _ shape: [Int]) throws(GemmaError) -> Tensor {
    guard let place = layout.places.first(where: { $0.checkpointName == name }) else {
      throw .badWeights(file: "memory", tensor: name, problem: "is missing")
    }
    return layout.part(of: values, place)
  }
}
