import Record

/// Pictures are the same if their bytes are. Of others their sizes are told: what is on them is for eyes.
enum PictureComparator: OutputComparator {
  static let form = OutputReview.Form.lines

  static func compare(_ sides: OutputSides) -> any Comparison {
    guard let base = PictureOutput(sides.base), let head = PictureOutput(sides.head) else {
      return UnreadableComparison(sides, "it is no picture that browsers show")
    }
    return PictureComparison(base, head)
  }
}

/// Two pictures, of which it is known that their bytes differ or not.
private struct PictureComparison: Comparison {
  let verdict: OutputReview.Verdict
  let numbers = NumberChanges()
  let findings: [String]
  /// Whether it is of another kind or size now.
  let isStructural: Bool
  let lines: [LineChange]

  init(_ base: PictureOutput, _ head: PictureOutput) {
    let isSame = base.data == head.data
    let (before, after) = (base.facts, head.facts)
    verdict = isSame ? .same : .changed
    isStructural =
      base.format != head.format || base.pixels.map { [$0.width, $0.height] } != head.pixels.map { [$0.width, $0.height] }
    findings = isSame ? [] : [before == after ? "another picture of the same size (\(after))" : "\(before) -> \(after)"]
    lines = isSame ? [] : [LineChange(base: before, head: after, line: 1, isWithin: false)]
  }
}
