import CCmark

/// Markdown without its formulas, for cmark, which must not see the `_`, `*` and `\\` of TeX: in the place of each stand as many bytes that mean
/// nothing, so that everything else keeps its line and column. When cmark has read the text, `place` puts the formulas back.
///
/// Where cmark then finds such bytes in code, raw HTML or an address, no formula was meant, and it gets what was written.
struct MathematicsMask {
  /// A formula that is taken out.
  struct Masked {
    var source: MathematicsSource
    /// What was written, a piece for each line.
    var pieces: [[UInt8]]
  }

  /// What stands for a part of a formula, when formulas are looked for: no formula holds another one.
  static let taken: UInt8 = 0

  private(set) var problems: [MathematicsSource.Problem] = []
  /// By the characters that stand in their places.
  private(set) var masked: [Unicode.Scalar: Masked] = [:]
  /// Fills the room behind such a character, and on the other lines of the formula.
  let filler: UInt8
  private var lines: [[UInt8]]
  private var marks: MarkSupply

  /// What cmark reads.
  var text: String { String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self) }

  var isEmpty: Bool { masked.isEmpty }

  /// - Parameter lines: without their ends.
  init(_ lines: [String]) {
    self.lines = lines.map { Array($0.utf8) }
    marks = MarkSupply(lines)
    filler = marks.filler ?? 0x01
    guard self.lines.contains(where: { $0.contains(UInt8(ascii: "$")) }) else { return }
    guard marks.filler != nil else {
      problems.append(
        MathematicsSource.Problem(
          line: 1, column: 1, message: "the file holds every control character there is, and formulas cannot be told apart in it",
          advice: "Take the control characters out."))
      return
    }
    // A block of TeX may look like lists, headings and code, so what follows it is read again. Each round takes out one at least.
    while maskOnce() {}
  }

  init(_ markdown: String) {
    self.init(markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
  }

  /// Masks what is found by the blocks that the text has now. Returns whether those have changed by it.
  private mutating func maskOnce() -> Bool {
    let text = text
    guard let root = cmark_parse_document(text, text.utf8.count, CMARK_OPT_DEFAULT) else { return false }
    defer { cmark_node_free(root) }
    var leaves: [Leaf] = []
    MarkdownParser.forEach(in: root) { node in
      let type = cmark_node_get_type(node)
      if type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING { leaves.append(Leaf(node)) }
    }
    var (end, isChanged) = (0, false)
    for leaf in leaves where leaf.first >= end {
      if let last = mask(leaf) { (end, isChanged) = (last + 1, true) }
    }
    return isChanged
  }

  /// Masks the formulas of a paragraph. Returns the last line of a block that goes beyond it.
  private mutating func mask(_ leaf: Leaf) -> Int? {
    guard leaf.first < lines.count, leaf.first <= leaf.last else { return nil }
    let range = leaf.first...min(leaf.last, lines.count - 1)
    guard range.contains(where: { lines[$0].contains(UInt8(ascii: "$")) }) else { return nil }
    let content = Content(range.map { ($0, start(of: $0, in: leaf) ?? lines[$0].count) }, lines: lines, cleared)
    var scanner = MathematicsScanner(content.bytes)
    var found: [MathematicsScanner.Found] = []
    while let next = scanner.next() { found.append(next) }
    var last: Int?
    // From the last to the first, since a formula that is longer than its line may lengthen it.
    for formula in found.reversed() {
      guard let tex = formula.tex else {
        last = maskBlock(from: content.place(formula.range.lowerBound), leaf: leaf)
        continue
      }
      let source = MathematicsSource(tex: content.pieces(tex), isDisplay: formula.isDisplay)
      replace(content.pieces(formula.range), with: source)
    }
    return last
  }

  /// Masks a block of TeX whose opening marks stand at a place. Returns its last line, or nil if nothing closes it.
  private mutating func maskBlock(from opening: (line: Int, column: Int), leaf: Leaf) -> Int? {
    var outer = [piece(opening.line, opening.column, lines[opening.line].count)]
    var tex = [piece(opening.line, opening.column + 2, lines[opening.line].count)]
    var line = opening.line + 1
    while line < lines.count, let start = start(of: line, in: leaf), !beginsFence(lines[line][start...]),
      !cleared(lines[line][start...]).contains(Self.taken)
    {
      if let close = MathematicsScanner.closing(in: lines[line], from: start) {
        tex.append(piece(line, start, close))
        outer.append(piece(line, start, close + 2))
        if tex.allSatisfy({ $0.bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 } }) {
          report(opening, "the formula between '$$' and '$$' is empty", advice: "Write TeX between them, or take them out.")
        }
        replace(outer, with: MathematicsSource(tex: tex, isDisplay: true))
        return line
      }
      tex.append(piece(line, start, lines[line].count))
      outer.append(piece(line, start, lines[line].count))
      line += 1
    }
    report(
      opening, "nothing closes the formula that '$$' begins here",
      advice: #"End it by a line '$$', in the same quote or list. Write '\$$' for two dollar signs."#)
    return nil
  }

  private mutating func report(_ place: (line: Int, column: Int), _ message: String, advice: String) {
    // It may have been told before, since texts are read again.
    problems.removeAll { $0.line == place.line + 1 && $0.column == place.column + 1 }
    problems.append(
      MathematicsSource.Problem(line: place.line + 1, column: place.column + 1, message: message, advice: advice))
  }

  /// A part of a line, with what stands for formulas made out.
  private func cleared(_ line: ArraySlice<UInt8>) -> [UInt8] {
    if masked.isEmpty { return Array(line) }
    var (result, index) = ([UInt8](), line.startIndex)
    result.reserveCapacity(line.count)
    while index < line.endIndex {
      let byte = line[index]
      let length = byte >= 0xF3 ? 4 : byte == 0xEE || byte == 0xEF ? 3 : 1
      let scalar =
        length == 1 ? nil : String(decoding: line[index..<min(index + length, line.endIndex)], as: UTF8.self).unicodeScalars.first
      let isMark = byte == filler || scalar.map { masked[$0] != nil } ?? false
      result += isMark ? Array(repeating: Self.taken, count: length) : Array(line[index..<min(index + length, line.endIndex)])
      index += length
    }
    return result
  }

  private func piece(_ line: Int, _ start: Int, _ end: Int) -> MathematicsSource.Piece {
    MathematicsSource.Piece(line: line, start: start, bytes: Array(lines[line][start..<end]))
  }

  private func beginsFence(_ line: ArraySlice<UInt8>) -> Bool {
    let content = line.drop { $0 == 0x20 || $0 == 0x09 }
    return content.starts(with: "```".utf8) || content.starts(with: "~~~".utf8)
  }

  /// Where the content of a leaf's line begins; nil for a line outside of its quotes.
  private func start(of line: Int, in leaf: Leaf) -> Int? {
    if line == leaf.first { return min(leaf.column, lines[line].count) }
    var start = 0
    for _ in 0..<leaf.quotes {
      let mark = lines[line][start...].firstIndex { $0 != 0x20 && $0 != 0x09 }
      guard let mark, lines[line][mark] == UInt8(ascii: ">") else {
        // A paragraph may go on without the marks of its quotes; a block may not.
        return line <= leaf.last ? start : nil
      }
      start = mark + 1
    }
    return start
  }

  private mutating func replace(_ outer: [MathematicsSource.Piece], with source: MathematicsSource) {
    guard let first = outer.first, let last = outer.last else { return }
    var (source, outer) = (source, outer)
    if source.isDisplay, let attribute = Attribute(lines[last.line][(last.start + last.bytes.count)...]) {
      let column = last.start + last.bytes.count + attribute.labelOffset + 1
      source.attribute = (attribute.label, last.line + 1, column)
      outer[outer.count - 1].bytes += attribute.bytes
    }
    guard let mark = marks.next(isNarrow: outer.count == 1 && first.bytes.count == 3) else {
      problems.append(
        MathematicsSource.Problem(
          line: first.line + 1, column: first.start + 1, message: "the file has more formulas than can be told apart",
          advice: "Split it into several notebooks."))
      return
    }
    masked[mark] = Masked(source: source, pieces: outer.map(\.bytes))
    for (index, piece) in outer.enumerated() {
      let bytes = index == 0 ? Array(String(mark).utf8) : []
      // An empty line of a formula must not end its paragraph.
      let count = max(index == 0 ? 0 : 1, piece.bytes.count - bytes.count)
      let range = piece.start..<(piece.start + piece.bytes.count)
      lines[piece.line].replaceSubrange(range, with: bytes + [UInt8](repeating: filler, count: count))
    }
  }

  /// A paragraph or heading: its lines, counted from 0.
  private struct Leaf {
    var first: Int
    var last: Int
    /// Of its first line's content, from 0.
    var column: Int
    /// How many quotes it stands in.
    var quotes: Int

    init(_ node: MarkdownParser.Node) {
      first = max(0, Int(cmark_node_get_start_line(node)) - 1)
      last = Int(cmark_node_get_end_line(node)) - 1
      column = max(0, Int(cmark_node_get_start_column(node)) - 1)
      quotes = sequence(first: node) { cmark_node_parent($0) }.count { cmark_node_get_type($0) == CMARK_NODE_BLOCK_QUOTE }
    }
  }

  /// The lines of a leaf as one text, whose bytes know their places.
  private struct Content {
    private(set) var bytes: [UInt8] = []
    /// Where each line begins: in `bytes`, and in the file.
    private var starts: [(offset: Int, line: Int, column: Int)] = []

    init(_ ranges: [(line: Int, start: Int)], lines: [[UInt8]], _ read: (ArraySlice<UInt8>) -> [UInt8]) {
      for (line, start) in ranges {
        if !starts.isEmpty { bytes.append(0x0A) }
        starts.append((bytes.count, line, start))
        bytes += read(lines[line][start...])
      }
    }

    private func index(of offset: Int) -> Int {
      // Binary search: the last line that begins at or before the offset.
      var (low, high) = (0, starts.count - 1)
      while low < high {
        let middle = (low + high + 1) / 2
        if starts[middle].offset <= offset { low = middle } else { high = middle - 1 }
      }
      return low
    }

    func place(_ offset: Int) -> (line: Int, column: Int) {
      let start = starts[index(of: offset)]
      return (start.line, start.column + offset - start.offset)
    }

    /// The parts of the lines that a range takes.
    func pieces(_ range: Range<Int>) -> [MathematicsSource.Piece] {
      (index(of: range.lowerBound)...index(of: max(range.lowerBound, range.upperBound))).map { index in
        let start = starts[index]
        let lower = max(range.lowerBound, start.offset)
        let end = index + 1 < starts.count ? starts[index + 1].offset - 1 : bytes.count
        let upper = max(lower, min(range.upperBound, end))
        return MathematicsSource.Piece(
          line: start.line, start: start.column + lower - start.offset, bytes: Array(bytes[lower..<upper]))
      }
    }
  }

  /// `{#eq-dla}` behind the closing marks, with the spaces before it.
  private struct Attribute {
    var bytes: [UInt8]
    var label: String
    var labelOffset: Int

    init?(_ rest: ArraySlice<UInt8>) {
      let spaces = rest.prefix { $0 == 0x20 || $0 == 0x09 }.count
      let content = rest.dropFirst(spaces)
      guard content.starts(with: "{#".utf8), let end = content.firstIndex(of: UInt8(ascii: "}")) else { return nil }
      label = String(decoding: content[(content.startIndex + 2)..<end], as: UTF8.self)
      bytes = Array(rest[rest.startIndex...end])
      labelOffset = spaces + 2
    }
  }
}

/// Characters that a text does not hold.
private struct MarkSupply {
  private let used: Set<Unicode.Scalar>
  private var narrow: UInt32 = 0xE000
  private var wide: UInt32 = 0xF_0000
  /// A control character.
  let filler: UInt8?

  init(_ lines: [String]) {
    var (used, controls) = (Set<Unicode.Scalar>(), Set<UInt8>())
    for line in lines {
      for byte in line.utf8 where byte < 0x20 || byte == 0x7F { controls.insert(byte) }
      for scalar in line.unicodeScalars where scalar.properties.generalCategory == .privateUse { used.insert(scalar) }
    }
    self.used = used
    filler = ([UInt8](0x01...0x08) + [UInt8](0x0E...0x1F) + [0x7F]).first { !controls.contains($0) }
  }

  /// - Parameter isNarrow: whether it may take three bytes only, and not four.
  mutating func next(isNarrow: Bool) -> Unicode.Scalar? {
    while isNarrow ? narrow <= 0xF8FF : wide <= 0x10_FFFD {
      let value = isNarrow ? narrow : wide
      if isNarrow { narrow += 1 } else { wide += 1 }
      // The last two of a plane are no characters.
      guard let scalar = Unicode.Scalar(value), value & 0xFFFE != 0xFFFE, !used.contains(scalar) else { continue }
      return scalar
    }
    return nil
  }
}
