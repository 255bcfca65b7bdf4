import Document
import Foundation
import Record
import Session
import Testing

/// Notebooks whose cells change each other's variables, objects and functions in all ways, edited at random: whatever the session
/// reuses, the outputs are those of a fresh session that runs everything.
@Suite struct RandomEditsTests {
  /// Linear congruential, Knuth's constants: the same edits each time.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private static func definitions(_ random: inout Generator) -> [String] {
    let number = Int.random(in: 1...3, using: &random)
    return [
      "var a = \(number)\nlet k = 10", "var xs = [a, k]", "final class Box { var n = 0 }\nlet box = Box()",
      "func up() -> Int { a += \(number); return a }", "let alias = box",
      "struct Log { func add() { xs.append(box.n) } }\nlet log = Log()",
      "let bump = { box.n += k }",
    ]
  }

  private static func step(_ random: inout Generator) -> String {
    let number = Int.random(in: 1...9, using: &random)
    let steps = [
      "a += \(number)", "xs.append(\(number))", "xs[0] = a", "up()", "box.n += \(number)", "alias.n *= 2", "log.add()", "bump()",
      "a", "xs",
      "box.n", "print(a, xs, alias.n)", "k + \(number)", "let a\(number) = a",
      "extension Int { func plus() -> Int { self + a } }\n\(number).plus()",
      "a = k\nup()", "for x in xs { box.n += x }", "var a = \(number)", "func up() -> Int { k + \(number) }",
      "func + (l: Int, r: Box) -> Int { r.n += 1; return l }\n3 + box", "1 + alias.n",
      "xs.removeAll { $0 == \(number) }\nxs.count",
    ]
    return steps.randomElement(using: &random) ?? "a"
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func whatIsReusedIsWhatAFreshSessionGives(seed: UInt64) throws {
    var random = Generator(state: seed &* 77_777)
    let warm = try WarmSession()
    var options = Session.Options()
    options.store = warm.folder + "/store"
    options.isForced = true
    options.keepsGoing = true
    var head = Self.definitions(&random)
    var steps = (0..<6).map { _ in Self.step(&random) }
    for edit in 0..<10 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: head = Self.definitions(&random)
      case 1: steps.insert(Self.step(&random), at: Int.random(in: 0...steps.count, using: &random))
      case 2 where steps.count > 3: steps.remove(at: Int.random(in: 0..<steps.count, using: &random))
      case 3: steps.shuffle(using: &random)
      default: steps[Int.random(in: 0..<steps.count, using: &random)] = Self.step(&random)
      }
      if edit == 5 { try warm.restart() }
      let cells = head + steps
      let reused = try warm.run(cells)
      let fresh = try Session(directory: warm.folder, toolchain: .find(), installation: .find(), options: options)
      let markdown = cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n\nprose\n\n")
      let whole = try fresh.run(Document(markdown: markdown, file: warm.folder + "/notebook.md"))
      for (index, pair) in zip(reused.record.cells, whole.cells).enumerated() where pair.0 != pair.1 {
        let notebook = cells.enumerated().map { "\($0 + 1)  \($1)" }.joined(separator: "\n")
        Issue.record(
          "edit \(edit), which ran \(reused.ran), gave in cell \(index + 1)\n\(pair.0)\nand fresh\n\(pair.1)\n\(notebook)")
      }
    }
  }
}
