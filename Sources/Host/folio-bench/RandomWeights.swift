import BackendConformance
import Checkpoints
import Tensors
import Transformer

/// Random weights of gemma-2b's shape in memory, in bf16: for speed and memory, where the numbers do not matter. All of them are parts of one
/// gigabyte, so that they are made in a moment; a device gets a copy of each.
struct RandomWeights: WeightSource {
  let configuration: ModelConfiguration
  private let numbers: RepeatedNumbers
  private let count: Int
  private let index: [WeightName: Int]

  init(layers: Int) throws {
    let configuration = try ModelConfiguration(
      layers: layers, width: 2048, heads: 8, headWidth: 256, mlpWidth: 16384, vocabulary: 256_000)
    let names = WeightName.all(configuration)
    self.configuration = configuration
    count = names.map { $0.shape(configuration).reduce(1, *) }.max() ?? 0
    numbers = RepeatedNumbers(count: count, seed: 2)
    index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  }

  func model() throws -> LanguageModel {
    try LanguageModel(configuration, nil, self, origin: "random weights of gemma-2b's shape")
  }

  func matrix(_ name: WeightName, shape: [Int]) -> WeightMatrix {
    // Weights that are read one after the other lie far from each other.
    numbers.matrix(shape, from: (index[name] ?? 0) * 79_190_017 % (count - shape[0] * shape[1] + 1))
  }

  /// The factors of norms differ from 1 by this.
  func vector(_ name: WeightName, count: Int) -> Tensor {
    numbers.matrix([1, count], from: index[name] ?? 0).tensor.reshaped([count])
  }
}
