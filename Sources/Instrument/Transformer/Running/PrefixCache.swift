import Synchronization
import Tensors

/// What a model remembers of the prompts that it has read: the keys and values of their tokens, in a tree of their beginnings.
///
/// Prompts that begin with the same tokens share a path from the root (a radix tree, as SGLang's RadixAttention, Zheng et al. 2023,
/// arXiv:2312.07104): the steps of one question, its clean and its corrupted prompt, and every figure of it compute only what is new.
/// What was used longest ago is forgotten when the budget is full. It never changes a number, see `ForwardPass`.
public final class PrefixCache: Sendable {
  private let configuration: ModelConfiguration
  private let state: Mutex<State>

  /// Tokens that follow each other, with their keys and values in each layer. A node is known by its index in `State.nodes`.
  private struct Node: Sendable {
    var parent = 0
    /// Empty for the root, and for a node that was forgotten.
    var tokens: [Int] = []
    var rows: [(keys: Tensor, values: Tensor)] = []
    /// The nodes that go on from here, by the first token of each.
    var children: [Int: Int] = [:]
    var lastUse = 0

    /// Whether a device had no memory for its keys and values.
    var isVoid: Bool { rows.contains { $0.keys.isVoid || $0.values.isVoid } }

    /// Whether it is the last part of a remembered prompt.
    var isEnd: Bool { children.isEmpty && !tokens.isEmpty }
  }

  private struct State: Sendable {
    /// The root is the first.
    var nodes = [Node()]
    /// The nodes that were forgotten, to be used again.
    var free: [Int] = []
    var clock = 0
    var count = 0
    var budget: Int

    init(budget: Int) { self.budget = budget }

    mutating func add(_ node: Node) -> Int {
      if let index = free.popLast() {
        nodes[index] = node
        return index
      }
      nodes.append(node)
      return nodes.count - 1
    }
  }

  /// - Parameter available: how many bytes are free where the model computes.
  init(_ configuration: ModelConfiguration, available: Int) {
    self.configuration = configuration
    state = Mutex(State(budget: min(1_000_000_000, available / 8)))
  }

  /// How many bytes it may take, at first 1 GB, or an eighth of the free memory if that is less; 0 for no memory at all.
  public var byteBudget: Int {
    get { state.withLock { $0.budget } }
    set {
      state.withLock {
        $0.budget = max(0, newValue)
        evict(&$0)
      }
    }
  }

  /// How many tokens it holds. Common beginnings count once.
  public var count: Int { state.withLock { $0.count } }

  /// How many bytes it takes.
  public var byteCount: Int { count * bytesPerToken }

  /// Forgets everything.
  public func removeAll() {
    state.withLock { $0 = State(budget: $0.budget) }
  }

  private var bytesPerToken: Int {
    2 * configuration.layers * configuration.keyValueHeads * configuration.headWidth * MemoryLayout<Float>.stride
  }

  /// The longest known beginning of a prompt, of at most `limit` tokens.
  func longest(of tokens: [Int], limit: Int) -> KeyValueCache {
    var parts: [([(keys: Tensor, values: Tensor)], Int)] = []
    state.withLock { state in
      state.clock += 1
      var (node, position) = (0, 0)
      while position < limit, let child = state.nodes[node].children[tokens[position]] {
        let found = state.nodes[child]
        guard !found.isVoid else { break }
        let shared = min(commonCount(found.tokens, tokens[position...]), limit - position)
        state.nodes[child].lastUse = state.clock
        parts.append((found.rows, shared))
        position += shared
        guard shared == found.tokens.count else { break }
        node = child
      }
    }
    var cache = KeyValueCache(configuration)
    for (rows, shared) in parts { cache.append(rows.map { ($0.keys[..<shared], $0.values[..<shared]) }, capacity: tokens.count) }
    return cache
  }

  /// Remembers the keys and values of a prompt. Those of a known beginning are not kept twice.
  func insert(_ tokens: [Int], _ past: KeyValueCache) {
    state.withLock { state in
      guard tokens.count * bytesPerToken <= state.budget else { return }
      state.clock += 1
      var (node, position) = (0, 0)
      while position < tokens.count, let child = state.nodes[node].children[tokens[position]] {
        let shared = commonCount(state.nodes[child].tokens, tokens[position...])
        state.nodes[child].lastUse = state.clock
        node = shared < state.nodes[child].tokens.count ? split(&state, child, at: shared) : child
        position += shared
      }
      guard position < tokens.count else { return }
      let rest = Array(tokens[position...])
      let new = Node(parent: node, tokens: rest, rows: past.rows(position..<tokens.count), lastUse: state.clock)
      state.nodes[node].children[rest[0]] = state.add(new)
      state.count += rest.count
      evict(&state)
    }
  }

  /// Divides a node in two, and returns the upper part.
  private func split(_ state: inout State, _ child: Int, at length: Int) -> Int {
    var (upper, lower) = (state.nodes[child], state.nodes[child])
    upper.tokens = Array(upper.tokens[..<length])
    upper.rows = upper.rows.map { ($0.keys[..<length].compacted(), $0.values[..<length].compacted()) }
    lower.tokens = Array(lower.tokens[length...])
    lower.rows = lower.rows.map { ($0.keys[length...].compacted(), $0.values[length...].compacted()) }
    upper.children = [lower.tokens[0]: child]
    let index = state.add(upper)
    lower.parent = index
    state.nodes[upper.parent].children[upper.tokens[0]] = index
    state.nodes[child] = lower
    return index
  }

  /// Forgets the ends that were used longest ago, until the rest fits.
  private func evict(_ state: inout State) {
    while state.count * bytesPerToken > state.budget {
      let ends = state.nodes.indices.filter { state.nodes[$0].isEnd }
      guard let index = ends.min(by: { state.nodes[$0].lastUse < state.nodes[$1].lastUse }) else { return }
      let node = state.nodes[index]
      state.nodes[node.parent].children[node.tokens[0]] = nil
      state.nodes[index] = Node()
      state.free.append(index)
      state.count -= node.tokens.count
    }
  }

  private func commonCount(_ a: [Int], _ b: ArraySlice<Int>) -> Int { zip(a, b).prefix { $0 == $1 }.count }
}
