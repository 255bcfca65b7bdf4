import Tensors

extension ConformanceCheck {
  typealias Text = AttentionTexts.Text

  static func attentions(_ trial: Trial) -> [AttentionTexts] {
    if trial.isLarge {
      return [
        AttentionTexts(
          heads: 2, groups: 1, headWidth: 256, [Text(0..<700, recorded: 650..<700), Text(300..<1130, recorded: 300..<310)]),
        AttentionTexts(heads: 4, groups: 2, headWidth: 128, softCap: 50, window: 100, [Text(0..<300), Text(517..<1130)]),
        AttentionTexts(heads: 2, groups: 2, headWidth: 64, [Text(1100..<1116), Text(0..<1), Text(0..<129)]),
      ]
    }
    return [
      AttentionTexts(heads: 4, groups: 2, headWidth: 16, [Text(0..<20, recorded: 0..<20)]),
      AttentionTexts(heads: 3, groups: 1, headWidth: 7, [Text(0..<1, recorded: 0..<1)]),
      AttentionTexts(
        heads: 2, groups: 2, headWidth: 33, softCap: 2, [Text(0..<13, recorded: 3..<7), Text(5..<9, recorded: 8..<9)]),
      AttentionTexts(
        heads: 4, groups: 1, headWidth: 16, window: 6, [Text(0..<37, recorded: 20..<37), Text(30..<41), Text(7..<8)]),
      AttentionTexts(
        heads: 2, groups: 1, headWidth: 8, softCap: 3, window: 5,
        [Text(140..<150, firstOwn: 130, recorded: 141..<143), Text(0..<130, recorded: 126..<130)]),
      AttentionTexts(heads: 1, groups: 1, headWidth: 1, [Text(0..<3), Text(2..<100, firstOwn: 1)]),
    ]
  }

  static let attention = [
    ConformanceCheck("attention gathers values by the softmax of scores, and records them") { trial in
      for texts in attentions(trial) {
        let numbers = texts.numbers(trial), twin = AttentionExpectation(texts, numbers)
        let before = trial.numbers(numbers.queries.shape)
        var z = trial.backend.upload(before)
        let squares = trial.backend.attend(texts.call(trial, numbers), into: &z)
        trial.expect("attend", texts.situation, z, twin.z, .attention)
        expectGaps(trial, "attend", texts, z, before)
        for (text, square) in squares.enumerated() {
          trial.expectRecorded("attend", "scores", texts, text, square.scores, twin.squares[text].scores)
          trial.expectRecorded("attend", "pattern", texts, text, square.pattern, twin.squares[text].pattern)
        }
      }
    },
    ConformanceCheck("gradients go back through attention, and are recorded") { trial in
      for texts in attentions(trial) {
        let numbers = texts.numbers(trial), twin = AttentionExpectation(texts, numbers)
        let call = texts.call(trial, numbers)
        var gradients = AttentionGradients(call, rows: texts.ownRows)
        let before = trial.numbers(numbers.queries.shape)
        gradients.query = trial.backend.upload(before)
        let squares = trial.backend.attentionGradient(call, z: trial.put(numbers.z), into: &gradients)
        trial.expect("attentionGradient", texts.situation + ", of the queries", gradients.query, twin.query, .attention)
        expectGaps(trial, "attentionGradient", texts, gradients.query, before)
        trial.expect("attentionGradient", texts.situation + ", of the keys", gradients.key, twin.key, .attention)
        trial.expect("attentionGradient", texts.situation + ", of the values", gradients.value, twin.value, .attention)
        for (text, square) in squares.enumerated() {
          trial.expectRecorded("attentionGradient", "scores", texts, text, square.scores, twin.squares[text].ofScores)
          trial.expectRecorded("attentionGradient", "pattern", texts, text, square.pattern, twin.squares[text].ofPattern)
        }
      }
    },
    ConformanceCheck("attention of one token a text looks at the keys that it is given") { trial in
      let small = [(4, 2, 16, [1, 20, 7], Float?.none), (3, 1, 7, [5], nil), (2, 2, 33, [100, 1], 2), (8, 1, 64, [300], nil)]
      for (heads, groups, c, lengths, cap) in trial.isLarge
        ? [(8, 1, 256, [1130], nil), (8, 1, 256, [1100, 16, 700, 1], 50), (32, 8, 128, [4000], nil)] : small
      {
        // As if each text had a query at its last position, and its first keys were out of sight.
        let texts = AttentionTexts(
          heads: heads, groups: groups, headWidth: c, softCap: cap, lengths.map { Text($0 - 1..<$0, firstOwn: $0) })
        let numbers = texts.numbers(trial), twin = AttentionExpectation(texts, numbers)
        let before = trial.numbers(numbers.queries.shape)
        var z = trial.backend.upload(before)
        trial.backend.attendDecoding(texts.call(trial, numbers), into: &z)
        trial.expect("attendDecoding", texts.situation, z, twin.z, .attention)
        expectGaps(trial, "attendDecoding", texts, z, before)
      }
    },
  ]

  /// Rows that belong to no text stay as they were.
  private static func expectGaps(
    _ trial: Trial, _ operation: String, _ texts: AttentionTexts, _ result: Tensor, _ before: Tensor
  ) {
    let own = Set(
      texts.texts.indices.flatMap { text in
        texts.firstRow(text)..<texts.firstRow(text) + texts.texts[text].positions.count
      })
    for row in 0..<texts.rows where !own.contains(row) {
      trial.expectBits(operation, texts.situation + ", row \(row) of no text", result.select(row), before.select(row))
    }
  }
}

extension Trial {
  /// What was recorded of a text: nothing, unless it was wanted.
  func expectRecorded(
    _ operation: String, _ what: String, _ texts: AttentionTexts, _ text: Int, _ square: Tensor?, _ twin: Twin
  ) {
    let situation = texts.situation + ", \(what) of text \(text)"
    guard let recorded = texts.texts[text].recorded else {
      return expect(operation, situation, square == nil, "it is recorded, and nobody wants it")
    }
    guard let square else { return expect(operation, situation, false, "it is not recorded") }
    let shape = [texts.heads, recorded.count, texts.texts[text].positions.upperBound]
    expect(operation, situation, square.shape == shape, "the shape is \(square.shape), and not \(shape)")
    expect(operation, situation, square, twin, .attention)
  }
}
