import Tensors

/// All weights of a model as one vector: where each lies in it.
///
/// An optimizer treats weights, gradients and moments alike, number by number, whatever they belong to.
struct ParameterLayout: Sendable {
  let configuration: GemmaConfiguration
  /// In the order in which they lie.
  let places: [WeightPlace]
  let count: Int
  private let ranges: [WeightPlace: Range<Int>]

  init(_ configuration: GemmaConfiguration) {
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

  func range(_ place: WeightPlace) -> Range<Int> {
    guard let range = ranges[place] else { fatalError("The model has no weight \(place.checkpointName).") }
    return range
  }

  /// The part of a vector that belongs to a weight, in its shape. No number is copied.
  func part(of values: Tensor, _ place: WeightPlace) -> Tensor {
    values[range(place)].reshaped(place.shape(configuration))
  }
}

/// A model's weights in memory, to be changed by training.
struct Parameters: Sendable {
  let layout: ParameterLayout
  var values: Tensor

  init(_ layout: ParameterLayout, _ values: Tensor) { (self.layout, self.values) = (layout, values) }

  /// A copy of a model's weights in fp32.
  init(of model: GemmaModel) {
    layout = ParameterLayout(model.config)
    values = Tensor.joined(layout.places.map { model.weights.tensor($0).reshaped([-1]) })
  }
}

extension Parameters: WeightSource {
  func matrix(_ name: String, shape: [Int]) throws(GemmaError) -> WeightMatrix { WeightMatrix(try part(name, shape)) }

  func vector(_ name: String, count: Int) throws(GemmaError) -> Tensor { try part(name, [count]) }

  private func part(_ name: String, _ shape: [Int]) throws(GemmaError) -> Tensor {
    guard let place = layout.places.first(where: { $0.checkpointName == name }) else {
      throw .badWeights(file: "memory", tensor: name, problem: "is missing")
    }
    return layout.part(of: values, place)
  }
}
