import Attribution
import Lenses
import ModelFixture
import Tensors
import Testing
import Transformer

/// Matrices in Double, written out.
struct Dense {
  let rows: Int
  let columns: Int
  var numbers: [Double]

  init(_ rows: Int, _ columns: Int, _ number: (Int, Int) -> Double) {
    (self.rows, self.columns) = (rows, columns)
    numbers = (0..<rows * columns).map { number($0 / columns, $0 % columns) }
  }

  subscript(row: Int, column: Int) -> Double { numbers[row * columns + column] }

  static func * (a: Dense, b: Dense) -> Dense {
    Dense(a.rows, b.columns) { row, column in (0..<a.columns).reduce(0) { $0 + a[row, $1] * b[$1, column] } }
  }

  var transposed: Dense { Dense(columns, rows) { self[$1, $0] } }
  var norm: Double { numbers.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  var trace: Double { (0..<rows).reduce(0) { $0 + self[$1, $1] } }
}

/// The circuits of heads of a random model, written out in Double from its weights `[out, in]`.
struct CircuitTwin {
  let random: RandomTransformer
  let folds: Bool

  private var config: ModelConfiguration { random.config }

  private func matrix(_ name: WeightName) -> Dense {
    let tensor = random.weights[name] ?? Tensor([])
    let columns = tensor.shape.last ?? 0
    let numbers = tensor.elements.map(Double.init)
    return Dense(numbers.count / columns, columns) { numbers[$0 * columns + $1] }
  }

  /// What the norm of a point multiplies by.
  private func factors(_ name: WeightName) -> [Double] {
    var offset = 0.0
    if case .rootMeanSquare(let added) = config.norm { offset = Double(added) }
    return matrix(name).numbers.map { $0 + offset }
  }

  private var centers: Bool { config.norm == .layer }

  /// C = I - 1/d, which takes means.
  private var centering: Dense {
    let width = config.width
    return Dense(width, width) { ($0 == $1 ? 1 : 0) - (centers ? 1 / Double(width) : 0) }
  }

  private func diagonal(_ numbers: [Double]) -> Dense { Dense(numbers.count, numbers.count) { $0 == $1 ? numbers[$0] : 0 } }

  /// `[width, c]`: what a head reads for queries, keys or values.
  func reads(_ weight: LayerWeight, _ layer: Int, _ head: Int) -> Dense {
    let (whole, width) = (matrix(.layer(layer, weight)), config.headWidth)
    let own = weight == .query ? head : head / config.headsPerKeyValueHead
    let part = Dense(config.width, width) { whole[own * width + $1, $0] }
    guard folds else { return part }
    let read = centering * diagonal(factors(.layer(layer, .attentionNorm))) * part
    guard config.attention.normsQueriesAndKeys, weight != .value else { return read }
    return read * diagonal(factors(.layer(layer, weight == .query ? .queryNorm : .keyNorm)))
  }

  /// `[c, width]`
  func writes(_ layer: Int, _ head: Int) -> Dense {
    let (whole, width) = (matrix(.layer(layer, .output)), config.headWidth)
    let part = Dense(width, config.width) { whole[$1, head * width + $0] }
    guard folds else { return part }
    let centred = part * centering
    return config.normsOutputs ? centred * diagonal(factors(.layer(layer, .attentionPostNorm))) : centred
  }

  func ov(_ layer: Int, _ head: Int) -> Dense { reads(.value, layer, head) * writes(layer, head) }

  func qk(_ layer: Int, _ head: Int) -> Dense { reads(.query, layer, head) * reads(.key, layer, head).transposed }

  /// `[vocabulary, width]`
  var embedding: Dense { matrix(.embedding) }

  /// `[width, vocabulary]`
  var unembedding: Dense {
    let whole = matrix(config.tiesUnembedding ? .embedding : .unembedding).transposed
    guard folds else { return whole }
    let read = centering * diagonal(factors(.finalNorm)) * whole
    let means = (0..<read.rows).map { row in (0..<read.columns).reduce(0) { $0 + read[row, $1] } / Double(read.columns) }
    return Dense(read.rows, read.columns) { read[$0, $1] - means[$0] }
  }
}

@Suite struct HeadCircuitTests {
  static let variants = ModelVariant.families + [ModelVariant("a wide stream") { ($0.width, $0.headWidth) = (24, 4) }]

  @Test(arguments: variants, [true, false])
  func compositionIsTheNormOfTheProductOverTheNorms(_ variant: ModelVariant, folds: Bool) throws {
    let random = try variant.random(seed: 31)
    let (model, twin) = (try random.model(), CircuitTwin(random: random, folds: folds))
    for mode in CompositionMode.allCases {
      let scores = try model.compositionScores(mode, foldingNorms: folds, draws: 1)
      for (sender, receiver) in [(0, 0), (1, 3), (3, 2)] {
        let writer = twin.ov(0, sender)
        let reader =
          switch mode {
          case .query: twin.qk(1, receiver)
          case .key: twin.qk(1, receiver).transposed
          case .value: twin.ov(1, receiver)
          }
        let expected = (writer * reader).norm / (writer.norm * reader.norm)
        let score = try scores["L0H\(sender)", "L1H\(receiver)"]
        #expect(abs(score - expected) < 1e-5, "\(mode) of \(sender) and \(receiver)")
      }
      // No head reads what one of its own layer, or a later one, writes.
      #expect(try scores["L1H0", "L0H0"] == 0)
      #expect(try scores["L1H0", "L1H1"] == 0)
    }
  }

  @Test func theStrongestPairsComeFirstAndRandomHeadsStandBesideThem() throws {
    let model = try ModelVariant.families[0].random(seed: 31, layers: 3).model()
    let scores = try model.compositionScores(.key, seed: 4)
    let best = scores.strongest(5)
    #expect(best.count == 5)
    #expect(Float(best[0].value) == scores.values.max())
    #expect(zip(best, best.dropFirst()).allSatisfy { $0.value >= $1.value })
    #expect(best.allSatisfy { $0.sender.layer < $0.receiver.layer })
    #expect(try scores[best[0].sender, best[0].receiver] == best[0].value)
    #expect(scores.strongest(1000).count == 4 * 4 * 3)
    #expect(scores.random.count == 20 && scores.random.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(try model.compositionScores(.key, seed: 4).random == scores.random)
    #expect(try model.compositionScores(.key, seed: 5).random != scores.random)
    #expect(throws: AttributionError.self) { try scores["L3H0", "L1H0"] }
    #expect(throws: AttributionError.self) { try scores["L0H0", "L1H4"] }
    #expect(throws: LensError.self) { try model.compositionScores(.key, draws: 0) }
  }

  @Test(arguments: variants, [true, false])
  func copyingScoresAreThoseOfTheEigenvaluesOfTheWholeCircuit(_ variant: ModelVariant, folds: Bool) throws {
    let random = try variant.random(seed: 33)
    let (model, twin) = (try random.model(), CircuitTwin(random: random, folds: folds))
    let scores = try model.copyingScores(foldingNorms: folds)
    let (embedding, unembedding) = (twin.embedding, twin.unembedding)
    for (layer, head) in [(0, 1), (1, 2)] {
      let whole = embedding * twin.ov(layer, head) * unembedding
      let real = scores.real.select(layer).select(head).elements.map(Double.init)
      let imaginary = scores.imaginary.select(layer).select(head).elements.map(Double.init)
      // The sums of the first three powers of the eigenvalues are the traces of the matrix's powers: so they are its eigenvalues.
      var (power, parts) = (whole, zip(real, imaginary).map { ($0, $1) })
      for exponent in 1...3 {
        let sum = parts.reduce(0) { $0 + $1.0 }
        let size = parts.reduce(0) { $0 + ($1.0 * $1.0 + $1.1 * $1.1).squareRoot() }
        #expect(abs(sum - power.trace) < 1e-4 * size, "power \(exponent) of L\(layer)H\(head)")
        if exponent == 1 { #expect(abs(Double(scores.values[layer, head]) - sum / size) < 1e-5) }
        power = power * whole
        parts = zip(parts, zip(real, imaginary)).map { ($0.0 * $1.0 - $0.1 * $1.1, $0.0 * $1.1 + $0.1 * $1.0) }
      }
    }
  }

  @Test func aHeadThatCopiesHasAScoreNearOneAndOneThatTakesAwayNearMinusOne() throws {
    // W_V W_O = ±1 on the first six directions, in a model whose unembedding is its embedding.
    let random = try ModelVariant("copying") { ($0.keyValueHeads, $0.heads) = (2, 2) }.random(seed: 5, layers: 1)
    let (width, inner) = (12, 6)
    var (value, output) = (Tensor(repeating: 0, shape: [2 * inner, width]), Tensor(repeating: 0, shape: [width, 2 * inner]))
    for index in 0..<inner {
      (value[index, index], output[index, index]) = (1, 1)
      (value[inner + index, index], output[index, inner + index]) = (1, -1)
    }
    let layout = ParameterLayout(random.config)
    let weights = random.weights.merging([.layer(0, .value): value, .layer(0, .output): output]) { $1 }
    let values = Tensor.joined(layout.names.compactMap { weights[$0]?.reshaped([-1]) })
    let model = try LanguageModel(random.config, nil, Parameters(layout, values), origin: "a model with a head that copies")
    let scores = try model.copyingScores(foldingNorms: false)
    #expect(scores.values[0, 0] > 0.999)
    #expect(scores.values[0, 1] < -0.999)
    #expect(scores.strongest(1)[0].head == HeadReference(layer: 0, head: 0))
  }

  @Test(arguments: variants, [true, false])
  func singularVectorsMakeUpTheCircuitAndTokensLieAlongThem(_ variant: ModelVariant, folds: Bool) throws {
    let random = try variant.random(seed: 35)
    let (model, twin) = (try random.model(), CircuitTwin(random: random, folds: folds))
    let (width, count) = (model.config.width, min(model.config.headWidth, model.config.width))
    for kind in HeadCircuitKind.allCases {
      let vectors = try model.singularVectors(of: "L1H3", kind, count: count, top: 3, foldingNorms: folds)
      let whole = kind == .valueOutput ? twin.ov(1, 3) : twin.qk(1, 3)
      let sum = Dense(width, width) { row, column in
        vectors.terms.reduce(0) {
          $0 + $1.value * Double($1.reads.direction[row]) * Double($1.writes.direction[column])
        }
      }
      #expect(Dense(width, width) { sum[$0, $1] - whole[$0, $1] }.norm < 1e-5 * whole.norm)
      #expect(abs(vectors.terms.reduce(0) { $0 + $1.share } - 1) < 1e-6)
      #expect(zip(vectors.terms, vectors.terms.dropFirst()).allSatisfy { $0.value >= $1.value })
      for term in vectors.terms.prefix(2) {
        let embedded = twin.embedding
        let scale = Double(model.config.embeddingScale)
        let reads = (0..<40).map { token in
          (0..<width).reduce(0) { $0 + scale * embedded[token, $1] * Double(term.reads.direction[$1]) }
        }
        expect(term.reads, has: reads)
        let unembedding = twin.unembedding
        let writes = (0..<40).map { token in
          (0..<width).reduce(0) {
            $0 + (kind == .valueOutput ? unembedding[$1, token] : scale * embedded[token, $1]) * Double(term.writes.direction[$1])
          }
        }
        expect(term.writes, has: writes)
      }
    }
  }

  private func expect(_ side: HeadSingularVectors.Side, has scores: [Double]) {
    let largest = scores.map(abs).max() ?? 0
    let order = scores.sorted(by: >)
    for (token, expected) in zip(side.positive, order) {
      #expect(abs(token.weight - expected) < 1e-5 * largest)
      #expect(abs(scores[token.token] - expected) < 1e-5 * largest)
    }
    for (token, expected) in zip(side.negative, order.reversed()) {
      #expect(abs(token.weight - expected) < 1e-5 * largest)
      #expect(abs(scores[token.token] - expected) < 1e-5 * largest)
    }
  }

  @Test func whatIsNoHeadAndNoCountIsAnError() throws {
    let model = try ModelVariant.families[0].random(seed: 35).model()
    #expect(throws: AttributionError.self) { try model.singularVectors(of: "L2H0", .queryKey) }
    #expect(throws: AttributionError.self) { try model.singularVectors(of: "head", .queryKey) }
    #expect(throws: LensError.badCount(what: "singular vectors", count: 7, range: 1...6)) {
      try model.singularVectors(of: "L0H0", .queryKey, count: 7)
    }
    #expect(throws: LensError.self) { try model.singularVectors(of: "L0H0", .queryKey, count: 0) }
    #expect(throws: LensError.self) { try model.singularVectors(of: "L0H0", .queryKey, top: 41) }
  }
}
