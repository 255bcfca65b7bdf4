import Tensors

extension ConformanceCheck {
  static let memory = [
    ConformanceCheck("numbers go to the backend and come home with all their bits") { trial in
      let special: [Float] = [
        0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1, -.leastNormalMagnitude / 64,
      ]
      for count in [0, 1, 7, 100, 577] + (trial.isLarge ? [1130 * 16384] : []) {
        var x = trial.numbers([count])
        x.withUnsafeMutableElements { x in for i in x.indices.prefix(special.count) { x[i] = special[i] } }
        let there = trial.backend.upload(x)
        trial.expect("upload", "\(count) numbers", there.device == trial.backend.device, "they lie on \(there.device)")
        trial.expectBits("upload", "\(count) numbers", there, x)
        trial.expectBits("upload", "\(count) numbers, their last", there[(count / 3)...], x[(count / 3)...])
        let copy = trial.made([count]) { trial.backend.copy(trial.put(x), into: &$0, whole(count)) }
        trial.expectBits("copy", "\(count) numbers", copy, x)
      }
      let broken = Tensor([Float(bitPattern: 0x7FC1_2345), Float(bitPattern: 0xFFC0_0001)])
      trial.expectBits("upload", "NaN", trial.backend.upload(broken), broken)
    },
    ConformanceCheck("a copy is another tensor, and a part is of the same") { trial in
      let x = trial.numbers([6, 7])
      var (there, copy) = (trial.backend.upload(x), trial.backend.allocate([0]))
      copy = there
      // Numbers that came home once are read anew when others have been written.
      trial.expectBits("upload", "", there, x)
      trial.backend.fill(&there, with: 3)
      trial.expectBits("fill", "a copy of what is filled", copy, x)
      trial.expectBits("fill", "after it was read", there, Tensor(repeating: 3, shape: [6, 7]))
      trial.backend.add(copy, times: 1, to: &there)
      trial.expectBits("add", "after it was read", there, x + 3)
      trial.expectBits("upload", "a part", copy[2..<5].select(1), x.select(3))
    },
    ConformanceCheck("tensors are filled") { trial in
      for shape in shapes(trial) {
        for value: Float in [0, -1.5, .nan, -.infinity] {
          let y = trial.made(shape) { trial.backend.fill(&$0, with: value) }
          trial.expectBits("fill", "\(shape) with \(value)", y, Tensor(repeating: value, shape: shape))
        }
      }
    },
    ConformanceCheck("numbers are copied between any places") { trial in for places in copies(trial) { copy(trial, places) } },
    ConformanceCheck("rows are gathered from weights of every format") { trial in
      for format in WeightMatrix.Format.allCases {
        let whole = RandomWeight(format, rows: 12, columns: 512, seed: 3).matrix
        for (name, weight, there) in RandomWeight.views(of: whole, on: trial.backend) {
          let last = weight.rows - 1
          trial.expect("upload", "\(name)", there.shape == weight.shape, "the shape is \(there.shape)")
          for indices in [[], [last], [last, 0, 5, 5, 1], Array(0..<weight.rows)] {
            let y = trial.made([indices.count, weight.columns]) { trial.backend.gather(there, indices, into: &$0) }
            trial.expectBits("gather", "\(indices.count) rows of \(name)", y, weight.gathered(indices))
          }
        }
      }
    },
    ConformanceCheck("rows are added where their indices say, one after the other") { trial in
      for (rows, width, indices) in [(4, 7, [2, 0, 2, 3, 2]), (3, 33, []), (9, 100, [8, 8, 8]), (1, 1, [0])] {
        let (x, before, factor) = (trial.numbers([indices.count, width]), trial.numbers([rows, width]), Float(-0.7))
        let y = trial.changed("addRows", "\(indices)", before) {
          trial.backend.addRows(trial.put(x), at: indices, factor: factor, to: &$0)
        }
        let (a, b) = (x.doubles, before.doubles)
        let twin = Twin(count: before.count) { place in
          let terms = indices.indices.filter { indices[$0] == place / width }.map {
            Double(factor) * a[$0 * width + place % width]
          }
          return (b[place] + terms.sum, (abs(b[place]) + terms.map(abs).sum) * Double(max(1, terms.count)))
        }
        trial.expect("addRows", "\(indices)", y, twin, .arithmetic)
        var single = trial.backend.upload(before)
        for (row, index) in indices.enumerated() {
          trial.backend.addRows(trial.put(x[row..<row + 1]), at: [index], factor: factor, to: &single)
        }
        trial.expectBits("addRows", "\(indices), one call each", y, single)
      }
    },
  ]

  static func whole(_ count: Int) -> CopyPlaces { .rows(1, of: count, from: 0, every: 0, to: 0, every: 0) }

  private typealias Lie = (first: Int, strides: (Int, Int, Int, Int))

  private static func places(_ lengths: (Int, Int, Int, Int), from: Lie, to: Lie) -> CopyPlaces {
    var places = whole(0)
    (places.lengths, places.from, places.to) = (lengths, from, to)
    return places
  }

  private static func copies(_ trial: Trial) -> [CopyPlaces] {
    let (r, c) = trial.isLarge ? (1130, 2048) : (5, 33)
    return [
      .rows(r, of: c, from: 3, every: c + 2, to: 1, every: c), .rows(r, of: 1, from: 0, every: c, to: 7, every: 1),
      .rows(0, of: c, from: 0, every: c, to: 0, every: c), .rows(r, of: 0, from: 0, every: c, to: 0, every: c),
      // A transposition, and one number repeated.
      places((1, 1, c, r), from: (0, (0, 0, 1, c)), to: (0, (0, 0, r, 1))),
      places((1, 1, r, c), from: (2, (0, 0, 0, 0)), to: (0, (0, 0, c, 1))),
      // Axes in any order.
      places((2, 3, 4, 5), from: (1, (60, 20, 5, 1)), to: (4, (1, 2, 6, 24))),
      places((7, 2, 3, r), from: (0, (1, 7, 14, 42)), to: (0, (6 * r, r, 2 * r, 1))),
    ]
  }

  private static func copy(_ trial: Trial, _ places: CopyPlaces) {
    let ((n0, n1, n2, n3), (a0, a1, a2, a3), (b0, b1, b2, b3)) = (places.lengths, places.from.strides, places.to.strides)
    func end(_ first: Int, _ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Int {
      first + max(0, n0 - 1) * a + max(0, n1 - 1) * b + max(0, n2 - 1) * c + max(0, n3 - 1) * d + 1
    }
    let x = trial.numbers([end(places.from.first, a0, a1, a2, a3)]),
      before = trial.numbers([end(places.to.first, b0, b1, b2, b3) + 2])
    var (source, expected) = (x.elements, before.elements)
    for i in 0..<n0 {
      for j in 0..<n1 {
        for k in 0..<n2 {
          for l in 0..<n3 {
            expected[places.to.first + i * b0 + j * b1 + k * b2 + l * b3] =
              source[places.from.first + i * a0 + j * a1 + k * a2 + l * a3]
          }
        }
      }
    }
    source = []
    let y = trial.changed("copy", "\(places)", before) { trial.backend.copy(trial.put(x), into: &$0, places) }
    trial.expectBits("copy", "\(places)", y, Tensor(expected))
  }
}
