import Document
import Record
import Testing

/// Notebooks that exhausted a parser, found by fuzzing: each is read, or refused with a place, without costing more than it must.
@Suite struct HostileTextTests {
  private func problems(_ markdown: String) -> [Diagnostic] {
    do {
      return try Notebook(markdown: markdown, file: "n.md").warnings
    } catch let error as Diagnostics {
      return error.all
    } catch {
      return [Diagnostic("\(error)")]
    }
  }

  private func cell(_ code: String) -> String { "# T\n\n```swift\n\(code)\n```\n" }

  @Test(arguments: [
    String(repeating: "[", count: 400), String(repeating: "[() -> ", count: 40), String(repeating: "[/*\"*/", count: 40),
    String(repeating: "A<", count: 700), "a" + String(repeating: ".b", count: 20_000),
    "a" + String(repeating: "#", count: 40_000),
    String(repeating: "if ", count: 30_000), String(repeating: "\"\\(", count: 30_000), String(repeating: "a ? ", count: 30_000),
    String(repeating: "(", count: 150) + "1" + String(repeating: ")", count: 150),
  ])
  func codeThatIsNestedWithoutEndIsRefusedAtItsLine(code: String) throws {
    let problem = try #require(problems(cell("let m = " + code)).first)
    #expect(problem.severity == .error)
    #expect(problem.place?.line == 4)
    #expect(problem.message.contains("nested too deeply"))
  }

  @Test(arguments: [
    "let m = [[[[[[1]]]]]]", "let z = [" + String(repeating: "0, ", count: 3000) + "0]",
    "let s = \"" + String(repeating: "=", count: 200) + "[[[[[[[[[[[[\"", "// " + String(repeating: "-", count: 500),
    "let data = \"" + String(repeating: "A", count: 3000) + "\"", "// " + String(repeating: "=", count: 2000),
    (0..<60).map { "print(\"[\\(\($0))\")" }.joined(separator: "\n"),
    (0..<200).map { "let x\($0): [String: Int?] = a\($0) < b\($0) ? [:] : [\"a\": \($0)]" }.joined(separator: "\n"),
  ])
  func codeThatPeopleWriteIsRead(code: String) { #expect(problems(cell(code)).isEmpty) }

  @Test func valuesWithinValuesOfAFrontMatterDoNotMultiply() throws {
    let levels = (1..<28).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]" }.joined(separator: "\n")
    let problem = try #require(problems("---\na0: &a0 [x, x]\n\(levels)\n? *a27\n: 1\n---\n").first)
    #expect(problem.message.contains("anchors more than"))
  }

  @Test func manyKeysThatAreGivenTwiceAreEachToldWithBothLines() {
    let keys = (0..<2000).map { "k\($0): 1" }.joined(separator: "\n")
    let found = problems("---\n\(keys)\n\(keys)\n---\n")
    #expect(found.count == 2000)
    #expect(found.first { $0.message.contains("'k7'") }?.place?.line == 2009)
    #expect(found.first { $0.message.contains("'k7'") }?.notes.first?.place?.line == 9)
  }
}
