import Tensors

/// All weights of a model as one vector: where each lies in it.
///
/// An optimizer treats weights, gradients and moments alike, number by number, whatever they belong to.
package struct ParameterLayout: Sendable {
  package let configuration: ModelConfiguration
  /// All weights, in the order in which their numbers lie.
  package let names: [WeightName]
  package let count: Int
  private let ranges: [WeightName: Range<Int>]

  package init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    names = WeightName.all(configuration)
    var (ranges, next): ([WeightName: Range<Int>], Int) = ([:], 0)
    for name in names {
      let count = name.shape(configuration).reduce(1, *)
      ranges[name] = next..<next + count
      next += count
    }
    (self.ranges, count) = (ranges, next)
  }

  /// Where a weight's numbers lie; empty for a weight that the model does not have.
  package func range(_ name: WeightName) -> Range<Int> { ranges[name] ?? 0..<0 }

  /// The part of a vector that belongs to a weight, in its shape. No number is copied.
  package func part(of values: Tensor, _ name: WeightName) -> Tensor {
    values[range(name)].reshaped(name.shape(configuration))
  }
}

/// A model's weights in memory, to be changed by training.
package struct Parameters: Sendable {
  package let layout: ParameterLayout
  package var values: Tensor

  package init(_ layout: ParameterLayout, _ values: Tensor) { (self.layout, self.values) = (layout, values) }

  /// A copy of a model's weights in fp32.
  package init(of model: LanguageModel) {
    layout = ParameterLayout(model.config)
    values = Tensor.joined(layout.names.map { model.atHome.weights.tensor($0).reshaped([-1]) })
  }
}

extension Parameters: WeightSource {
  package func matrix(_ name: WeightName, shape: [Int]) -> WeightMatrix { WeightMatrix(layout.part(of: values, name)) }

  package func vector(_ name: WeightName, count: Int) -> Tensor { layout.part(of: values, name) }
}
