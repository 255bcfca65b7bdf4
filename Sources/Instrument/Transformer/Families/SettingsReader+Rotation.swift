import Checkpoints

/// Under which keys a `config.json` says how queries and keys are turned. Where several say the same thing, they must agree.
struct RotationKeys {
  /// The base of the frequencies, in the outermost object.
  var base = ["rope_theta"]
  /// Which part of a head is turned, in the outermost object.
  var share = ["partial_rotary_factor"]
  /// The base if no key gives it.
  var missingBase = 10_000.0
  /// The part if no key gives it. A family without a part of its own turns all of a head.
  var missingShare: Double?
}

extension SettingsReader {
  /// A key of this object, for what several keys may say.
  func said<Value>(_ key: String, _ value: Value) -> Said<Value> { Said(keys: self, key: key, value: value) }

  /// The rotary positions of a model that turns all of its layers alike.
  func rotaryPositions(_ c: ModelConfiguration, _ keys: RotationKeys = RotationKeys()) throws(ModelError) -> PositionForm {
    let rotation = try rotation(width: c.headWidth, keys, [(self, "rope_parameters"), (self, "rope_scaling")])
    return .rotary(Array(repeating: rotation, count: c.layers))
  }

  /// How queries and keys are turned. transformers 4 writes the base as `rope_theta`, with a scaling in `rope_scaling` or none;
  /// transformers 5 writes both into `rope_parameters`.
  /// - Parameter objects: Those that give a scaling, and may give the base too.
  func rotation(
    width: Int, _ keys: RotationKeys, _ objects: [(outer: SettingsReader, key: String)]
  ) throws(ModelError) -> Rotation {
    var (bases, shares, scalings): ([Said<Double>], [Said<Double>], [Said<Rotation.Scaling>]) = ([], [], [])
    for key in keys.base where node(key) != nil { bases.append(said(key, try number(key, in: Self.bases))) }
    for key in keys.share where has(key) { shares.append(said(key, try number(key, in: 0...1))) }
    for (outer, key) in objects {
      guard let rope = try outer.object(key) else { continue }
      if rope.has("rope_theta") { bases.append(rope.said("rope_theta", try rope.number("rope_theta", in: Self.bases))) }
      if rope.has("partial_rotary_factor") {
        shares.append(rope.said("partial_rotary_factor", try rope.number("partial_rotary_factor", in: 0...1)))
      }
      if let scaling = try rope.ropeScaling() { scalings.append(outer.said(key, scaling)) }
      try rope.finish(ignoring: [], else: "Folio does not know this key of rotary embedding.")
    }
    let share = try agreed(shares)
    if keys.missingShare == nil, let said = shares.first, said.value != 1 {
      throw said.error("Folio computes rotary embedding of all of a head in this family.")
    }
    return Rotation(
      width: try turned(width, share ?? keys.missingShare ?? 1, shares.first), base: Float(try agreed(bases) ?? keys.missingBase),
      scaling: try agreed(scalings) ?? .none)
  }

  private static let bases = 1.0...1e12

  /// How many numbers of a head are turned.
  private func turned(_ width: Int, _ share: Double, _ said: Said<Double>?) throws(ModelError) -> Int {
    let turned = Int(Double(width) * share)
    if turned >= 2, turned.isMultiple(of: 2) { return turned }
    guard let said, share != 1 else {
      throw error(
        "head_dim", "is \(width), of which \(turned) are turned", "Rotary embedding turns pairs: the head width must be even.")
    }
    throw said.error(
      "With it, \(turned) numbers of a head of \(width) would be turned. Rotary embedding turns pairs: it must be an even number.")
  }

  /// The scaling that a `rope_scaling` or `rope_parameters` names; nil if it names none.
  private func ropeScaling() throws(ModelError) -> Rotation.Scaling? {
    var kinds: [Said<String>] = []
    for key in ["rope_type", "type"] {
      if let kind = try string(key) { kinds.append(said(key, kind)) }
    }
    guard let kind = try agreed(kinds), let first = kinds.first else { return nil }
    switch kind {
    case "default": return Rotation.Scaling.none
    case "linear": return .linear(factor: try ropeFactor("factor"))
    case "llama3":
      let (low, high) = (try ropeFactor("low_freq_factor"), try ropeFactor("high_freq_factor"))
      guard low < high else {
        throw error("high_freq_factor", "is not larger than “low_freq_factor”", "Copy the file from the checkpoint again.")
      }
      return .llama3(
        factor: try ropeFactor("factor"), lowFrequency: low, highFrequency: high,
        originalContext: Float(try integer("original_max_position_embeddings", in: 1...100_000_000)))
    default: throw first.error("Folio scales rotary frequencies by “default”, “linear” or “llama3”.")
    }
  }

  private func ropeFactor(_ key: String) throws(ModelError) -> Float { Float(try number(key, in: 1e-3...1e6)) }
}

extension ModelConfiguration {
  /// What is written of a model that turns all of its layers alike, in the form of transformers 4, which 5 reads too.
  var rotationSettings: [String: Setting] {
    guard case .rotary(let rotations) = positions, let first = rotations.first else { return [:] }
    return ["rope_theta": .decimal(first.base), "rope_scaling": first.scaling.setting]
  }
}

extension Rotation.Scaling {
  /// The object that `rope_scaling` holds.
  var setting: Setting {
    switch self {
    case .none: .null
    case .linear(let factor): .object(["rope_type": .text("linear"), "factor": .decimal(factor)])
    case .llama3(let factor, let low, let high, let context):
      .object([
        "rope_type": .text("llama3"), "factor": .decimal(factor), "low_freq_factor": .decimal(low),
        "high_freq_factor": .decimal(high), "original_max_position_embeddings": .integer(Int(context)),
      ])
    }
  }
}
