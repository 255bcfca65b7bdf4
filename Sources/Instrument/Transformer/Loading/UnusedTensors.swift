import Checkpoints
import Foundation
import Tensors

extension Checkpoint {
  /// Refuses every tensor that was not asked for, once all weights are loaded: a layer more than the configuration has, a bias, an
  /// adapter, an unembedding of its own. Left out, it would make another model of the file.
  ///
  /// Two kinds of tensors say again what is computed anyway, and are compared with it: `lm_head.weight`, which must be the embedding
  /// number by number, and the frequencies of rotary embedding, which old versions of transformers wrote as a buffer.
  func refuseUnused(_ configuration: ModelConfiguration) throws(ModelError) {
    var strangers: [String] = []
    for name in unused {
      if name == "lm_head.weight" {
        try requireEmbedding(name, configuration)
      } else if isFrequencies(name, configuration) {
        try requireFrequencies(name, configuration)
      } else {
        strangers.append(name)
      }
    }
    guard let first = strangers.first, let file = tensors[first]?.file else { return }
    throw .unusedTensor(
      file: file.path, tensor: first, others: strangers.count - 1, advice: Self.advice(first, strangers, configuration))
  }

  private func requireEmbedding(_ name: String, _ configuration: ModelConfiguration) throws(ModelError) {
    guard let head = tensors[name], let embedding = tensors[configuration.stored(.embedding).tensor] else { return }
    guard head.entry.shape == embedding.entry.shape, try isEqual(head, embedding) else {
      throw .badWeights(
        file: head.file.path, tensor: name,
        problem: "is not equal to the embedding, with which Folio computes Gemma's logits: another unembedding is not supported")
    }
  }

  private func isEqual(_ a: StoredTensor, _ b: StoredTensor) throws(ModelError) -> Bool {
    // A vocabulary's rows take gigabytes: numbers of one type are compared where they lie.
    guard a.entry.type == b.entry.type else { return try a.file.tensor(a.entry) == b.file.tensor(b.entry) }
    return a.file.withBytes(a.entry) { a in
      b.file.withBytes(b.entry) { b in
        guard let (x, y) = a.baseAddress.flatMap({ x in b.baseAddress.map { (x, $0) } }) else { return a.count == b.count }
        return a.count == b.count && memcmp(x, y, a.count) == 0
      }
    }
  }

  /// `model.layers.3.self_attn.rotary_emb.inv_freq`, or `model.rotary_emb.inv_freq`.
  private func isFrequencies(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    name == "model.rotary_emb.inv_freq"
      || (0..<configuration.layers).contains { name == "model.layers.\($0).self_attn.rotary_emb.inv_freq" }
  }

  private func requireFrequencies(_ name: String, _ configuration: ModelConfiguration) throws(ModelError) {
    guard let (file, entry) = tensors[name] else { return }
    guard case .rotary(let rotations) = configuration.positions, let expected = rotations.first?.frequencies else { return }
    // A few roundings in fp32; one to the type's digits in the others.
    let tolerance: Float = ["BF16": 0x1p-8, "F16": 0x1p-10][entry.type] ?? 1e-6
    let found = try file.tensor(entry).elements
    guard found.count == expected.count, zip(found, expected).allSatisfy({ abs($0 - $1) <= tolerance * $1 }) else {
      throw .badWeights(
        file: file.path, tensor: name,
        problem: "holds other frequencies of rotary embedding than those of config.json's “rope_theta”, with which Folio computes"
      )
    }
  }

  private static func advice(_ name: String, _ all: [String], _ configuration: ModelConfiguration) -> String {
    let layers = all.compactMap { $0.wholeMatch(of: /model\.layers\.(\d{1,9})\..*/).flatMap { Int($0.1) } }
    if let last = layers.max(), last >= configuration.layers {
      return "The file has \(last + 1) layers, and config.json's “num_hidden_layers” is \(configuration.layers)."
    }
    if name.contains("lora_") { return "It belongs to an adapter; merge that into the weights first." }
    if name.hasSuffix(".bias") { return "Gemma 1 has no biases; Folio does not compute them." }
    return "The weights and config.json must belong to the same Gemma 1 model."
  }
}
