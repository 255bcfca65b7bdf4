import Tensors

extension ConformanceCheck {
  /// The steps of an attention whose scores and patterns somebody looks at and replaces: of all queries of a text with all of its keys.
  static let wholeAttention = [
    ConformanceCheck("the scores of all queries and keys are computed, seen or not") { trial in
      forEachText(trial) { texts, numbers, call, text in
        let twin = Twin.heads(texts, numbers, text) { head, result in
          let keys = head.keys()
          for position in head.positions {
            let query = head.query(position)
            for key in keys { result.append(head.score(query, key)) }
          }
        }
        let scores = trial.backend.scores(call, call.parts[text])
        trial.expect("scores", texts.situation + ", text \(text)", scores, twin, .attention)
      }
    },
    ConformanceCheck("any pattern gathers values") { trial in
      forEachText(trial) { texts, numbers, call, text in
        let pattern = trial.pattern(texts, text)
        var twin = Twin.heads(texts, numbers, text) { head, result in
          let values = head.values()
          for (weights, _) in head.rows(pattern) {
            for j in 0..<texts.headWidth {
              let terms = weights.indices.map { weights[$0] * values[$0][j] }
              result.append((terms.sum, terms.map(abs).sum))
            }
          }
        }
        twin.places = texts.rowPlaces(text)
        let z = trial.made(numbers.z.shape) { trial.backend.gather(trial.put(pattern), call, call.parts[text], into: &$0) }
        trial.expect("gather", texts.situation + ", text \(text)", z, twin, .attention)
      }
    },
    ConformanceCheck("the gradient of a whole pattern is that of what it gathers") { trial in
      forEachText(trial) { texts, numbers, call, text in
        let twin = Twin.heads(texts, numbers, text) { head, result in
          let values = head.values()
          for position in head.positions {
            let gradient = head.gradient(position)
            for value in values { result.append(HeadTwin.dot(gradient, value)) }
          }
        }
        let square = trial.backend.patternGradient(trial.put(numbers.z), call, call.parts[text])
        trial.expect("patternGradient", texts.situation + ", text \(text)", square, twin, .attention)
      }
    },
    ConformanceCheck("whole patterns and gradients of scores make gradients of values, keys and queries") { trial in
      forEachText(trial) { texts, numbers, call, text in
        let (pattern, scores) = (trial.pattern(texts, text), trial.numbers(trial.pattern(texts, text).shape))
        var gradients = AttentionGradients(call, rows: texts.ownRows)
        let before = trial.numbers(gradients.key.shape)
        (gradients.key, gradients.value) = (trial.backend.upload(before), trial.backend.upload(before))
        trial.backend.addValueGradient(trial.put(pattern), trial.put(numbers.z), call, call.parts[text], to: &gradients)
        trial.backend.addScoreGradient(trial.put(scores), call, call.parts[text], to: &gradients)
        let situation = texts.situation + ", text \(text)"
        let values = Twin.gathered(texts, numbers, text, pattern, factor: 1, before) { $0.gradient($1) }
        trial.expect("addValueGradient", situation, gradients.value, values, .attention)
        let keys = Twin.gathered(texts, numbers, text, scores, factor: Double(texts.scale), before) { $0.query($1) }
        trial.expect("addScoreGradient", situation + ", of the keys", gradients.key, keys, .attention)
        var queries = Twin.heads(texts, numbers, text) { head, result in
          let keys = head.keys()
          for (weights, _) in head.rows(scores) {
            for j in 0..<texts.headWidth {
              let terms = weights.indices.map { Double(texts.scale) * weights[$0] * keys[$0][j] }
              result.append((terms.sum, terms.map(abs).sum))
            }
          }
        }
        queries.places = texts.rowPlaces(text)
        trial.expect("addScoreGradient", situation + ", of the queries", gradients.query, queries, .attention)
      }
    },
  ]

  private static func forEachText(
    _ trial: Trial, _ body: (AttentionTexts, AttentionTexts.Numbers, AttentionCall, Int) -> Void
  ) {
    for var texts in attentions(trial) {
      // Of long texts only some queries, so that the twin takes no longer than the rest.
      if trial.isLarge { texts.texts = texts.texts.map { Text($0.positions.suffix(140)) } }
      let numbers = texts.numbers(trial)
      for text in texts.texts.indices { body(texts, numbers, texts.call(trial, numbers), text) }
    }
  }
}

extension AttentionTexts {
  /// Where the numbers of a text's rows lie in `[row, h, c]`, head by head.
  func rowPlaces(_ text: Int) -> [Int] {
    (0..<heads).flatMap { head in
      texts[text].positions.indices.flatMap { position in
        let row = firstRow(text) + position - texts[text].positions.lowerBound
        return (0..<headWidth).map { (row * heads + head) * headWidth + $0 }
      }
    }
  }
}

extension Trial {
  /// A pattern as a hook may make it, `[h, query, key]`: in the first head anything, also behind the diagonal, in the others what queries see.
  func pattern(_ texts: AttentionTexts, _ text: Int) -> Tensor {
    let positions = texts.texts[text].positions
    var pattern = numbers([texts.heads, positions.count, positions.upperBound])
    let size = positions.count * positions.upperBound
    pattern.withUnsafeMutableElements { pattern in
      for i in size..<max(size, pattern.count) {
        let (position, key) = (positions.lowerBound + i / positions.upperBound % positions.count, i % positions.upperBound)
        if !texts.visible(position).contains(key) { pattern[i] = 0 }
      }
    }
    return pattern
  }
}

extension HeadTwin {
  /// The rows of this head in `[h, query, key]`, with the queries' positions.
  func rows(_ square: Tensor) -> [(weights: [Double], position: Int)] {
    let own = square.select(head)
    return positions.map { (own.select($0 - positions.lowerBound).doubles, $0) }
  }
}

extension Twin {
  mutating func append(_ number: HeadTwin.Number) { append(number.value, size: number.size) }

  /// The numbers of a text's heads, one behind the other.
  static func heads(
    _ texts: AttentionTexts, _ numbers: AttentionTexts.Numbers, _ text: Int, _ body: (HeadTwin, inout Twin) -> Void
  ) -> Twin {
    var result = Twin()
    for head in 0..<texts.heads { body(HeadTwin(texts, numbers, text: text, head: head), &result) }
    return result
  }

  /// What a square gathers for a text's own keys, `[h, row, c]`, added to what was there.
  static func gathered(
    _ texts: AttentionTexts, _ numbers: AttentionTexts.Numbers, _ text: Int, _ square: Tensor, factor: Double, _ before: Tensor,
    _ vector: (HeadTwin, Int) -> [Double]
  ) -> Twin {
    let (c, own, there) = (texts.headWidth, texts.texts[text].firstOwn, before.doubles)
    var result = Twin(count: there.count) { (there[$0], abs(there[$0])) }
    for number in 0..<texts.heads {
      let head = HeadTwin(texts, numbers, text: text, head: number)
      for (weights, position) in head.rows(square) {
        let vector = vector(head, position)
        for key in own..<max(own, weights.count) {
          for j in 0..<c {
            let place = (number * texts.ownRows + texts.firstOwnRow(text) + key - own) * c + j
            result.values[place] += factor * weights[key] * vector[j]
            result.sizes[place] += abs(factor * weights[key] * vector[j])
          }
        }
      }
    }
    return result
  }
}
