import Record

/// JSON as a tree that can also be written wrong: with members twice, with numbers that are none.
indirect enum JSONTree {
  /// What stands in the file.
  case raw([UInt8])
  case array([JSONTree])
  case object([(key: [UInt8], value: JSONTree)])

  init(_ value: JSONValue) {
    switch value {
    case .array(let values): self = .array(values.map(JSONTree.init))
    case .object(let members):
      self = .object(members.sorted { $0.key < $1.key }.map { (Array(JSONValue.string($0.key).line.utf8), JSONTree($0.value)) })
    default: self = .raw(Array(value.line.utf8))
    }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .raw(let text): bytes += text
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes += Array(",\n".utf8) }
        bytes += member.key + [UInt8(ascii: ":")]
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// How many values there are within, itself included.
  var count: Int {
    switch self {
    case .raw: 1
    case .array(let values): values.reduce(1) { $0 + $1.count }
    case .object(let members): members.reduce(1) { $0 + $1.value.count }
    }
  }

  /// The value of a number in the order of writing.
  func value(at place: Int) -> JSONTree {
    var place = place - 1
    guard place >= 0 else { return self }
    for child in children {
      if place < child.count { return child.value(at: place) }
      place -= child.count
    }
    return self
  }

  private var children: [JSONTree] {
    switch self {
    case .raw: []
    case .array(let values): values
    case .object(let members): members.map(\.value)
    }
  }

  /// Changes the value of a number in the order of writing.
  mutating func change(at place: Int, _ body: (inout JSONTree) -> Void) {
    var place = place - 1
    guard place >= 0 else { return body(&self) }
    switch self {
    case .raw: return
    case .array(var values):
      for index in values.indices {
        let count = values[index].count
        if place < count {
          values[index].change(at: place, body)
          self = .array(values)
          return
        }
        place -= count
      }
    case .object(var members):
      for index in members.indices {
        let count = members[index].value.count
        if place < count {
          members[index].value.change(at: place, body)
          self = .object(members)
          return
        }
        place -= count
      }
    }
  }
}

/// Changes to values and members.
enum JSONMutation {
  static func mutate(_ bytes: inout [UInt8], other: [UInt8], _ chance: inout Chance) {
    guard !chance.one(in: 6), let value = try? JSONValue(bytes, allowsNonFinite: true) else {
      return TextMutation.mutate(&bytes, other: other, &chance)
    }
    var tree = JSONTree(value)
    for _ in 0..<chance.size(upTo: 4) {
      tree.change(at: chance.below(tree.count)) { change(&$0, other, &chance) }
    }
    bytes = tree.bytes
    if bytes.count > ByteMutation.longest { bytes = Array(bytes[..<ByteMutation.longest]) }
  }

  private static func change(_ tree: inout JSONTree, _ other: [UInt8], _ chance: inout Chance) {
    switch chance.below(10) {
    case 0, 1, 2: tree = .raw(Array(chance.pick(Hostile.numbers).utf8))
    case 3: tree = .raw(text(&chance))
    case 4:
      tree = chance.pick([.raw(Array("null".utf8)), .raw(Array("true".utf8)), .array([]), .object([]), .array([.array([])])])
    case 5:
      guard let value = try? JSONValue(other, allowsNonFinite: true) else { return }
      let whole = JSONTree(value)
      tree = whole.value(at: chance.below(whole.count))
    case 6: nest(&tree, &chance)
    default: members(&tree, &chance)
    }
  }

  private static func text(_ chance: inout Chance) -> [UInt8] {
    let text = Array(chance.pick(Hostile.texts).utf8)
    let count = chance.one(in: 20) ? 20_000 : 1
    return Array(JSONValue.string(String(repeating: String(decoding: text, as: UTF8.self), count: count)).line.utf8)
  }

  private static func nest(_ tree: inout JSONTree, _ chance: inout Chance) {
    let depth = chance.pick([2, 30, 300, 1000, 50_000])
    let isArray = chance.one(in: 2)
    let (open, close) = isArray ? ("[", "]") : ("{\"a\":", "}")
    tree = .raw(
      Array(String(repeating: open, count: depth).utf8) + (depth > 1000 ? [] : tree.bytes)
        + Array(String(repeating: close, count: depth).utf8))
  }

  /// Elements and members removed, doubled, renamed, exchanged, repeated.
  private static func members(_ tree: inout JSONTree, _ chance: inout Chance) {
    switch tree {
    case .raw: tree = .raw(text(&chance))
    case .array(var values):
      guard !values.isEmpty else {
        tree = .array([tree])
        return
      }
      let place = chance.below(values.count)
      switch chance.below(4) {
      case 0: values.remove(at: place)
      case 1: values.swapAt(place, chance.below(values.count))
      case 2:
        values.insert(
          contentsOf: repeatElement(values[place], count: min(chance.size(upTo: 4000), 200_000 / values[place].count)), at: place)
      default: values = Array(values[..<place])
      }
      tree = .array(values)
    case .object(var members):
      guard !members.isEmpty else {
        tree = .array([tree])
        return
      }
      let place = chance.below(members.count)
      switch chance.below(4) {
      case 0: members.remove(at: place)
      case 1: members.append((members[place].key, members[chance.below(members.count)].value))
      case 2: members[place].key = text(&chance)
      default:
        let other = chance.below(members.count)
        (members[place].value, members[other].value) = (members[other].value, members[place].value)
      }
      tree = .object(members)
    }
  }
}
