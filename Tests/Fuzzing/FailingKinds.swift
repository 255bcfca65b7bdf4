/// Kinds of which every fortieth input fails: the watcher must see each, and go on.
class FailingKind {
  required init(folder: String) {}

  func input(_ chance: inout Chance) -> Input {
    [Part("choice.bin", [UInt8(chance.below(40))] + [UInt8](repeating: 7, count: 40))]
  }

  func fails(_ input: Input) -> Bool { input.bytes("choice.bin").first == 0 }
}

final class CrashKind: FailingKind, Kind {
  static let name = "crash", share = 1
  func attempt(_ input: Input) { if fails(input) { fatalError("as it was told to") } }
}

final class HangKind: FailingKind, Kind {
  static let name = "hang", share = 1
  func attempt(_ input: Input) { while fails(input) {} }
}

final class MemoryKind: FailingKind, Kind {
  static let name = "memory", share = 1
  func attempt(_ input: Input) {
    guard fails(input) else { return }
    var all: [[UInt8]] = []
    while true { all.append([UInt8](repeating: UInt8(all.count & 255), count: 1 << 20)) }
  }
}

final class PromiseKind: FailingKind, Kind {
  static let name = "promise", share = 1
  func attempt(_ input: Input) throws { if fails(input) { throw Failure("a promise was broken") } }
}
