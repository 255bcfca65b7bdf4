import Foundation
import Testing

extension CommandTests {
  @Test func aCheckPassesFailsOnAMovedNumberAndAcceptsIt() throws {
    try withNotebook("```swift\n//| label: x\nprint(\"x =\", 1.25)\n```") { folder in
      #expect(try folio("build", in: folder).status == 0)
      let passed = try folio("check", in: folder)
      #expect(passed.status == 0, "\(passed)")
      #expect(passed.output.contains("No output changed"), "\(passed)")
      let record = "Site/n/record/x-1.txt"
      try folder.write("x = 1.5\n", to: record)
      let failed = try folio("check", "--format", "json", in: folder)
      #expect(failed.status == 1, "\(failed)")
      #expect(failed.output.contains("\"place\" : \"line 1\""), "\(failed)")
      #expect((try? JSONSerialization.jsonObject(with: Data(failed.output.utf8))) != nil, "\(failed)")
      #expect(try folder.read(record) == "x = 1.5\n")
      #expect(try folio("check", "--tolerance", "0.5", in: folder).status == 0)
      #expect(try folio("check", "--force", in: folder).status == 64)
      #expect(try folio("check", "--accept", in: folder).status == 0)
      #expect(try folder.read(record) == "x = 1.25\n")
    }
  }

  @Test func aCheckWithoutARecordIsExplained() throws {
    try withNotebook("```swift\n1\n```") { folder in
      let result = try folio("check", in: folder)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.contains("Site"), "\(result)")
    }
  }

  @Test func twoSitesAreComparedInAllFormats() throws {
    try withNotebook("---\nparams: {n: 2}\n---\n```swift\n//| label: x\nparams.n * 21\n```") { folder in
      #expect(try folio("build", "--site", "old", in: folder).status == 0)
      try folder.write("---\nparams: {n: 3}\n---\n```swift\n//| label: x\nparams.n * 21\n```", to: "Notebooks/n.md")
      #expect(try folio("build", "--site", "new", in: folder).status == 0)
      for (format, expected) in [
        ("text", "parameter n: 2 -> 3"), ("markdown", "| 🔶 | `x` |"), ("json", "\"isChanged\" : true"),
        ("html", "<h2>Worst first</h2>"),
      ] {
        let result = try folio("diff", "old", "new", "--format", format, in: folder)
        #expect(result.status == 1, "\(result)")
        #expect(result.output.contains(expected), "\(result)")
      }
      #expect(try folio("diff", "old", "old", in: folder).status == 0)
      #expect(try folio("diff", "old", "new", "n", "-o", "r.txt", in: folder).output.isEmpty)
      #expect(folder.exists("r.txt"))
      let unknown = try folio("diff", "old", "new", "other", in: folder)
      #expect(unknown.status == 2, "\(unknown)")
      #expect(unknown.errors.contains("There are: n"), "\(unknown)")
      #expect(try folio("diff", "old", "no/such", in: folder).status == 2)
    }
  }
}
