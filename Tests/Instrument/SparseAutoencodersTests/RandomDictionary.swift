import Checkpoints
import Foundation
import SparseAutoencoders
import Tensors
import TestSupport
import Testing

/// A dictionary of random numbers, as a folder that SAELens would have saved; and the same once more in Double, plain and slow, as SAELens's
/// formulae say it (checked against SAELens itself by way of the fixtures).
struct RandomDictionary: Sendable, CustomStringConvertible {
  var architecture = "standard"
  var normalization = "none"
  var subtractsDecoderBias = false
  var rescales = false
  var (width, features, out) = (12, 20, 12)
  var k = 5
  var hook = "blocks.0.hook_resid_mid"
  var target: String?
  var head: Int?
  var seed: UInt64 = 1

  var description: String { "\(architecture), \(normalization)\(rescales ? ", rescaled" : "")" }

  /// One of each way to make features, and of each to scale activations.
  static let autoencoders: [RandomDictionary] = [
    RandomDictionary(subtractsDecoderBias: true, seed: 2), RandomDictionary(architecture: "gated", seed: 3),
    RandomDictionary(architecture: "jumprelu", seed: 4), RandomDictionary(architecture: "topk", seed: 5),
    RandomDictionary(architecture: "topk", normalization: "layer_norm", rescales: true, seed: 6),
    RandomDictionary(normalization: "layer_norm", seed: 7), RandomDictionary(normalization: "constant_norm_rescale", seed: 8),
    RandomDictionary(architecture: "jumprelu", normalization: "constant_norm_rescale", subtractsDecoderBias: true, seed: 9),
  ]

  init(
    architecture: String = "standard", normalization: String = "none", subtractsDecoderBias: Bool = false, rescales: Bool = false,
    seed: UInt64 = 1
  ) {
    (self.architecture, self.normalization, self.seed) = (architecture, normalization, seed)
    (self.subtractsDecoderBias, self.rescales) = (subtractsDecoderBias, rescales)
  }

  /// The weights by SAELens's names.
  var weights: [(name: String, tensor: Tensor)] {
    var random = SeededGenerator(seed: seed)
    func tensor(_ shape: [Int], _ deviation: Float, isPositive: Bool = false) -> Tensor {
      Tensor(
        (0..<shape.reduce(1, *)).map { _ in
          let x = (2 * random.unit() - 1) * deviation * Float(3).squareRoot()
          return isPositive ? abs(x) : x
        }, shape: shape)
    }
    var weights = [
      ("W_enc", tensor([width, features], 0.4)), ("W_dec", tensor([features, out], 0.3)), ("b_dec", tensor([out], 0.3)),
    ]
    switch architecture {
    case "gated":
      weights += [("b_gate", tensor([features], 0.3)), ("b_mag", tensor([features], 0.3)), ("r_mag", tensor([features], 0.3))]
    default: weights.append(("b_enc", tensor([features], 0.3)))
    }
    if architecture.hasPrefix("jumprelu") { weights.append(("threshold", tensor([features], 0.5, isPositive: true))) }
    if architecture.hasSuffix("skip_transcoder") { weights.append(("W_skip", tensor([out, width], 0.3))) }
    return weights
  }

  var settings: [String: Any] {
    var metadata: [String: Any] = ["hook_name": hook, "sae_lens_version": "6.54.12"]
    metadata["hook_name_out"] = target
    metadata["hook_head_index"] = head
    var settings: [String: Any] = [
      "d_in": width, "d_sae": features, "dtype": "float32", "device": "cpu", "apply_b_dec_to_input": subtractsDecoderBias,
      "normalize_activations": normalization, "reshape_activations": hook.hasSuffix("hook_z") && head == nil ? "hook_z" : "none",
      "architecture": architecture, "metadata": metadata,
    ]
    if architecture == "topk" { (settings["k"], settings["rescale_acts_by_decoder_norm"]) = (k, rescales) }
    if target != nil { settings["d_out"] = out }
    return settings
  }

  /// The dictionary, read from a folder.
  /// - Parameter change: what is done to the folder's settings and weights before.
  func loaded(
    activationScale: Float? = nil, centersInput: Bool = false,
    _ change: (inout [String: Any], inout [(name: String, tensor: Tensor)]) -> Void = { _, _ in }
  ) throws -> SparseAutoencoder {
    let folder = FileManager.default.temporaryDirectory.appending(path: "folio-dictionary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var (settings, weights) = (settings, weights)
    change(&settings, &weights)
    try JSONSerialization.data(withJSONObject: settings).write(to: folder.appending(path: "cfg.json"))
    var writer = SafetensorsWriter()
    for (name, tensor) in weights { writer.add(name, tensor) }
    try writer.write(to: folder.appending(path: "sae_weights.safetensors"))
    return try SparseAutoencoder.load(folder.path, activationScale: activationScale, centersInput: centersInput)
  }

  /// What is wrong with a changed folder, in words; empty if nothing is.
  func loadingError(
    activationScale: Float? = nil, _ change: (inout [String: Any], inout [(name: String, tensor: Tensor)]) -> Void
  ) -> String {
    do {
      _ = try loaded(activationScale: activationScale, change)
      return ""
    } catch { return "\(error)" }
  }

  var twin: DictionaryTwin { DictionaryTwin(self) }
}

/// A dictionary in Double.
struct DictionaryTwin: Sendable {
  let dictionary: RandomDictionary
  private let weights: [String: [Double]]

  init(_ dictionary: RandomDictionary) {
    self.dictionary = dictionary
    weights = Dictionary(uniqueKeysWithValues: dictionary.weights.map { ($0.name, $0.tensor.elements.map(Double.init)) })
  }

  private func weight(_ name: String) -> [Double] { weights[name] ?? [] }

  /// What is taken away, and by what is multiplied before encoding and after decoding.
  private func scaling(_ x: [Double]) -> (mean: Double, factor: Double, back: Double) {
    let width = Double(x.count)
    switch dictionary.normalization {
    case "layer_norm":
      let mean = x.reduce(0, +) / width
      let deviation = (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (width - 1)).squareRoot()
      return (mean, 1 / (deviation + 1e-5), deviation)
    case "constant_norm_rescale":
      let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return (0, width.squareRoot() / length, length / width.squareRoot())
    default: return (0, 1, 1)
    }
  }

  private func decoderNorm(_ feature: Int) -> Double {
    guard dictionary.rescales else { return 1 }
    return (0..<dictionary.out).reduce(0.0) { $0 + pow(weight("W_dec")[feature * dictionary.out + $1], 2) }.squareRoot()
  }

  func encode(_ x: [Double]) -> [Double] {
    let (mean, factor, _) = scaling(x)
    let z = x.indices.map { (x[$0] - mean) * factor - (dictionary.subtractsDecoderBias ? weight("b_dec")[$0] : 0) }
    let products = (0..<dictionary.features).map { feature in
      z.indices.reduce(0.0) { $0 + z[$1] * weight("W_enc")[$1 * dictionary.features + feature] }
    }
    if dictionary.architecture == "gated" {
      return products.indices.map { i in
        products[i] + weight("b_gate")[i] > 0 ? max(0, products[i] * exp(weight("r_mag")[i]) + weight("b_mag")[i]) : 0
      }
    }
    let pre = products.indices.map { (products[$0] + weight("b_enc")[$0]) * decoderNorm($0) }
    if dictionary.architecture.hasPrefix("jumprelu") {
      return pre.indices.map { pre[$0] > weight("threshold")[$0] ? max(0, pre[$0]) : 0 }
    }
    guard dictionary.architecture == "topk" else { return pre.map { max(0, $0) } }
    let least = pre.sorted(by: >)[dictionary.k - 1]
    return pre.map { $0 >= least ? max(0, $0) : 0 }
  }

  func decode(_ features: [Double], of x: [Double]) -> [Double] {
    let (mean, _, back) = scaling(x)
    let isTranscoder = dictionary.target != nil
    return (0..<dictionary.out).map { i in
      let y = features.indices.reduce(weight("b_dec")[i]) {
        $0 + features[$1] / decoderNorm($1) * weight("W_dec")[$1 * dictionary.out + i]
      }
      let skip = weights["W_skip"].map { skip in x.indices.reduce(0.0) { $0 + skip[i * x.count + $1] * x[$1] } } ?? 0
      return (isTranscoder ? y : y * back + mean) + skip
    }
  }

  func reconstruct(_ x: [Double]) -> [Double] { decode(encode(x), of: x) }
}

extension [Double] {
  /// Rows of so many numbers, each made into another, one behind the other.
  func mapRows(_ width: Int, _ function: (_ row: Int, _ numbers: [Double]) -> [Double]) -> [Double] {
    (0..<count / width).flatMap { function($0, Array(self[$0 * width..<($0 + 1) * width])) }
  }
}

/// Expects an error whose words have a part.
func expectError(_ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
  do {
    try body()
    Issue.record("No error, where one was expected that says “\(part)”.", sourceLocation: sourceLocation)
  } catch { #expect("\(error)".contains(part), "\(error)", sourceLocation: sourceLocation) }
}
