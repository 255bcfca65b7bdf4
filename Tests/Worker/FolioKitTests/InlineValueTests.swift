import FolioKit
import Record
import Testing

@Suite struct InlineValueTests {
  private func shown<T>(_ value: T) throws -> String? {
    let shown = try outputs { try _fv(value) }
    guard case .value(let text)? = shown.first, shown.count == 1 else { return nil }
    return text
  }

  @Test func numbersHaveFourDigits() throws {
    for (value, text) in [
      (18.6249, "18.62"), (0.0034, "0.0034"), (1.2e-5, "1.2e-05"), (3, "3"), (-0.5, "-0.5"), (123_456.7, "1.235e+05"),
      (.nan, "nan"),
    ] as [(Double, String)] {
      #expect(try shown(value) == text)
      #expect(try shown(Float(value)) == text)
    }
    #expect(try shown(1_234_567) == "1234567")
  }

  @Test func optionalsAreWhatTheyHold() throws {
    #expect(try shown(Optional(2.5)) == "2.5")
    #expect(try shown(Int?.none) == "nil")
    #expect(try shown(Optional(Optional("x"))) == "x")
  }

  @Test func whatIsNoLineOfTextIsRefused() {
    let values: [Any] = ["two\nlines", Figure(Heatmap([[1.0]])), Table(columns: [], rows: []), ()]
    for value in values {
      #expect(throws: NotebookError.self) { try _fv(value) }
    }
  }
}
