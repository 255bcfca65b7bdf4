import Document
import Foundation
import Record
import TestSupport
import Testing

@Suite struct BadDocumentTests {
  private func problems(_ markdown: String) -> [Diagnostic] {
    do {
      _ = try Notebook(markdown: markdown, file: "n.md")
      return []
    } catch let error as Diagnostics {
      return error.all
    } catch {
      return [Diagnostic("an error of another kind: \(error)")]
    }
  }

  private static func options(_ lines: String...) -> String {
    "# t\n\n```swift\n" + lines.map { "//| \($0)\n" }.joined() + "1\n```"
  }

  @Test(arguments: [
    ("---\ntitel: x\n---\n", 2, "no key 'titel'", "Did you mean 'title'?"),
    (
      "---\nfoo: x\n---\n", 2, "no key 'foo'",
      "There are: title, description, params, order, after, needs, tolerance, device, smart, include, packages."
    ),
    ("---\ninclude: {a: b}\n---\n", 2, "'include' is a mapping, and must be a path or a list of paths", nil),
    ("---\npackages: {a: b}\n---\n", 2, "'packages' is a mapping", nil),
    ("---\ntitle: a\ndevice: gpu\n---\n", 3, "'device' is the text 'gpu', and must be 'auto', 'cpu', 'cuda'", nil),
    ("---\ndevice: cuda:-1\n---\n", 2, "'device' is the text 'cuda:-1'", nil),
    ("---\ndevice: [cpu]\n---\n", 2, "'device' is a list", nil),
    ("---\ndevice:\n---\n", 2, "'device' is nothing", nil),
    ("---\ndevice: 1\n---\n", 2, "'device' is an integer", nil),
    ("---\ndevise: cpu\n---\n", 2, "no key 'devise'", "Did you mean 'device'?"),
    ("---\ntitle: x\n", 1, "not closed", "three dashes"),
    ("---\nneeds: params.modle\nparams:\n  model: a\n---\n", 2, "there is no such parameter", "params.model"),
    ("---\ntitle: [1]\n---\n", 2, "'title' is a list, and must be a text", nil),
    ("---\ntitle:\n---\n", 2, "'title' is nothing", nil),
    ("---\n\norder: high\n---\n", 3, "'order' is the text 'high', and must be a whole number", nil),
    ("---\norder: 1.5\n---\n", 2, "'order' is a number", nil),
    ("---\nafter: {a: b}\n---\n", 2, "'after' is a mapping, and must be the name of a notebook", nil),
    ("---\n- a\n---\n", 2, "not a mapping", "key: value"),
    ("---\ntitle: 'x\n---\n", 2, "not valid YAML", nil),
    ("---\ntitle: a\ntitle: b\n---\n", 3, "'title' is given twice", "Keep one"),
    ("---\nparams:\n  a: 1\n  title: 2\n  a: 3\n---\n", 5, "'a' is given twice", "Keep one"),
    ("---\nparams: {a: 1, a: 2}\n---\n", 2, "'a' is given twice", nil),
    ("---\nparams:\n  a: 99999999999999999999\n---\n", 3, "an integer that Int cannot hold", nil),
    ("---\norder: 1\ntitle: a\u{0}b\n---\n", 3, "not valid YAML: control characters are not allowed", nil),
    ("---\na: b: c\n---\n", 2, "not valid YAML", nil),
    ("---\nparams: 3\n---\n", 2, "'params' is an integer, and must be a mapping", nil),
    ("---\nparams:\n  a: {b: 1}\n---\n", 3, "the default of 'a' is a mapping", "its type"),
    ("---\nparams:\n  ok: 1\n  a: [1, x]\n---\n", 4, "the default of 'a' is a list", nil),
    ("---\nparams:\n  a:\n---\n", 3, "the default of 'a' is nothing", nil),
    ("---\nparams:\n  2x: 1\n---\n", 3, "cannot be the name", "letters"),
    ("---\nparams:\n  a-b: 1\n---\n", 3, "cannot be the name", nil),
    ("---\nparams:\n  self: 1\n---\n", 3, "cannot be the name", nil),
    (options("labl: x"), 4, "no option 'labl'", "Did you mean 'label'?"),
    (options("label: a b"), 4, "'label' is the text 'a b'", nil),
    (options("label: cell-3"), 4, "and not 'cell-N'", nil),
    (options("label: 3"), 4, "'label' is an integer", nil),
    (options("echo: maybe"), 4, "'echo' is the text 'maybe', and must be true or false", nil),
    (options("fold: 1"), 4, "'fold' is an integer", nil),
    (options("timeout: -1"), 4, "'timeout' is an integer, and must be a number of seconds above 0", nil),
    (options("label: ok", "timeout: soon"), 5, "'timeout' is the text 'soon'", nil),
    (options("expect: success"), 4, "must be 'error'", nil),
    (options("inputs: {a: b}"), 4, "'inputs' is a mapping", nil),
    (options("inputs: [a.csv, /proc/self/maps]"), 4, "'/proc/self/maps' is no input", "cache: false"),
    (options("tolerance: -1"), 4, "'tolerance'", nil),
    (options("caption: {a: b}"), 4, "'caption' is a mapping", nil),
    (options("alt:"), 4, "'alt' is nothing", nil),
    (options("output: no output"), 4, "'output'", nil),
    (options("cache: \"x\""), 4, "'cache'", nil),
    (options("just text"), 4, "not a mapping", nil),
    (options("label: 'x"), 4, "not valid YAML", nil),
    (options("echo: true", "fold: true", "\"echo\": false"), 6, "'echo' is given twice", "Keep one"),
    (options("timeout: .inf"), 4, "'timeout' is a number, and must be a number of seconds above 0 and at most 1e9", nil),
    (options("timeout: 1e300"), 4, "'timeout'", nil),
    (options("tolerance: .nan"), 4, "'tolerance'", nil),
    ("```swift\nlet x = 1\n//| echo: false\n```", 3, "after the cell's code has begun", "first lines"),
    ("```swift norunn\n1\n```", 1, "'norunn' after 'swift'", "Did you mean 'norun'?"),
    ("```swift norunn please\n1\n```", 1, "'norunn' after 'swift'", "Did you mean 'norun'?"),
    ("```swift {.big}\n1\n```", 1, "'{.big}' after 'swift'", "'swift norun', which is only shown"),
    ("text\n\n```swift norun please\n1\n```", 3, "'please' after 'swift'", nil),
    ("- item\n\n  ```swift\n  1\n  ```", 3, "within a list or a quote", "top level"),
    ("> ```swift\n> 1\n> ```", 1, "within a list or a quote", nil),
    ("- item\n\n  ```swift norunn\n  1\n  ```", 3, "within a list or a quote", "top level"),
    ("<details>\n<p>\n```swift\n1\n```\n</details>", 3, "within raw HTML", "blank line"),
    ("```swift\n//| label: a\n1\n```\n```swift\n//| label: a\n2\n```", 6, "given twice", "each its own"),
  ])
  func aProblemIsReportedAtItsLineWithAdvice(markdown: String, line: Int, message: String, advice: String?) throws {
    let problem = try #require(problems(markdown).first)
    #expect(problem.place?.line == line, "\(problem)")
    #expect(problem.message.contains(message), "\(problem)")
    if let advice { #expect(problem.advice?.contains(advice) == true, "\(problem)") }
    #expect(problem.excerpt != nil)
  }

  @Test func everythingThatIsWrongIsReportedAtOnce() {
    let problems = problems("---\ntitel: x\norder: y\n---\n```swift\n//| labl: a\n1\n//| late: b\n```")
    #expect(problems.map { $0.place?.line } == [2, 3, 6, 8])
  }

  @Test func theFirstLabelIsNamedWhereTheSecondIsReported() throws {
    let problem = try #require(problems("```swift\n//| label: a\n```\n```swift\n//| label: a\n```").first)
    #expect(problem.notes.first?.place == Place(file: "n.md", line: 2))
  }

  @Test func theFirstOfTwoKeysIsNamedWhereTheSecondIsReported() throws {
    let problem = try #require(problems("---\ntitle: a\norder: 1\ntitle: b\n---\n").first)
    #expect(problem.notes.first?.place == Place(file: "n.md", line: 2))
  }

  @Test(
    arguments: [
      ("first\nGr", [0xFC, 0xDF, 0x65, 0x0A], 2, 3), ("é", [0xC3], 1, 3), ("", [0xFF, 0xFE], 1, 1), ("a\nb", [0xE2, 0x82], 2, 2),
      // Cut off within a character whose first bytes are those of the replacement character.
      ("", [0xEF], 1, 1), ("a\n", [0xEF, 0xBF], 2, 1), ("\u{FFFD}\n\u{FFFD}", [0xEF], 2, 4),
    ] as [(String, [UInt8], Int, Int)])
  func aFileThatIsNotUTF8IsReportedAtItsByte(text: String, rest: [UInt8], line: Int, column: Int) throws {
    let folder = try TestFolder()
    let path = try folder.write(text, to: "latin.md")
    #expect(throws: Never.self) { try Notebook(contentsOf: path) }
    try Data(Array(text.utf8) + rest).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: Diagnostics.self) { try Notebook(contentsOf: path) }
    #expect(error?.all.first?.place == Place(file: path, line: line, column: column))
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: Diagnostic.self) { try Notebook(contentsOf: "no/such.md") }
    #expect(error?.message == "'no/such.md' cannot be read: there is no such file")
  }

  @Test func mutationsOfANotebookNeverCrash() {
    let good = Array(
      "---\ntitle: x\nparams:\n  a: 1\n  b: [x, y]\n---\n# H\n\n```swift\n//| label: a\n//| echo: false\nlet x = 1\n```\n- l\n\n> q\n"
        .utf8)
    var random = SeededGenerator(seed: 0x9E37_79B9_7F4A_7C15)
    let bytes = Array("-`#>|/: []{}'\"&*!%@\n\t\\\u{0}é".utf8)
    for _ in 0..<2000 {
      var mutant = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let position = Int.random(in: 0..<mutant.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: mutant.remove(at: position)
        case 1: mutant.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: position)
        default: mutant[position] = bytes[Int.random(in: 0..<bytes.count, using: &random)]
        }
      }
      let text = String(decoding: mutant, as: UTF8.self)
      let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.count
      for problem in problems(text) {
        #expect((1...max(1, lines)).contains(problem.place?.line ?? 0), "\(problem)\n\(text.debugDescription)")
      }
    }
  }
}

@Suite struct NoFileTests {
  private let folder: TestFolder
  private var path: String { folder.path + "/n.md" }

  init() throws { folder = try TestFolder() }

  private func message() -> String? { #expect(throws: Diagnostic.self) { try Notebook(contentsOf: path) }?.message }

  @Test func aPipeIsNotWaitedFor() {
    mkfifo(path, 0o600)
    #expect(message() == "'\(path)' cannot be read: it is no file, but a pipe or a device")
  }

  @Test func aDeviceBehindALinkIsNotReadWithoutEnd() throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
    #expect(message()?.hasSuffix("it is no file, but a pipe or a device") == true)
  }

  @Test func moreThanSomebodyWroteDoesNotFillTheMemory() throws {
    try folder.write("", to: "n.md")
    truncate(path, 3_000_000_000)
    #expect(message()?.hasSuffix("it has 3000 MB") == true)
  }
}
