import Tensors

extension ConformanceCheck {
  /// Bit for bit, attention is the same however texts are computed together, and wherever the first query is.
  static let attentionInvariance = [
    invariant("a text's attention has the same bits alone and beside others") { trial in
      for texts in attentions(trial) {
        let numbers = texts.numbers(trial), all = Pass(trial, texts, numbers)
        for text in texts.texts.indices {
          let alone = texts.alone(text, numbers)
          all.expect(
            trial, text, equals: Pass(trial, alone.texts, alone.numbers), 0, from: texts.texts[text].positions.lowerBound)
        }
      }
    },
    invariant("a query's attention has the same bits whatever is computed before and behind it") { trial in
      let long = trial.isLarge ? 1130 : 150
      for (cap, window) in [(Float?.none, Int?.none), (2, nil), (nil, 20)] {
        let text = Text(0..<long, recorded: 0..<long)
        var texts = AttentionTexts(heads: trial.isLarge ? 2 : 1, groups: 1, headWidth: trial.isLarge ? 256 : 8, [text])
        (texts.softCap, texts.window) = (cap, window)
        let numbers = texts.numbers(trial), whole = Pass(trial, texts, numbers)
        // The end of a prompt whose beginning is remembered: forward, and on the way back for its own keys.
        for start in trial.isLarge ? [1, 37, 127, 128, 1000] : [37, 128] {
          let part = texts.part(start..<long, numbers)
          whole.expect(trial, 0, equals: Pass(trial, part.texts, part.numbers), 0, from: start)
        }
        // The beginning of a prompt, behind which nothing has been computed.
        for end in trial.isLarge ? [1, 5, 128, 700] : [5, 131] {
          let part = texts.part(0..<end, numbers)
          whole.expectForward(trial, 0, equals: Pass(trial, part.texts, part.numbers), 0, positions: 0..<end)
        }
      }
    },
    invariant("attention step by step, where somebody looks at it, has the bits of attention at once") { trial in
      for texts in attentions(trial) {
        let numbers = texts.numbers(trial), call = texts.call(trial, numbers)
        var z = trial.blank(numbers.queries.shape)
        _ = trial.backend.attend(call, into: &z)
        for (text, part) in call.parts.enumerated() {
          var square = trial.backend.scores(call, part)
          trial.backend.setUnseen(&square, to: -.infinity, seeing: call.columns(part), where: nil)
          trial.backend.softmax(&square)
          let stepwise = trial.made(numbers.queries.shape) { trial.backend.gather(square, call, part, into: &$0) }
          let rows = texts.rows(of: text)
          trial.expectBits("gather", texts.situation + ", text \(text)", stepwise[rows], z[rows])
        }
      }
    },
    invariant("a text's decoding has the same bits alone and beside others") { trial in
      for (heads, groups, c, cap) in trial.isLarge ? [(8, 1, 256, Float?.none)] : [(4, 2, 16, nil), (3, 1, 7, 2)] {
        var texts = AttentionTexts(
          heads: heads, groups: groups, headWidth: c,
          (trial.isLarge ? [1100, 1, 700, 33] : [20, 1, 77]).map { Text($0 - 1..<$0, firstOwn: $0) })
        texts.softCap = cap
        let numbers = texts.numbers(trial)
        let all = trial.made(numbers.queries.shape) { trial.backend.attendDecoding(texts.call(trial, numbers), into: &$0) }
        for text in texts.texts.indices {
          let alone = texts.alone(text, numbers)
          let z = trial.made(alone.numbers.queries.shape) {
            trial.backend.attendDecoding(alone.texts.call(trial, alone.numbers), into: &$0)
          }
          trial.expectBits("attendDecoding", texts.situation, z[alone.texts.rows(of: 0)], all[texts.rows(of: text)])
        }
      }
    },
  ]
}

/// An attention forward and back.
private struct Pass {
  let texts: AttentionTexts
  let z: Tensor
  let squares: [AttentionSquares]
  let gradients: AttentionGradients
  let ofSquares: [AttentionSquares]

  init(_ trial: Trial, _ texts: AttentionTexts, _ numbers: AttentionTexts.Numbers) {
    let call = texts.call(trial, numbers)
    var (z, gradients) = (trial.blank(numbers.queries.shape), AttentionGradients(call, rows: texts.ownRows))
    squares = trial.backend.attend(call, into: &z)
    ofSquares = trial.backend.attentionGradient(call, z: trial.put(numbers.z), into: &gradients)
    (gradients.query, gradients.key, gradients.value) = (gradients.query.home(), gradients.key.home(), gradients.value.home())
    (self.texts, self.z, self.gradients) = (texts, z.home(), gradients)
  }

  /// What both compute of a text from a position on, forward and back.
  func expect(_ trial: Trial, _ text: Int, equals other: Pass, _ otherText: Int, from start: Int) {
    let end = texts.texts[text].positions.upperBound
    expectForward(trial, text, equals: other, otherText, positions: start..<end)
    let (own, others) = (rows(text, start..<end), other.rows(otherText, start..<end))
    trial.expectBits(
      "attentionGradient", situation(other) + ", of the queries", other.gradients.query[others], gradients.query[own])
    let first = max(texts.texts[text].firstOwn, other.texts.texts[otherText].firstOwn)
    let (keys, otherKeys) = (ownRows(text, from: first), other.ownRows(otherText, from: first))
    for head in 0..<texts.heads {
      for (name, mine, theirs) in [
        ("keys", gradients.key, other.gradients.key), ("values", gradients.value, other.gradients.value),
      ] {
        trial.expectBits(
          "attentionGradient", situation(other) + ", of the \(name)", theirs.select(head)[otherKeys], mine.select(head)[keys])
      }
    }
    expectSquares(trial, text, other, otherText, ofSquares[text], other.ofSquares[otherText], start..<end)
  }

  func expectForward(_ trial: Trial, _ text: Int, equals other: Pass, _ otherText: Int, positions: Range<Int>) {
    trial.expectBits("attend", situation(other), other.z[other.rows(otherText, positions)], z[rows(text, positions)])
    expectSquares(trial, text, other, otherText, squares[text], other.squares[otherText], positions)
  }

  private func situation(_ other: Pass) -> String { "\(texts.situation), and \(other.texts.situation)" }

  private func rows(_ text: Int, _ positions: Range<Int>) -> Range<Int> {
    let first = texts.firstRow(text) - texts.texts[text].positions.lowerBound
    return first + positions.lowerBound..<first + positions.upperBound
  }

  private func ownRows(_ text: Int, from position: Int) -> Range<Int> {
    let (first, own, end) = (texts.firstOwnRow(text), texts.texts[text].firstOwn, texts.texts[text].positions.upperBound)
    return first + position - own..<first + end - own
  }

  private func expectSquares(
    _ trial: Trial, _ text: Int, _ other: Pass, _ otherText: Int, _ mine: AttentionSquares, _ theirs: AttentionSquares,
    _ positions: Range<Int>
  ) {
    guard let kept = texts.texts[text].recorded, let otherKept = other.texts.texts[otherText].recorded else { return }
    for (a, b) in [(mine.scores, theirs.scores), (mine.pattern, theirs.pattern)] {
      guard let a = a?.home(), let b = b?.home() else { continue }
      let keys = min(a.shape[2], b.shape[2])
      for position in positions where kept.contains(position) && otherKept.contains(position) {
        for head in 0..<texts.heads {
          let (x, y) = (a.select(head).select(position - kept.lowerBound), b.select(head).select(position - otherKept.lowerBound))
          trial.expectBits("attend", situation(other) + ", recorded at \(position)", y[..<keys], x[..<keys])
        }
      }
    }
  }
}

extension AttentionTexts {
  func rows(of text: Int) -> Range<Int> { firstRow(text)..<firstRow(text) + texts[text].positions.count }

  /// One of the texts, as if there were no others.
  fileprivate func alone(_ text: Int, _ numbers: Numbers) -> (texts: AttentionTexts, numbers: Numbers) {
    var texts = self
    (texts.texts, texts.gap) = ([self.texts[text]], 0)
    return (
      texts,
      Numbers(
        queries: numbers.queries[rows(of: text)], z: numbers.z[rows(of: text)], keys: [numbers.keys[text]],
        values: [numbers.values[text]])
    )
  }

  /// Some positions of the only text, with the keys up to the last of them.
  fileprivate func part(_ positions: Range<Int>, _ numbers: Numbers) -> (texts: AttentionTexts, numbers: Numbers) {
    var (texts, rows) = (self, self.rows(of: 0))
    texts.texts = [ConformanceCheck.Text(positions, recorded: positions)]
    texts.gap = 0
    rows = rows.lowerBound + positions.lowerBound..<rows.lowerBound + positions.upperBound
    let end = positions.upperBound
    return (
      texts,
      Numbers(
        queries: numbers.queries[rows], z: numbers.z[rows], keys: [numbers.keys[0][..<end]], values: [numbers.values[0][..<end]])
    )
  }
}
