import Checkpoints

extension SettingsReader {
  /// How queries and keys are turned. transformers 4 writes the base as `rope_theta`, with a scaling in `rope_scaling` or none;
  /// transformers 5 writes both into `rope_parameters`.
  func rotation(width: Int, base fallback: Double = 10_000) throws(ModelError) -> Rotation {
    var base = node("rope_theta") == nil ? nil : try number("rope_theta", in: Self.ropeBases)
    var scaling = Rotation.Scaling.none
    for key in ["rope_parameters", "rope_scaling"] {
      guard let rope = try object(key) else { continue }
      if rope.has("rope_theta") {
        let inner = try rope.number("rope_theta", in: Self.ropeBases)
        guard inner == base ?? inner else {
          throw error(
            "rope_theta", "is \(base ?? inner), and “\(key).rope_theta” is \(inner)",
            "Which one counts differs between versions of transformers; remove the wrong one.")
        }
        base = inner
      }
      scaling = try rope.ropeScaling()
      try rope.finish(ignoring: [], else: "Folio does not know this key of rotary embedding.")
    }
    return Rotation(width: width, base: Float(base ?? fallback), scaling: scaling)
  }

  private static let ropeBases = 1.0...1e12

  /// The scaling that a `rope_scaling` or `rope_parameters` names.
  private func ropeScaling() throws(ModelError) -> Rotation.Scaling {
    try require(
      "partial_rotary_factor", toBe: [.number("1"), .null],
      else: "Folio computes rotary embedding of all of a head in this family.")
    let (kind, older) = (try string("rope_type"), try string("type"))
    if let kind, let older, kind != older {
      throw error("type", "is “\(older)”, and “rope_type” is “\(kind)”", "Both name the scaling; remove the wrong one.")
    }
    let factors = 1.0...1e6
    switch kind ?? older ?? "default" {
    case "default": return .none
    case "linear": return .linear(factor: Float(try number("factor", in: factors)))
    case "llama3":
      let scaling = Rotation.Scaling.llama3(
        factor: Float(try number("factor", in: factors)), lowFrequency: Float(try number("low_freq_factor", in: 1e-6...1e6)),
        highFrequency: Float(try number("high_freq_factor", in: 1e-6...1e6)),
        originalContext: Float(try integer("original_max_position_embeddings", in: 1...100_000_000)))
      guard case .llama3(_, let low, let high, _) = scaling, low < high else {
        throw error("high_freq_factor", "is not larger than “low_freq_factor”", "Copy the file from the checkpoint again.")
      }
      return scaling
    case let other:
      throw error(
        kind == nil ? "type" : "rope_type", "is “\(other)”", "Folio scales rotary frequencies by “default”, “linear” or “llama3”."
      )
    }
  }
}
