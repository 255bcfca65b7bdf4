import Tensors

/// The keys and values of the positions that a model has read, so that a further token need not read them again.
///
/// It is a value: a copy is a fork, from which two continuations can go on. Keys are kept after rotary embedding.
public struct KeyValueCache: Sendable {
  /// How many positions are held.
  public private(set) var count = 0
  private var layers: [Layer]

  private struct Layer {
    /// `[capacity, keyValueHeads · headWidth]`, of which the first positions are filled.
    var keys: Tensor
    var values: Tensor
    /// How many positions at the beginning are not held any more: no further token looks at them.
    var forgotten = 0
  }

  init(_ configuration: ModelConfiguration) {
    let width = configuration.keyValueHeads * configuration.headWidth
    let empty = Tensor(uninitialized: [0, width])
    layers = Array(repeating: Layer(keys: empty, values: empty), count: configuration.layers)
  }

  /// Adds the keys and values of new positions to a layer, `[position, keyValueHeads · headWidth]`.
  mutating func append(keys: Tensor, values: Tensor, layer: Int) {
    let position = count - layers[layer].forgotten
    Self.append(keys, to: &layers[layer].keys, at: position)
    Self.append(values, to: &layers[layer].values, at: position)
  }

  /// Ends a run over `positions` new positions, after every layer has appended them.
  mutating func advance(by positions: Int) { count += positions }

  /// Forgets all positions from `length` on.
  public mutating func truncate(to length: Int) {
    require((0...count).contains(length), "A cache of \(count) positions cannot be cut to \(length).")
    count = length
  }

  /// The first `length` positions.
  func truncated(to length: Int) -> KeyValueCache {
    var copy = self
    copy.truncate(to: length)
    return copy
  }

  /// Keys and values of some positions in every layer, each `[position, keyValueHeads · headWidth]`, in memory of their own.
  func rows(_ positions: Range<Int>) -> [(keys: Tensor, values: Tensor)] {
    layers.map { ($0.keys[positions].compacted(), $0.values[positions].compacted()) }
  }

  /// Adds positions that `rows` gave, to every layer.
  mutating func append(_ rows: [(keys: Tensor, values: Tensor)], capacity: Int) {
    for (layer, new) in rows.enumerated() {
      Self.append(new.keys, to: &layers[layer].keys, at: count, capacity: capacity)
      Self.append(new.values, to: &layers[layer].values, at: count, capacity: capacity)
    }
    advance(by: rows.first?.keys.shape[0] ?? 0)
  }

  /// Keys and values of a layer at the first `length` positions, which may not be advanced over yet.
  func layer(_ layer: Int, length: Int, on backend: any Backend) -> (keys: Tensor, values: Tensor) {
    require(layers[layer].forgotten == 0, "The cache holds only the window of layer \(layer), and not its first positions.")
    return (layers[layer].keys[..<length].moved(to: backend), layers[layer].values[..<length].moved(to: backend))
  }

  /// Keys and values of a layer at the positions before `end` that are held.
  func latest(_ layer: Int, before end: Int, on backend: any Backend) -> (keys: Tensor, values: Tensor) {
    let held = end - layers[layer].forgotten
    return (layers[layer].keys[..<held].moved(to: backend), layers[layer].values[..<held].moved(to: backend))
  }

  /// Forgets, in each layer that slides, the positions that no further token sees. The others are moved only when there are as many of them
  /// to forget as to keep, so that a token costs no more than its own copy. The cache can only go on from its end then.
  mutating func forgetBehindWindows(_ windows: [Int?]) {
    for (layer, window) in windows.enumerated() {
      guard let window, count - layers[layer].forgotten >= 2 * window else { continue }
      let held = count - layers[layer].forgotten
      layers[layer].keys = layers[layer].keys[held - window..<held].compacted()
      layers[layer].values = layers[layer].values[held - window..<held].compacted()
      layers[layer].forgotten = count - window
    }
  }

  /// How many bytes of memory the keys and values take.
  package var byteCount: Int {
    layers.reduce(0) { $0 + ($1.keys.count + $1.values.count) * MemoryLayout<Float>.stride }
  }

  private static func append(_ rows: Tensor, to buffer: inout Tensor, at position: Int, capacity: Int = 0) {
    let total = position + rows.shape[0]
    buffer = buffer.moved(to: rows.backend)
    if total > buffer.shape[0] {
      // A prompt takes what it needs; what grows token by token doubles.
      let capacity = max(total, capacity, rows.shape[0] == 1 ? 2 * position : 0)
      var larger = rows.backend.allocate([capacity, buffer.shape[1]])
      larger.replaceRows(from: 0, with: buffer[..<position])
      buffer = larger
    }
    buffer.replaceRows(from: position, with: rows)
  }
}
