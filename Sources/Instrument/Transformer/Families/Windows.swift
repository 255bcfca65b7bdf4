import Checkpoints

/// Which layers see all positions, and which only a window of them.
extension SettingsReader {
  /// Whether each layer slides, as `layer_types` says; nil if it says nothing.
  func slidingLayers(_ count: Int) throws(ModelError) -> [Bool]? {
    guard let node = node("layer_types"), !node.isNull else { return nil }
    let slides: [Bool] = (node.array ?? []).compactMap { ["full_attention": false, "sliding_attention": true][$0.string ?? ""] }
    guard slides.count == count, node.array?.count == count else {
      throw error(
        "layer_types", "is \(text(node))", "It must say “full_attention” or “sliding_attention” for each of the \(count) layers.")
    }
    return slides
  }

  /// The width of the windows, `sliding_window`; nil for null, which is none.
  func window(missing: Int?) throws(ModelError) -> Int? {
    guard node("sliding_window") != nil else { return missing }
    return has("sliding_window") ? try integer("sliding_window", in: 1...100_000_000) : nil
  }

  /// The windows of layers of which some slide.
  func windows(_ slides: [Bool], _ window: Int?) throws(ModelError) -> [Int?] {
    guard let window else {
      guard !slides.contains(true) else {
        throw error("sliding_window", "is null, and there are layers that slide", "Say how many positions they see.")
      }
      return slides.map { _ in nil }
    }
    return slides.map { $0 ? window : nil }
  }

  /// Refuses windows in a family that has none.
  func requireFullAttention(_ c: ModelConfiguration) throws(ModelError) {
    let advice = "Folio computes full attention in each of the \(c.layers) layers of this family."
    try require("layer_types", toBe: [.array(Array(repeating: JSONNode(.string("full_attention")), count: c.layers)), .null], else: advice)
    try require("sliding_window", toBe: [.null], else: advice)
    try require("use_sliding_window", toBe: [.bool(false), .null], else: advice)
  }
}

extension ModelConfiguration {
  /// The `layer_types` of its layers.
  var layerTypes: Setting { .list(windows.map { .text($0 == nil ? "full_attention" : "sliding_attention") }) }

  /// The `sliding_window` of those that slide; null if none does.
  var slidingWindow: Setting { windows.compactMap { $0 }.first.map { .integer($0) } ?? .null }
}
