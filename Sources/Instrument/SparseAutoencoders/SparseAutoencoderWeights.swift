import Checkpoints
import Foundation
import Tensors

/// Where the weights of a sparse autoencoder come from, by SAELens's names: a file, or tensors in memory.
protocol SparseAutoencoderSource {
  /// What is there.
  var names: Set<String> { get }
  /// The lengths of a tensor's axes; nil if there is none.
  func shape(_ name: String) -> [Int]?
  /// A matrix, used where it lies if that is possible.
  func matrix(_ name: String) throws -> WeightMatrix
  /// The numbers of a tensor in fp32.
  func tensor(_ name: String) throws -> Tensor
}

/// Tensors in memory.
struct TensorSource: SparseAutoencoderSource {
  private let tensors: [String: Tensor]

  init(_ tensors: [String: Tensor]) { self.tensors = tensors.mapValues { $0.home().ownedAlone() } }

  var names: Set<String> { Set(tensors.keys) }
  func shape(_ name: String) -> [Int]? { tensors[name]?.shape }
  func matrix(_ name: String) -> WeightMatrix { WeightMatrix(tensor(name)) }
  func tensor(_ name: String) -> Tensor { tensors[name] ?? Tensor([]) }
}

/// The numbers of a sparse autoencoder, checked against its configuration: every tensor that is there is used.
struct SparseAutoencoderWeights: Sendable {
  /// `W_enc` with a row for each feature, `[d_sae, d_in]`.
  let encoder: PlacedMatrix
  /// `b_enc`, or the bias of the gates, `[d_sae]`.
  let encoderBias: Tensor
  /// `W_dec`, `[d_sae, d_out]`.
  let decoder: PlacedMatrix
  /// `b_dec`, `[d_out]`.
  let decoderBias: Tensor
  /// Of JumpReLU, `[d_sae]`.
  let threshold: Tensor?
  /// Of a gated one: `exp(r_mag)`, and the magnitudes' biases, `[d_sae]`.
  let magnitude: (factor: Tensor, bias: Tensor)?
  /// `W_skip`, `[d_out, d_in]`.
  let skip: PlacedMatrix?
  /// The length of each feature's row of the decoder, `[d_sae]`, if features count by it.
  let decoderNorms: Tensor?
  /// What makes features of products.
  let activation: SparseAutoencoderConfiguration.Activation
  /// `finetuning_scaling_factor`: by what each feature is multiplied before it is decoded, `[d_sae]`.
  let decodingFactors: Tensor?

  init(_ source: some SparseAutoencoderSource, _ configuration: SparseAutoencoderConfiguration, hasSkip: Bool = false)
    throws(SparseAutoencoderError)
  {
    let (width, features, out) = (configuration.inputWidth, configuration.featureCount, configuration.outputWidth)
    var unused = source.names
    func shaped<Value>(_ name: String, _ shape: [Int], _ read: (String) throws -> Value) throws(SparseAutoencoderError) -> Value {
      unused.remove(name)
      guard let found = source.shape(name) else {
        throw .badWeights(name: name, problem: "is missing; a \(configuration.activation) autoencoder has it")
      }
      guard found == shape else { throw .badWeights(name: name, problem: "has the shape \(found), and \(shape) is needed") }
      do { return try read(name) } catch { throw .badWeights(name: name, problem: "cannot be read: \(error)") }
    }
    func matrix(_ name: String, _ shape: [Int]) throws(SparseAutoencoderError) -> WeightMatrix {
      let matrix = try shaped(name, shape, source.matrix)
      guard matrix.isFinite else { throw .badWeights(name: name, problem: "holds numbers that are not finite") }
      return matrix
    }
    func vector(_ name: String, _ count: Int) throws(SparseAutoencoderError) -> Tensor {
      let vector = try shaped(name, [count], source.tensor)
      guard vector.isFinite else { throw .badWeights(name: name, problem: "holds numbers that are not finite") }
      return vector
    }
    activation = configuration.activation
    encoder = PlacedMatrix(try matrix("W_enc", [width, features]).transposed)
    decoder = PlacedMatrix(try matrix("W_dec", [features, out]))
    decoderBias = try vector("b_dec", out)
    if configuration.activation == .gated {
      encoderBias = try vector("b_gate", features)
      let (shift, bias) = (try vector("r_mag", features), try vector("b_mag", features))
      magnitude = (shift.map(exponential), bias)
    } else {
      encoderBias = try vector("b_enc", features)
      magnitude = nil
    }
    threshold = configuration.activation == .jumpReLU ? try vector("threshold", features) : nil
    skip = hasSkip ? PlacedMatrix(try matrix("W_skip", [out, width])) : nil
    decoderNorms = configuration.rescalesByDecoderNorm ? rowNorms(decoder.home) : nil
    let factors = source.names.contains("finetuning_scaling_factor")
    decodingFactors = factors ? try vector("finetuning_scaling_factor", features) : nil
    if let stranger = unused.sorted().first {
      throw .badWeights(
        name: stranger, problem: "is no part of a \(configuration.activation) autoencoder as its settings describe it")
    }
  }
}

/// e to the power of a number, rounded once.
private func exponential(_ x: Float) -> Float { Float(exp(Double(x))) }

/// The length of each row.
private func rowNorms(_ matrix: WeightMatrix) -> Tensor {
  var norms = [Float](repeating: 0, count: matrix.rows)
  norms.withUnsafeMutableBufferPointer { norms in
    nonisolated(unsafe) let norms = norms
    Parallel.overRows(matrix.rows, width: matrix.columns) { rows in
      for row in rows {
        matrix.gathered([row]).withUnsafeElements { numbers in
          norms[row] = Float(numbers.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
        }
      }
    }
  }
  return Tensor(norms)
}
