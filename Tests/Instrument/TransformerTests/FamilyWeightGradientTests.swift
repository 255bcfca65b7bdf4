import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// The gradients of weights, biases and norms of each way in which families differ, against central differences of the twin in Double.
@Suite struct FamilyWeightGradientTests {
  /// Targets at the end, in the middle, and everywhere; weights that differ.
  static let examples = Result {
    try [
      TrainingExample([2, 5, 9, 31, 17, 8, 22], targets: 3..<6),
      TrainingExample([2, 8, 8, 30, 5], targets: [1, 3], weight: 2.5),
      TrainingExample([2, 39, 5, 6, 7, 8, 9], weight: 0.5),
    ]
  }

  @Test(arguments: ModelVariant.all)
  func theGradientOfEveryWeightIsThatOfCentralDifferencesInDouble(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 51).model()
    let examples = try Self.examples.get()
    let (loss, gradient) = try LossGradient(model)(examples)
    let twin = TwinLoss(model, examples)
    #expect(abs(loss - twin()) <= 1e-6 * twin())
    let layout = ParameterLayout(model.config)
    #expect(layout.names == WeightName.all(model.config))
    var random = SeededGenerator(seed: 52)
    for name in layout.names {
      let numbers = layout.part(of: gradient, name).elements
      let largest = numbers.indices.sorted { abs(numbers[$0]) > abs(numbers[$1]) }.prefix(3)
      let indices = Set(largest + (0..<3).map { _ in Int.random(in: numbers.indices, using: &random) }).sorted()
      let expected = indices.map { index in twin.derivative(name) { $0[index] += $1 } }
      let least = Self.floor(name, gradient, layout)
      #expect(relativeError(indices.map { numbers[$0] }, expected, atLeast: least) < 1e-5, "\(name)")
      // All of its numbers at once, each moved up or down.
      let signs = numbers.map { _ in Bool.random(using: &random) ? 1.0 : -1.0 }
      let along = zip(numbers, signs).reduce(0) { $0 + Double($1.0) * $1.1 }
      let difference = twin.derivative(name) { weights, step in for i in signs.indices { weights[i] += signs[i] * step } }
      let length = max(least, Self.length(numbers))
      #expect(abs(along - difference) <= 2e-5 * length, "\(name)")
      // What a query sees alone needs no score.
      let seesOne = [LayerWeight.query, .key].contains { name == .layer(0, $0) } && model.config.windows[0] == 1
      #expect(seesOne == (length == 0), "\(name)")
    }
  }

  private static func length(_ numbers: [Float]) -> Double {
    numbers.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// What errors are measured by where the terms of a gradient cancel. A bias of keys that are not turned adds the same to all of a query's
  /// scores, which changes no pattern: its gradient is 0, out of terms of the size of the query bias's.
  private static func floor(_ name: WeightName, _ gradient: Tensor, _ layout: ParameterLayout) -> Double {
    guard case .layer(let layer, .keyBias) = name else { return 0 }
    return length(layout.part(of: gradient, .layer(layer, .queryBias)).elements)
  }
}
