import Checkpoints
import Foundation
import Tensors

extension Checkpoint {
  /// Refuses every tensor that was not asked for, once all weights are loaded: a layer more than the configuration has, a bias, an
  /// adapter, an unembedding of its own. Left out, it would make another model of the file.
  ///
  /// Some tensors say again what is computed anyway, and are compared with it: see `SpareTensor`.
  /// - Returns: The tensors of other parts of a larger model than the language model, which are left out.
  @discardableResult func refuseUnused(_ configuration: ModelConfiguration) throws(ModelError) -> [String] {
    let (layout, family) = (layout(configuration), Families.family(of: configuration.modelType))
    var (strangers, others): ([String], [String]) = ([], [])
    for name in unused {
      if let (kind, layer) = Self.spare(name, family?.spares ?? [], layout), layer < configuration.layers {
        try require(name, kind, layer, configuration)
      } else if layout.isOfOtherPart(name) {
        others.append(name)
      } else {
        strangers.append(name)
      }
    }
    guard let first = strangers.first, let file = tensors[first]?.file else { return others }
    throw .unusedTensor(
      file: file.path, tensor: first, others: strangers.count - 1,
      advice: Self.advice(strangers, configuration, title: family?.title ?? configuration.modelType))
  }

  private static func spare(
    _ name: String, _ spares: [SpareTensor], _ layout: TensorLayout
  ) -> (kind: SpareTensor.Kind, layer: Int)? {
    spares.lazy.compactMap { spare in spare.layer(of: name, in: layout).map { (spare.kind, $0) } }.first
  }

  private func require(
    _ name: String, _ kind: SpareTensor.Kind, _ layer: Int, _ c: ModelConfiguration
  ) throws(ModelError) {
    guard let (file, entry) = tensors[name] else { return }
    let problem: String? =
      switch kind {
      case .embedding:
        try isEmbedding((file, entry), c)
          ? nil : "is not equal to the embedding, with which Folio computes logits, since config.json says that both are one"
      case .frequencies:
        try areFrequencies((file, entry), layer, c)
          ? nil : "holds other frequencies of rotary embedding than those that config.json gives, with which Folio computes"
      case .causalMask:
        isCausalMask((file, entry), c) ? nil : "is not the mask of every position that comes later, with which Folio computes"
      case .maskedScore:
        try isMaskedScore((file, entry)) ? nil : "is not a score of -1000 or less, with which nothing masked counts"
      }
    if let problem { throw .badWeights(file: file.path, tensor: name, problem: problem) }
  }

  private func isEmbedding(_ head: StoredTensor, _ c: ModelConfiguration) throws(ModelError) -> Bool {
    guard let embedding = tensors[layout(c).name(c.stored(.embedding).tensor)], head.entry.shape == embedding.entry.shape
    else { return false }
    // A vocabulary's rows take gigabytes: numbers of one type are compared where they lie.
    guard head.entry.type == embedding.entry.type else {
      return try head.file.tensor(head.entry) == embedding.file.tensor(embedding.entry)
    }
    return head.file.withBytes(head.entry) { a in
      embedding.file.withBytes(embedding.entry) { b in
        guard let (x, y) = a.baseAddress.flatMap({ x in b.baseAddress.map { (x, $0) } }) else { return a.count == b.count }
        return a.count == b.count && memcmp(x, y, a.count) == 0
      }
    }
  }

  private func areFrequencies(_ tensor: StoredTensor, _ layer: Int, _ c: ModelConfiguration) throws(ModelError) -> Bool {
    guard case .rotary(let rotations) = c.positions else { return false }
    let expected = rotations[layer].frequencies
    // A few roundings in fp32; one to the type's digits in the others.
    let tolerance: Float = ["BF16": 0x1p-8, "F16": 0x1p-10][tensor.entry.type] ?? 1e-6
    let found = try tensor.file.tensor(tensor.entry).elements
    return found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * $1 }
  }

  /// Whatever its type, zeros are zeros in all bytes, and ones all have the same bytes.
  private func isCausalMask(_ tensor: StoredTensor, _ c: ModelConfiguration) -> Bool {
    let count = c.contextLength
    guard tensor.entry.shape == [1, 1, count, count], let one = Self.one[tensor.entry.type] else { return false }
    let ones = (0..<count).flatMap { _ in one }
    let zeros = [UInt8](repeating: 0, count: ones.count)
    return tensor.file.withBytes(tensor.entry) { bytes in
      guard let first = bytes.baseAddress, bytes.count == count * ones.count else { return false }
      return (0..<count).allSatisfy { query in
        let (row, seen) = (first + query * ones.count, (query + 1) * one.count)
        return memcmp(row, ones, seen) == 0 && memcmp(row + seen, zeros, ones.count - seen) == 0
      }
    }
  }

  /// The number 1 in the bytes of each type that masks have been saved in.
  private static let one: [String: [UInt8]] = [
    "BOOL": [1], "U8": [1], "F16": [0x00, 0x3C], "BF16": [0x80, 0x3F], "F32": [0, 0, 0x80, 0x3F],
  ]

  private func isMaskedScore(_ tensor: StoredTensor) throws(ModelError) -> Bool {
    let found = try tensor.file.tensor(tensor.entry).elements
    return found.count == 1 && found[0] <= -1000
  }

  private static func advice(_ all: [String], _ configuration: ModelConfiguration, title: String) -> String {
    let layers = all.compactMap { $0.firstMatch(of: /(?:^|\.)(?:layers|h)\.(\d{1,9})\./).flatMap { Int($0.1) } }
    if let last = layers.max(), last >= configuration.layers {
      return "The file has \(last + 1) layers, and config.json's number of layers is \(configuration.layers)."
    }
    if all[0].contains("lora_") { return "It belongs to an adapter; merge that into the weights first." }
    if all[0].hasSuffix(".bias") { return "By its config.json this \(title) has no such bias; Folio does not compute it." }
    return "The weights and config.json must belong to the same \(title) model."
  }
}
