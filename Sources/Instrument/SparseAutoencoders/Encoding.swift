import Checkpoints
import Tensors
import Transformer

extension SparseAutoencoder {
  /// The features of an activation at each of its positions.
  ///
  /// - Parameter activation: `[position, d_in]`, or `[position, head, width]` of what has heads, as a cache holds it.
  /// - Returns: `[position, d_sae]`, of which most numbers are 0.
  /// - Throws: `wrongWidth`.
  public func encode(_ activation: Tensor) throws(SparseAutoencoderError) -> Tensor {
    let x = try flat(activation)
    return encoded(x, RowScaling(x, configuration), on: activation.backend)
  }

  /// What features stand for: `f W_dec + b_dec`, scaled back as the activation was scaled.
  ///
  /// - Parameters:
  ///   - features: `[position, d_sae]`, as `encode` gives them, or changed.
  ///   - activation: what was encoded. Needed by those that scale each activation by its own length, or have a skip connection.
  /// - Returns: in the shape of the activation, or `[position, d_out]` without one or of a transcoder.
  /// - Throws: `wrongWidth`, `needsActivation`.
  public func decode(_ features: Tensor, of activation: Tensor? = nil) throws(SparseAutoencoderError) -> Tensor {
    guard features.rank == 2, features.shape[1] == featureCount else {
      throw .wrongWidth(what: "Features", expected: featureCount, found: features.shape)
    }
    guard let activation else {
      if weights.skip != nil { throw .needsActivation(reason: "This transcoder has a skip connection from what it reads.") }
      guard configuration.normalization == .none, !configuration.centersInput else {
        throw .needsActivation(reason: "This dictionary scales each activation by its own length, and back.")
      }
      return RowScaling(Tensor(repeating: 0, shape: [features.shape[0], configuration.inputWidth]), configuration)
        .undone(decoded(features.home()))
    }
    let x = try flat(activation)
    guard x.shape[0] == features.shape[0] else {
      throw .wrongWidth(what: "Activations", expected: configuration.inputWidth, found: activation.shape)
    }
    let result = finished(decoded(features.home()), x, RowScaling(x, configuration))
    return configuration.target == nil ? result.reshaped(activation.shape) : result
  }

  /// What the dictionary makes of an activation: `decode(encode(x), of: x)`.
  /// - Throws: `wrongWidth`.
  public func reconstruct(_ activation: Tensor) throws(SparseAutoencoderError) -> Tensor {
    try decode(encode(activation), of: activation)
  }

  /// An activation as rows, `[position, d_in]`.
  package func flat(_ activation: Tensor) throws(SparseAutoencoderError) -> Tensor {
    let joined = configuration.joinsHeads && activation.rank == 3
    guard joined || activation.rank == 2, activation.shape.dropFirst().reduce(1, *) == configuration.inputWidth else {
      throw .wrongWidth(what: "Activations", expected: configuration.inputWidth, found: activation.shape)
    }
    let rows = activation.home().reshaped([activation.shape[0], configuration.inputWidth])
    // Whoever takes the largest features would take none of what is not a number, and say nothing.
    guard rows.isFinite else { throw .badRequest("The activations hold numbers that are not finite, which have no features.") }
    return rows
  }

  /// The features of rows. The product with the encoder's weights, nearly all of the work, is computed where a backend computes.
  package func encoded(_ x: Tensor, _ scaling: RowScaling, on backend: any Backend = CPUBackend.shared) -> Tensor {
    var features = read(x, scaling).projected(by: weights.encoder, on: backend)
    activate(&features, weights.activationNumbers)
    return features
  }

  /// Some features of rows, in the given order: `[position, features.count]`. Of what takes the top k, all have to be made.
  package func encoded(
    _ x: Tensor, _ scaling: RowScaling, only chosen: [Int], on backend: any Backend = CPUBackend.shared
  ) -> Tensor {
    if case .topK = configuration.activation {
      let all = encoded(x, scaling, on: backend)
      return Tensor.stackColumns(chosen.map { all.select($0, axis: 1) })
    }
    var features = read(x, scaling).multipliedByTransposed(weights.encoder.gathered(chosen))
    activate(&features, weights.activationNumbers.gathered(chosen))
    return features
  }

  /// What the encoder's weights are multiplied with.
  private func read(_ x: Tensor, _ scaling: RowScaling) -> Tensor {
    var z = scaling.applied(to: x)
    if configuration.subtractsDecoderBias { z.addToRows(-weights.decoderBias) }
    return z
  }

  /// Reconstructions of rows before they are scaled back.
  func decoded(_ features: Tensor) -> Tensor {
    var result = written(features)
    result.addToRows(weights.decoderBias)
    return result
  }

  /// What features write, `f W_dec`.
  func written(_ features: Tensor) -> Tensor {
    let factors = weights.writingFactors
    return SparseRows(features, times: factors).multiplied(by: weights.decoder.home)
  }

  /// A reconstruction as the model reads it.
  func finished(_ reconstruction: Tensor, _ x: Tensor, _ scaling: RowScaling) -> Tensor {
    let result = scaling.undone(reconstruction)
    return weights.skip.map { result + x.projected(by: $0.home) } ?? result
  }

  /// Makes features of the products with the encoder's weights, in place.
  private func activate(_ products: inout Tensor, _ numbers: ActivationNumbers) {
    let (rows, width) = (products.shape[0], products.shape[1])
    products.withUnsafeMutableElements { products in
      nonisolated(unsafe) let products = products
      Parallel.overRows(rows, width: width) { range in
        for row in range {
          numbers.activate(UnsafeMutableBufferPointer(rebasing: products[row * width..<(row + 1) * width]))
        }
      }
    }
  }
}

// MARK: - Back

extension SparseAutoencoder {
  /// The gradient of features, given that of reconstructions as the model reads them, `[position, d_out]`: along what each feature writes.
  func featureGradient(_ output: Tensor, _ scaling: RowScaling, on backend: any Backend) -> Tensor {
    let gradient = scaling.undoneDifference(output).projected(by: weights.decoder, on: backend)
    return weights.writingFactors.map { gradient.scaledColumns(by: $0) } ?? gradient
  }

  /// The gradient of an activation, of which features and a reconstruction were made, `[position, d_in]`.
  ///
  /// - Parameters:
  ///   - output: the gradient of the reconstruction as the model reads it.
  ///   - edited: the features that were reconstructed, of those that were encoded.
  ///   - factors: by how much the former change with the latter, `[d_sae]`.
  ///   - backend: where the large products are computed.
  func gradient(
    _ output: Tensor, through x: Tensor, edited: (Tensor) -> Tensor, factors: Tensor, on backend: any Backend
  ) -> Tensor {
    let scaling = RowScaling(x, configuration)
    let features = encoded(x, scaling, on: backend)
    let z = gradientOfInput(featureGradient(output, scaling, on: backend).scaledColumns(by: factors), features, on: backend)
    guard !scaling.isIdentity else { return z }
    return scaling.gradient(x: x, z: z, output: output, y: decoded(edited(features)), restoresMean: true)
  }

  /// The gradient of an activation to which a change of features was added, without that of the activation itself.
  ///
  /// - Parameters:
  ///   - factors: by how much each feature's change changes with it, `[d_sae]`.
  ///   - change: what was added, as the model reads it.
  ///   - backend: where the large products are computed.
  func gradient(_ output: Tensor, through x: Tensor, factors: Tensor, change: Tensor, on backend: any Backend) -> Tensor {
    let scaling = RowScaling(x, configuration)
    let z = gradientOfInput(
      featureGradient(output, scaling, on: backend).scaledColumns(by: factors), encoded(x, scaling, on: backend), on: backend)
    guard !scaling.isIdentity else { return z }
    return scaling.gradient(x: x, z: z, output: output, y: scaling.beforeUndoing(change), restoresMean: false)
  }

  /// The gradient of what the encoder reads: through the features that are active.
  private func gradientOfInput(_ gradient: Tensor, _ features: Tensor, on backend: any Backend) -> Tensor {
    var gradient = gradient * (features .> 0)
    if let slopes = weights.slopes { gradient = gradient.scaledColumns(by: slopes) }
    return gradient.projectedBack(by: weights.encoder, on: backend)
  }
}

extension SparseAutoencoderWeights {
  /// By what features are multiplied before they are decoded; nil if by nothing.
  var writingFactors: Tensor? {
    if let decoderNorms {
      let inverse = decoderNorms.map { 1 / $0 }
      return decodingFactors.map { $0 * inverse } ?? inverse
    }
    return decodingFactors
  }

  /// What an active feature changes by with its product with the encoder; nil if by as much.
  var slopes: Tensor? { magnitude?.factor ?? decoderNorms }

  /// What makes features of products.
  var activationNumbers: ActivationNumbers {
    ActivationNumbers(
      kind: activation, bias: encoderBias.elements, threshold: threshold?.elements, factor: magnitude?.factor.elements,
      magnitudeBias: magnitude?.bias.elements, norms: decoderNorms?.elements)
  }
}

/// What makes features of one position's products with the encoder's weights.
struct ActivationNumbers: Sendable {
  let kind: SparseAutoencoderConfiguration.Activation
  let bias: [Float]
  let threshold: [Float]?
  let factor: [Float]?
  let magnitudeBias: [Float]?
  let norms: [Float]?

  /// Those of some features.
  func gathered(_ features: [Int]) -> ActivationNumbers {
    func gather(_ numbers: [Float]) -> [Float] { features.map { numbers[$0] } }
    return ActivationNumbers(
      kind: kind, bias: gather(bias), threshold: threshold.map(gather), factor: factor.map(gather),
      magnitudeBias: magnitudeBias.map(gather), norms: norms.map(gather))
  }

  func activate(_ row: UnsafeMutableBufferPointer<Float>) {
    switch kind {
    case .relu:
      bias.withUnsafeBufferPointer { bias in for i in row.indices { row[i] = max(row[i] + bias[i], 0) } }
    case .jumpReLU:
      bias.withUnsafeBufferPointer { bias in
        (threshold ?? []).withUnsafeBufferPointer { threshold in
          for i in row.indices {
            let value = row[i] + bias[i]
            row[i] = value > threshold[i] ? max(value, 0) : 0
          }
        }
      }
    case .gated:
      bias.withUnsafeBufferPointer { bias in
        (factor ?? []).withUnsafeBufferPointer { factor in
          (magnitudeBias ?? []).withUnsafeBufferPointer { magnitudeBias in
            for i in row.indices {
              let magnitude = max(row[i] * factor[i] + magnitudeBias[i], 0)
              row[i] = row[i] + bias[i] > 0 ? magnitude : 0
            }
          }
        }
      }
    case .topK(let k):
      bias.withUnsafeBufferPointer { bias in for i in row.indices { row[i] += bias[i] } }
      scaleByNorms(row)
      keepLargest(k, of: row)
    }
  }

  private func scaleByNorms(_ row: UnsafeMutableBufferPointer<Float>) {
    norms?.withUnsafeBufferPointer { norms in for i in row.indices { row[i] *= norms[i] } }
  }

  /// Sets all to 0 but the k largest of those above 0; of equal ones, those that come first.
  private func keepLargest(_ k: Int, of row: UnsafeMutableBufferPointer<Float>) {
    // The largest so far, the least of them last. Few ever enter: about k · log(count / k).
    var largest: [(value: Float, index: Int)] = []
    largest.reserveCapacity(k + 1)
    for i in row.indices where row[i] > (largest.count == k ? largest[k - 1].value : 0) {
      var (low, high) = (0, largest.count)
      while low < high {
        let middle = (low + high) / 2
        if largest[middle].value >= row[i] { low = middle + 1 } else { high = middle }
      }
      largest.insert((row[i], i), at: low)
      if largest.count > k { largest.removeLast() }
    }
    row.update(repeating: 0)
    for entry in largest { row[entry.index] = entry.value }
  }
}
