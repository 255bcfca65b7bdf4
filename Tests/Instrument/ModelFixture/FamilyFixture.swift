import Checkpoints
import Foundation
import Tensors
import Transformer

/// A tiny random checkpoint of a family, and what Hugging Face's transformers computes on it in fp64
/// (`TransformerTests/Fixtures/families/README.md`).
///
/// `FOLIO_FAMILIES=FOLDER` in the environment makes the tests read another folder of that form.
package struct FamilyFixture: Sendable, CustomStringConvertible {
  package let name: String
  package let folder: URL

  /// What `NAME.expected.json` says.
  package struct Expectations: Decodable, Sendable {
    package let tokensClean: [Int]
    package let tokensCorr: [Int]
    package let aClean: Int
    package let aCorr: Int
    package let logitDifference: Double
    package let logitDifferenceCorr: Double
    package let greedyFrom24: [Int]

    enum CodingKeys: String, CodingKey {
      case tokensClean = "tokens_clean"
      case tokensCorr = "tokens_corr"
      case aClean = "a_clean"
      case aCorr = "a_corr"
      case logitDifference = "logit_difference"
      case logitDifferenceCorr = "logit_difference_corr"
      case greedyFrom24 = "greedy_from_24"
    }
  }

  /// All checkpoints of the folder. None is an error of every test that takes them.
  package static let all: [FamilyFixture] = {
    let committed = ModelFixture.folder.appending(path: "families")
    let folder = ProcessInfo.processInfo.environment["FOLIO_FAMILIES"].map { URL(filePath: $0) } ?? committed
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let ending = ".expected.json"
    let names = files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
    return names.map { FamilyFixture(name: $0, folder: folder) }
  }()

  package var description: String { name }

  package func model() throws -> LanguageModel {
    try LanguageModel(folder: folder.appending(path: name)).onTestDevice()
  }

  package func twin() throws -> DoubleTwin { try DoubleTwin(folder: folder.appending(path: name)) }

  package func expectations() throws -> Expectations {
    try JSONDecoder().decode(Expectations.self, from: Data(contentsOf: folder.appending(path: name + ".expected.json")))
  }

  /// What `NAME.expected.safetensors` holds, by key.
  package func expected() throws -> [String: Tensor] {
    let file = try SafetensorsFile(folder.appending(path: name + ".expected.safetensors"))
    return try file.entries.mapValues { try file.tensor($0) }
  }
}

/// Hook points read as the fixtures name and lay out their numbers: those of a run, of its gradients, or of the twin.
package struct FamilyReading {
  let model: LanguageModel
  let positions: Int
  /// The numbers at a hook point, in its shape.
  let numbers: (HookPoint) throws -> [Float]
  /// Whether they are gradients, of which a norm's factors are a factor.
  let isGradient: Bool

  package init(
    _ model: LanguageModel, positions: Int, isGradient: Bool = false, _ numbers: @escaping (HookPoint) throws -> [Float]
  ) {
    (self.model, self.positions, self.isGradient, self.numbers) = (model, positions, isGradient, numbers)
  }

  private var config: ModelConfiguration { model.config }

  /// The numbers of a key such as `q_normed.3`, laid out as in a tensor of the shape.
  package func callAsFunction(_ key: String, shape: [Int]) throws -> [Float] {
    let parts = key.split(separator: ".").map(String.init)
    let layer = parts.count == 2 ? Int(parts[1]) ?? -1 : -1
    switch parts[0] {
    case "resid_pre": return try numbers(.residualPre(layer: layer))
    case "resid_post": return try numbers(.residualPost(layer: layer))
    case "q": return try numbers(.query(layer: layer))
    case "k": return try numbers(.key(layer: layer))
    case "v": return try numbers(.value(layer: layer))
    case "z": return try numbers(.z(layer: layer))
    case "qkv": return try fused(layer)
    case "attn_out": return try numbers(.attentionOutput(layer: layer))
    case "mlp_out": return try numbers(.mlpOutput(layer: layer))
    case "attn_out_raw":
      return try numbers(config.normsOutputs ? .attentionOutputRaw(layer: layer) : .attentionOutput(layer: layer))
    case "mlp_out_raw": return try numbers(config.normsOutputs ? .mlpOutputRaw(layer: layer) : .mlpOutput(layer: layer))
    case "q_normed": return try normed(.query(layer: layer), shape)
    case "k_normed": return try normed(.key(layer: layer), shape)
    case "final_normed": return try normed(.final, shape)
    case "pattern":
      // The last queries of each head.
      let all = try numbers(.pattern(layer: layer))
      var last: [Float] = []
      for end in stride(from: positions * positions, through: all.count, by: positions * positions) {
        last += all[end - shape[1] * positions..<end]
      }
      return last
    default: throw ModelFixture.MissingKey(key: key)
    }
  }

  /// Queries, keys and values of GPT-2 side by side, and of GPT-NeoX head after head.
  private func fused(_ layer: Int) throws -> [Float] {
    let parts = [try numbers(.query(layer: layer)), try numbers(.key(layer: layer)), try numbers(.value(layer: layer))]
    let isByHead = config.modelType == "gpt_neox"
    let width = isByHead ? config.headWidth : config.heads * config.headWidth
    var fused: [Float] = []
    for start in stride(from: 0, to: parts[0].count, by: width) {
      for part in parts { fused += part[start..<start + width] }
    }
    return fused
  }

  /// Divided rows times the norm's factors. Of queries and keys, Gemma 3's come head after head, and Qwen 3's position after position.
  private func normed(_ point: NormPoint, _ shape: [Int]) throws -> [Float] {
    let x = try numbers(point.normalized)
    let weight = model.weights.tensor(point.weight).elements
    let factors = weight.map { if case .rootMeanSquare(let offset) = config.norm { offset + $0 } else { $0 } }
    let bias = config.norm == .layer ? model.weights.tensor(.finalNormBias).elements : factors.map { _ in 0 }
    // The gradient at the divided rows is that of the normed rows times the factors.
    let rows = x.indices.map { index in
      let i = index % factors.count
      return isGradient ? x[index] / factors[i] : x[index] * factors[i] + bias[i]
    }
    guard shape.count == 3, shape[0] != positions else { return rows }
    let (heads, width) = (shape[0], shape[2])
    var byHead: [Float] = []
    for head in 0..<heads {
      for position in 0..<positions {
        let start = (position * heads + head) * width
        byHead += rows[start..<start + width]
      }
    }
    return byHead
  }
}
