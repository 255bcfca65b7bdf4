import Tensors

/// A compiled pattern: a small program that finds, backtracking, what Oniguruma would find.
///
/// It works on UTF-8 as it lies, tests characters in sets of bits, and tries at each place only those alternatives that can begin with the
/// byte that stands there. Patterns that can match nothing at all are refused.
final class Pattern: @unchecked Sendable {
  // The memory is written while it is made, and only read afterwards, from any thread.

  struct Instruction {
    enum Kind: UInt8 {
      /// A character of a set; as many as there are, from `least` to `most`, which may be given back one by one, or not.
      case character, greedy, possessive
      /// First `next`, and `other` if that fails.
      case split
      /// What stands behind must, or must not, follow; it ends with `accept`, and `next` is behind it.
      case ahead, notAhead
      /// What stands behind gives back nothing; it ends with `accept`, and `next` is behind it.
      case atomic
      case jump, accept
    }

    var kind: Kind
    var set: UnsafePointer<UInt64>?
    var least = 0, most = 0
    var next = 0, other = 0
  }

  struct Frame {
    var instruction: Int
    var position: Int
    /// How far characters may be given back; -1 if none.
    var lowest: Int
  }

  private let code: UnsafeMutableBufferPointer<Instruction>
  private let memory: [UnsafeMutablePointer<UInt64>]
  /// Where each alternative begins.
  let starts: [Int]
  /// The alternatives that may begin with a byte, a bit for each.
  let candidates: [UInt64]
  /// So many steps back are Oniguruma's limit too.
  private static let mostSteps = 10_000_000

  init(_ syntax: PatternSyntax) throws(PatternSyntax.Problem) {
    guard !syntax.canBeEmpty else { throw PatternSyntax.Problem(text: "can match nothing at all") }
    var alternatives = if case .alternatives(let parts) = syntax { parts } else { [syntax] }
    if alternatives.count > 64 { alternatives = [syntax] }
    var compiler = PatternCompiler()
    var starts: [Int] = []
    for alternative in alternatives {
      starts.append(compiler.code.count)
      try compiler.add(alternative)
      compiler.accept()
    }
    self.starts = starts
    code = .allocate(capacity: compiler.code.count)
    let memory = compiler.sets.map { set in
      let words = UnsafeMutablePointer<UInt64>.allocate(capacity: set.words.count)
      words.initialize(from: set.words, count: set.words.count)
      return words
    }
    self.memory = memory
    let all = compiler.code.map { step in
      var instruction = step.instruction
      instruction.set = step.set.map { UnsafePointer(memory[$0]) }
      return instruction
    }
    _ = code.initialize(from: all)
    candidates = Self.candidates(alternatives)
  }

  deinit {
    code.deallocate()
    for words in memory { words.deallocate() }
  }

  private static func candidates(_ alternatives: [PatternSyntax]) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: 256)
    for (index, alternative) in alternatives.enumerated() {
      let first = alternative.first
      for byte in 0..<256 where first?.mayBegin(with: UInt8(byte)) ?? true { result[byte] |= 1 << UInt64(index) }
    }
    return result
  }

  /// Goes through a part of a text: what the pattern matches, and what lies between.
  /// - Throws: `notEncodable` if there is no end of trying, `interrupted`; what `body` throws.
  func forEach(
    _ bytes: UnsafePointer<UInt8>, in range: Range<Int>, _ body: (Range<Int>, _ isMatch: Bool) throws(ModelError) -> Void
  ) throws(ModelError) {
    var stack: [Frame] = []
    stack.reserveCapacity(64)
    let code = UnsafePointer<Instruction>(self.code.baseAddress)
    guard let code else { return }
    var (position, start, looked) = (range.lowerBound, range.lowerBound, range.lowerBound)
    while position < range.upperBound {
      if position - looked > 1 << 16 {
        looked = position
        if Interruption.isRequested() { throw .interrupted }
      }
      guard let end = try match(code, bytes, position, range.upperBound, &stack) else {
        position += UTF8Text.scalar(bytes, position, range.upperBound).length
        continue
      }
      if start < position { try body(start..<position, false) }
      try body(position..<end, true)
      (position, start) = (end, end)
    }
    if start < range.upperBound { try body(start..<range.upperBound, false) }
  }

  @inline(__always)
  private func match(
    _ code: UnsafePointer<Instruction>, _ bytes: UnsafePointer<UInt8>, _ position: Int, _ end: Int, _ stack: inout [Frame]
  ) throws(ModelError) -> Int? {
    var rest = candidates[Int(bytes[position])]
    while rest != 0 {
      let alternative = rest.trailingZeroBitCount
      rest &= rest - 1
      var run = PatternRun(code: code, bytes: bytes, end: end, steps: Self.mostSteps)
      let found = run.run(starts[alternative], position, &stack)
      if found >= 0 { return found }
      if found == PatternRun.gaveUp {
        stack.removeAll(keepingCapacity: true)
        if Interruption.isRequested() { throw .interrupted }
        throw .notEncodable(
          text: String(decoding: UnsafeBufferPointer(start: bytes + position, count: min(80, end - position)), as: UTF8.self))
      }
    }
    return nil
  }
}

extension ScalarSet {
  /// Whether a character of the set begins with a byte in UTF-8.
  fileprivate func mayBegin(with byte: UInt8) -> Bool {
    let value = UInt32(byte)
    let range: ClosedRange<UInt32>? =
      switch value {
      case 0..<0x80: value...value
      case 0xC2..<0xE0: (value & 0x1F) << 6...(value & 0x1F) << 6 | 0x3F
      case 0xE0..<0xF0: (value & 0x0F) << 12...(value & 0x0F) << 12 | 0xFFF
      case 0xF0..<0xF5: (value & 0x07) << 18...min(0x10FFFF, (value & 0x07) << 18 | 0x3FFFF)
      default: nil
      }
    guard let range else { return false }
    if range.count == 1 { return contains(range.lowerBound) }
    return words[Int(range.lowerBound >> 6)...Int(range.upperBound >> 6)].contains { $0 != 0 }
  }
}

/// One attempt at one place.
private struct PatternRun {
  static let failed = -1, gaveUp = -2

  let code: UnsafePointer<Pattern.Instruction>
  let bytes: UnsafePointer<UInt8>
  let end: Int
  /// Steps that are left.
  var steps: Int

  /// Where the match ends, or `failed`, or `gaveUp`.
  mutating func run(_ start: Int, _ from: Int, _ stack: inout [Pattern.Frame]) -> Int {
    let floor = stack.count
    var (instruction, position) = (start, from)
    while true {
      let step = code[instruction]
      var goesOn = true
      switch step.kind {
      case .character:
        let length = matches(step, position)
        goesOn = length > 0
        position += length
        instruction += 1
      case .greedy, .possessive:
        var (count, lowest) = (0, position)
        while count < step.most {
          let length = matches(step, position)
          guard length > 0 else { break }
          position += length
          count += 1
          if count == step.least { lowest = position }
        }
        goesOn = count >= step.least
        instruction += 1
        if goesOn, step.kind == .greedy, position > lowest {
          stack.append(Pattern.Frame(instruction: instruction, position: position, lowest: lowest))
        }
      case .split:
        stack.append(Pattern.Frame(instruction: step.other, position: position, lowest: -1))
        instruction = step.next
      case .jump: instruction = step.next
      case .ahead, .notAhead, .atomic:
        let found = run(instruction + 1, position, &stack)
        if found == Self.gaveUp { return found }
        goesOn = (found >= 0) != (step.kind == .notAhead)
        if step.kind == .atomic, goesOn { position = found }
        instruction = step.next
      case .accept:
        stack.removeLast(stack.count - floor)
        return position
      }
      if !goesOn {
        guard stack.count > floor, var frame = stack.popLast() else { return Self.failed }
        steps -= 1
        guard steps > 0 else { return Self.gaveUp }
        if frame.lowest >= 0 {
          frame.position = UTF8Text.before(bytes, frame.position, frame.lowest)
          if frame.position > frame.lowest { stack.append(frame) }
        }
        (instruction, position) = (frame.instruction, frame.position)
      }
    }
  }

  /// How many bytes the character at a position takes if it is in the set; 0 if it is not.
  @inline(__always)
  private func matches(_ step: Pattern.Instruction, _ position: Int) -> Int {
    guard position < end, let set = step.set else { return 0 }
    let (scalar, length) = UTF8Text.scalar(bytes, position, end)
    return set[Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 == 1 ? length : 0
  }
}

/// Turns a tree into instructions.
private struct PatternCompiler {
  typealias Problem = PatternSyntax.Problem
  var code: [(instruction: Pattern.Instruction, set: Int?)] = []
  var sets: [ScalarSet] = []

  mutating func accept() {
    // Nothing stands behind that could want characters back.
    if let last = code.indices.last, code[last].instruction.kind == .greedy { code[last].instruction.kind = .possessive }
    emit(.accept)
  }

  private mutating func emit(_ kind: Pattern.Instruction.Kind, _ set: Int? = nil, least: Int = 0, most: Int = 0) {
    code.append((Pattern.Instruction(kind: kind, set: nil, least: least, most: most), set))
  }

  private mutating func number(_ set: ScalarSet) throws(Problem) -> Int {
    if let number = sets.firstIndex(of: set) { return number }
    guard sets.count < 100 else { throw Problem(text: "holds more than 100 different sets of characters") }
    sets.append(set)
    return sets.count - 1
  }

  mutating func add(_ syntax: PatternSyntax) throws(Problem) {
    guard code.count < 20_000 else { throw Problem(text: "is too large") }
    switch syntax {
    case .set(let set): emit(.character, try number(set))
    case .sequence(let parts): for part in parts { try add(part) }
    case .alternatives(let parts): try alternatives(parts[...])
    case .repetition(.set(let set), let least, let most, let isPossessive):
      emit(isPossessive ? .possessive : .greedy, try number(set), least: least, most: most)
    case .repetition(let part, let least, let most, let isPossessive):
      if isPossessive {
        try enclosed(.atomic, .repetition(part, least: least, most: most, isPossessive: false))
      } else {
        try repetition(part, least, most)
      }
    case .lookahead(let part, let isNegative): try enclosed(isNegative ? .notAhead : .ahead, part)
    }
  }

  private mutating func enclosed(_ kind: Pattern.Instruction.Kind, _ part: PatternSyntax) throws(Problem) {
    let place = code.count
    emit(kind)
    try add(part)
    accept()
    code[place].instruction.next = code.count
  }

  private mutating func alternatives(_ parts: ArraySlice<PatternSyntax>) throws(Problem) {
    guard let first = parts.first else { return }
    guard parts.count > 1 else { return try add(first) }
    var ends: [Int] = []
    for (index, part) in parts.enumerated() {
      let place = code.count
      let isLast = index == parts.count - 1
      if !isLast {
        emit(.split)
        code[place].instruction.next = place + 1
      }
      try add(part)
      if !isLast {
        ends.append(code.count)
        emit(.jump)
        code[place].instruction.other = code.count
      }
    }
    for end in ends { code[end].instruction.next = code.count }
  }

  private mutating func repetition(_ part: PatternSyntax, _ least: Int, _ most: Int) throws(Problem) {
    for _ in 0..<least { try add(part) }
    let isEndless = most == Int.max
    var splits: [Int] = []
    for _ in 0..<(isEndless ? 1 : most - least) {
      splits.append(code.count)
      emit(.split)
      code[code.count - 1].instruction.next = code.count
      try add(part)
      if isEndless, let start = splits.last {
        emit(.jump)
        code[code.count - 1].instruction.next = start
      }
    }
    for split in splits { code[split].instruction.other = code.count }
  }
}
