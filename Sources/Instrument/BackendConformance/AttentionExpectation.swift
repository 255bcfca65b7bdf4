import Tensors

/// What an attention makes of its texts, forward and back, in Double.
struct AttentionExpectation {
  /// `[row, h, c]`, of the texts' rows only.
  private(set) var z = Twin()
  private(set) var query = Twin()
  /// `[h, row, c]`, all of them.
  private(set) var key = Twin()
  private(set) var value = Twin()
  /// Of each text, `[h, query, key]` at the positions that it records: scores, patterns, and the gradients of both.
  private(set) var squares: [(scores: Twin, pattern: Twin, ofScores: Twin, ofPattern: Twin)] = []

  init(_ texts: AttentionTexts, _ numbers: AttentionTexts.Numbers) {
    let tasks = texts.texts.indices.flatMap { text in (0..<texts.heads).map { (text, $0) } }
    var heads = [HeadResult?](repeating: nil, count: tasks.count)
    heads.withUnsafeMutableBufferPointer { heads in
      nonisolated(unsafe) let heads = heads
      Parallel.perform(tasks.count) { task in
        heads[task] = HeadResult(texts, HeadTwin(texts, numbers, text: tasks[task].0, head: tasks[task].1), tasks[task].0)
      }
    }
    let (c, all) = (texts.headWidth, texts.heads * texts.headWidth)
    (z.places, query.places) = ([], [])
    (key, value) = (Twin(count: all * texts.ownRows) { _ in (0, 0) }, Twin(count: all * texts.ownRows) { _ in (0, 0) })
    squares = texts.texts.map { _ in (Twin(), Twin(), Twin(), Twin()) }
    for (task, head) in zip(tasks, heads) {
      guard let head else { continue }
      let (text, number) = task
      for i in head.z.indices {
        let place = (texts.firstRow(text) + i / c) * all + number * c + i % c
        z.append(head.z[i], at: place)
        query.append(head.query[i], at: place)
      }
      for i in head.key.indices {
        let place = (number * texts.ownRows + texts.firstOwnRow(text)) * c + i
        (key.values[place], key.sizes[place]) = head.key[i]
        (value.values[place], value.sizes[place]) = head.value[i]
      }
      for square in head.squares {
        squares[text].scores.append(square.scores.value, size: square.scores.size)
        squares[text].pattern.append(square.pattern.value, size: square.pattern.size)
        squares[text].ofScores.append(square.ofScores.value, size: square.ofScores.size)
        squares[text].ofPattern.append(square.ofPattern.value, size: square.ofPattern.size)
      }
    }
  }
}

extension Twin {
  fileprivate mutating func append(_ number: HeadTwin.Number, at place: Int) {
    append(number.value, size: number.size)
    places?.append(place)
  }
}

/// One head of one text.
private struct HeadResult {
  typealias Number = HeadTwin.Number
  typealias Square = (scores: Number, pattern: Number, ofScores: Number, ofPattern: Number)

  /// `[query, c]`
  var z: [Number] = []
  var query: [Number] = []
  /// `[own key, c]`
  var key: [Number]
  var value: [Number]
  /// `[recorded query, key]`
  var squares: [Square] = []

  init(_ texts: AttentionTexts, _ twin: HeadTwin, _ text: Int) {
    let (c, scale) = (texts.headWidth, Double(texts.scale))
    let (keys, values, own) = (twin.keys(), twin.values(), texts.texts[text].firstOwn)
    key = [Number](repeating: (0, 0), count: (twin.positions.upperBound - own) * c)
    value = key
    for position in twin.positions {
      let (seen, forward) = (Array(twin.visible(position)), twin.pattern(position, keys))
      let back = twin.back(position, forward, values)
      let (q, gradient) = (twin.query(position), twin.gradient(position))
      z += Self.gathered(forward.pattern, seen, values, c, 1)
      query += Self.gathered(back.scores, seen, keys, c, scale)
      for (i, k) in seen.enumerated() where k >= own {
        for j in 0..<c {
          let place = (k - own) * c + j
          key[place].value += scale * back.scores[i].value * q[j]
          key[place].size += scale * back.scores[i].size * abs(q[j])
          value[place].value += forward.pattern[i].value * gradient[j]
          value[place].size += forward.pattern[i].size * abs(gradient[j])
        }
      }
      guard texts.texts[text].recorded?.contains(position) == true else { continue }
      for k in keys.indices {
        guard let i = seen.firstIndex(of: k) else {
          squares.append(((-.infinity, 0), (0, 0), (0, 0), (0, 0)))
          continue
        }
        squares.append((forward.scores[i], forward.pattern[i], back.capped[i], back.pattern[i]))
      }
    }
  }

  /// factor · Σ weights · vectors.
  private static func gathered(
    _ weights: [Number], _ places: [Int], _ vectors: [[Double]], _ c: Int, _ factor: Double
  ) -> [Number] {
    var result = [Number](repeating: (0, 0), count: c)
    for (i, place) in places.enumerated() {
      let (value, size) = (factor * weights[i].value, factor * weights[i].size)
      for j in 0..<c {
        result[j].value += value * vectors[place][j]
        result[j].size += size * abs(vectors[place][j])
      }
    }
    return result
  }
}
