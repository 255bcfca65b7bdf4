import Foundation
import Record
import Testing

/// Foundation's errors print all that they hold; a reader wants the file and the cause.
@Suite struct ErrorWordsTests {
  @Test func aFileThatIsNotThereIsNamedWithItsCause() {
    let error = #expect(throws: (any Error).self) { try String(contentsOfFile: "/nowhere/x.txt", encoding: .utf8) }
    #expect(error.map(Diagnostic.words) == "'/nowhere/x.txt': No such file or directory")
    #expect(error.map(Diagnostic.reason) == "No such file or directory")
  }

  @Test func otherErrorsKeepTheirOwnWords() {
    struct Oops: Error { var why = "so" }
    struct Told: LocalizedError { var errorDescription: String? { "told" } }
    #expect(Diagnostic.words(Oops()) == "Oops(why: \"so\")")
    #expect(Diagnostic.words(Told()) == "told")
    #expect(Diagnostic.words(POSIXError(.EPERM)) == "Operation not permitted")
    #expect(Diagnostic.words(Diagnostic("wrong", advice: "right")) == Diagnostic("wrong", advice: "right").description)
  }
}
