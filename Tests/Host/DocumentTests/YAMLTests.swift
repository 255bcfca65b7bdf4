import Document
import Foundation
import Record
import Testing

/// Front matter, options and `-P` are YAML 1.2 with its core schema.
@Suite struct YAMLTests {
  private func parameter(_ yaml: String) throws -> ParameterValue {
    let document = try Notebook(markdown: "---\nparams:\n  x: \(yaml)\n---\n", file: "n.md")
    return try #require(document.frontMatter.parameters.first).value
  }

  private static let values: [(String, ParameterValue)] = [
    ("010", .int(10)), ("0", .int(0)), ("-0", .int(0)), ("+12", .int(12)), ("08", .int(8)), ("0o17", .int(15)),
    ("0x1F", .int(31)),
    ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
    ("0.5", .double(0.5)), (".5", .double(0.5)), ("-.5", .double(-0.5)), ("1.", .double(1)), ("1.e3", .double(1000)),
    ("1e3", .double(1000)),
    ("+1.5E-3", .double(0.0015)), (".inf", .double(.infinity)), ("-.INF", .double(-.infinity)), ("+.Inf", .double(.infinity)),
    ("true", .bool(true)), ("True", .bool(true)), ("FALSE", .bool(false)),
    ("\"010\"", .string("010")), ("'true'", .string("true")), ("!!str 010", .string("010")), ("!!int \"3\"", .int(3)),
    ("! 3", .string("3")),
    ("!!float 3", .double(3)), ("|\n    010", .string("010")), ("&a 3", .int(3)),
    ("[1, 2.5]", .array([.double(1), .double(2.5)])),
    ("[NO, 12:30]", .array([.string("NO"), .string("12:30")])), ("[]", .array([])),
  ]

  @Test(arguments: values) func aValueMeansWhatTheCoreSchemaSays(_ yaml: String, _ value: ParameterValue) throws {
    #expect(try parameter(yaml) == value)
  }

  @Test(arguments: [".nan", ".NaN", ".NAN"]) func whatIsNotANumberIsNoValue(_ yaml: String) throws {
    guard case .double(let value) = try parameter(yaml) else { throw Diagnostic("no number") }
    #expect(value.isNaN)
  }

  private static let texts = [
    "12:30", "1:2:3", "NO", "no", "yes", "Yes", "on", "off", "Off", "y", "n", "1_000", "0b11", "0o8", "0xg", "-0x1", "-0o7",
    "0X1F", "0O7", "2024-01-01",
    "2024-01-01T12:00:00Z", "tRUE", "nULL", "inf", "nan", "NaN", "Infinity", ".Nan", ".iNF", "1e", "e3", ".", "+", "-x", "1.2.3",
    "1,000", "~x", "0x", "<<",
    "=", "١٢", "a#b", "a\u{2028}b", "a\u{85}b", "a\u{2029}\u{E000}b", "1 2", "models/tiny", "1e3x",
  ]

  @Test(arguments: texts) func aTextThatLooksOddIsKeptInTheFileAndOnTheCommandLine(_ text: String)
    throws
  {
    #expect(try parameter(text) == .string(text))
    #expect(try override("a", text) == .string(text))
    if !text.contains(",") { #expect(try override("[a]", text) == .array([.string(text)])) }
  }

  @Test(arguments: [
    ("~", "nothing"), ("null", "nothing"), ("NULL", "nothing"), ("", "nothing"),
    ("99999999999999999999", "an integer that Int cannot hold"),
    ("1e999", "a number that Double cannot hold"), ("!!int x", "'x' is not"), ("!!bool yes", "'yes' is not"),
    ("!mine 3", "'!mine'"),
    ("!!binary QQ==", "does not know"), ("!!set {a}", "a mapping"), ("[1, x]", "a list"), ("[~]", "a list"),
    ("[[1]]", "a list"), ("!!set [a]", "a list"),
    ("{a: 1}", "a mapping"), ("[1, true]", "a list"),
  ])
  func aValueWithoutMeaningIsAnError(_ yaml: String, _ what: String) {
    let error = #expect(throws: Diagnostics.self) { try parameter(yaml) }
    #expect(error?.all.first?.place?.line == 3, "\(String(describing: error))")
    #expect(error?.description.contains(what) == true, "\(String(describing: error))")
  }

  @Test(arguments: ["3\n...\ny: 4", "*a", "{a", "\"x", "3\n\t4: 5", "&a [*a]", "a: b", "- 3", "%x", "@x", "`x`"])
  func whatIsNoPlainYAMLIsAnError(_ yaml: String) { #expect(throws: Diagnostics.self) { try parameter(yaml) } }

  @Test func anAliasHasTheValueOfItsAnchor() throws {
    let document = try Notebook(markdown: "---\nparams:\n  a: &x 010\n  b: *x\n---\n", file: "n.md")
    #expect(document.frontMatter.parameters.map(\.value) == [.int(10), .int(10)])
  }

  // MARK: - On the command line

  /// A parameter with this default and another value for it.
  private func override(_ standard: String, _ text: String) throws -> ParameterValue {
    let document = try Notebook(markdown: "---\nparams:\n  x: \(standard)\n---\n", file: "n.md")
    return try #require(try document.applying(overrides: [("x", text)]).frontMatter.parameters.first).value
  }

  @Test(arguments: values) func aValueIsTheSameOnTheCommandLineAsInTheFile(_ yaml: String, _ value: ParameterValue)
    throws
  {
    #expect(try override(yaml, yaml.replacing("|\n    ", with: "")) == value)
  }

  @Test func aTextParameterMayBeAnyTextAndQuotesAroundTheWholeAreYAMLs() throws {
    for (text, value) in [
      ("", ""), ("~", "~"), ("null", "null"), ("a: b", "a: b"), ("a # b", "a # b"), (" a ", " a "), ("[a", "[a"), ("*x", "*x"),
      ("a\nb", "a\nb"), ("{x}", "{x}"),
      ("\"010\"", "010"), ("'it''s'", "it's"), ("\"a\" b", "\"a\" b"), ("'a", "'a"), ("\"a\\nb\"", "a\nb"),
      ("x: 1\ny: 2", "x: 1\ny: 2"), ("3", "3"), ("true", "true"),
    ] {
      #expect(try override("default", text) == .string(value), "\(text)")
    }
  }

  @Test func aValueOfTheWrongTypeIsAnErrorThatNamesBoth() {
    for (standard, text, type) in [
      ("1", "x", "Int"), ("1", "1.5", "Int"), ("1", "1_000", "Int"), ("1", "\"3\"", "Int"), ("1", "true", "Int"),
      ("1", "", "Int"), ("1", "1\ny: 2", "Int"), ("1", "[1]", "Int"),
      ("1.5", "nan", "Double"), ("1.5", "0x1p3", "Double"), ("1.5", "x", "Double"), ("true", "yes", "Bool"),
      ("true", "1", "Bool"), ("true", "tRUE", "Bool"),
      ("[1]", "[1, x]", "[Int]"), ("[1]", "1]\ny: [2", "[Int]"), ("[a]", "[[b]]", "[String]"), ("[true]", "yes", "[Bool]"),
      ("1", "99999999999999999999", "Int"),
    ] {
      let error = #expect(throws: Diagnostic.self) { try override(standard, text) }
      #expect(error?.message == "'x' is of type \(type), and '\(text)' is not")
      #expect(error?.advice != nil)
    }
  }

  @Test func aListIsReadElementByElement() throws {
    #expect(try override("[1.5]", "1, 2") == .array([.double(1), .double(2)]))
    #expect(try override("[1]", " [0x10, 010]") == .array([.int(16), .int(10)]))
    #expect(try override("[a]", "x, \"1, 2\", 010, null") == .array(["x", "1, 2", "010", "null"].map(ParameterValue.string)))
    #expect(try override("[a]", "") == .array([]))
  }

  @Test func aCellsOptionsAreReadByTheSameRules() throws {
    func cell(_ option: String) throws -> CellOptions {
      try #require(try Notebook(markdown: "```swift\n//| \(option)\n1\n```\n", file: "n.md").cells.first).options
    }
    #expect(try cell("timeout: 010").timeout == 10)
    #expect(try cell("timeout: 0x10").timeout == 16)
    #expect(try cell("caption: NO").caption == "NO")
    #expect(try cell("caption: [A., 'B: *b*']").captions == ["A.", "B: *b*"])
    #expect(try cell("label: no").label == "no")
    #expect(try cell("alt: 12:30").alt == "12:30")
    for option in ["echo: no", "fold: on", "timeout: 1_000", "timeout: 1:30", "tolerance: 1_0.5"] {
      #expect(throws: Diagnostics.self, "\(option)") { try cell(option) }
    }
  }

  @Test(arguments: ["2024-01-01", "010", "NO", "1e3", "12:30", "true"])
  func aTitleIsItsTextWhateverItWouldMeanElsewhere(_ text: String) throws {
    #expect(try Notebook(markdown: "---\ntitle: \(text)\n---\n", file: "n.md").title == text)
  }

  @Test func anExpressionInATitleIsNotEvaluatedAndThatIsTold() throws {
    let document = try Notebook(markdown: "---\ntitle: \"All `{swift} n`\"\n---\n", file: "n.md")
    #expect(document.title == "All `{swift} n`")
    #expect(document.cells.isEmpty)
    #expect(document.warnings.map { $0.place?.line } == [2])
  }
}
