import Foundation
import Tensors

/// How a GGUF file says that the positions of rotary embedding are scaled.
struct GGUFRotary {
  /// The tensor of the factors by which Llama 3's frequencies are divided; it stands in place of the four numbers that make them.
  static let factors = "rope_freqs.weight"

  /// `rope_scaling` of config.json; null if nothing is scaled.
  static func scaling(_ keys: GGUFSettings, base: Double, headWidth: Int) throws(ModelError) -> JSONNode.Value {
    let kind = try keys.string("rope.scaling.type") ?? "none"
    let (factor, original) = (try keys.number("rope.scaling.factor"), try keys.count("rope.scaling.original_context_length"))
    // It tells how the model was made.
    _ = try keys.flag("rope.scaling.finetuned")
    if let entry = keys.file.entries[factors] {
      guard kind == "none" || kind == "llama3" else {
        throw keys.bad(
          "rope.scaling.type", "is “\(kind)”, and the file has the tensor “\(factors)” besides",
          advice: "Convert the model again.")
      }
      return try llama3(keys.file.tensor(entry).elements, base: base, headWidth: headWidth, original: original, keys.file)
    }
    switch kind {
    case "none": return .null
    case "linear":
      guard let factor else { throw keys.bad("rope.scaling.factor", "is missing", advice: "Convert the model again.") }
      return .object(of: [("rope_type", .string("linear")), ("factor", factor)])
    case "yarn":
      guard let factor, let original else {
        throw keys.bad(
          "rope.scaling.type", "is “yarn”, without its factor and original context", advice: "Convert the model again.")
      }
      return .object(of: [
        ("rope_type", .string("yarn")), ("factor", factor), ("original_max_position_embeddings", .number("\(original)")),
      ])
    default: throw keys.bad("rope.scaling.type", "is “\(kind)”", advice: "Folio reads “none”, “linear” and “yarn”.")
    }
  }

  /// The scaling whose factors these are. The converter writes those of Llama 3's rule: low frequencies are divided by a factor, high ones
  /// are not, and between two wave lengths, parts of the original context, the factor rises. So the last one is the factor; the parts are
  /// those of every Llama 3, 1 and 1/4; the context is found by trying.
  private static func llama3(
    _ factors: [Float], base: Double, headWidth: Int, original: Int?, _ file: GGUFFile
  ) throws(ModelError) -> JSONNode.Value {
    if factors.allSatisfy({ $0 == 1 }) { return .null }
    let contexts = original.map { [$0] } ?? (5...24).map { 1 << $0 }
    guard factors.count == headWidth / 2, let factor = factors.last, factor > 1, factor.isFinite,
      let context = contexts.first(where: { fits(factors, base, factor: Double(factor), context: Double($0)) })
    else {
      throw .badWeights(
        file: file.path, tensor: Self.factors,
        problem: "holds factors of rotary frequencies that are not those of Llama 3's rule, with which Folio computes")
    }
    return .object(of: [
      ("rope_type", .string("llama3")), ("factor", .number("\(factor)")), ("low_freq_factor", .number("1.0")),
      ("high_freq_factor", .number("4.0")), ("original_max_position_embeddings", .number("\(context)")),
    ])
  }

  private static func fits(_ factors: [Float], _ base: Double, factor: Double, context: Double) -> Bool {
    factors.enumerated().allSatisfy { index, found in
      let turns = context / (2 * Double.pi * pow(base, Double(2 * index) / Double(2 * factors.count)))
      let smooth = min(1, max(0, (turns - 1) / 3))
      // The converter computes in fp32, in which a few roundings are one part in a million.
      return abs(Double(found) * ((1 - smooth) / factor + smooth) - 1) < 1e-4
    }
  }
}
