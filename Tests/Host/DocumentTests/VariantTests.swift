import Document
import Record
import TestSupport
import Testing

@Suite struct VariantTests {
  private static let parameters = "params: {idx: 2, rate: 0.5, on: false, s: a, names: [a]}"

  private func notebook(_ variants: String) throws -> Notebook {
    try Notebook(markdown: "---\n\(Self.parameters)\nvariants: \(variants)\n---\n", file: "Notebooks/part/n.md")
  }

  private func problems(_ yaml: String) -> [Diagnostic] {
    do {
      return try Notebook(markdown: "---\n\(Self.parameters)\n\(yaml)\n---\n", file: "n.md").warnings
    } catch {
      return (error as? Diagnostics)?.all ?? []
    }
  }

  // MARK: - The front matter

  @Test(arguments: [
    ("{idx: 0..<3}", ["idx=0", "idx=1", "idx=2"]),
    ("{idx: -1..1}", ["idx=-1", "idx=0", "idx=1"]),
    ("{idx: 5...6}", ["idx=5", "idx=6"]),
    ("{s: [x, y], idx: [1, 7]}", ["idx=1,s=x", "idx=1,s=y", "idx=7,s=x", "idx=7,s=y"]),
    ("{on: true, rate: [1, 0.25]}", ["rate=1.0,on=true", "rate=0.25,on=true"]),
    ("{names: [[a, b], []]}", ["names=a+b", "names=~0"]),
    ("{names: [a, b]}", ["names=a+b"]),
    ("[{idx: 0..1}, {s: x}]", ["idx=0", "idx=1", "s=x"]),
    ("{small: {idx: 1}, large.2: {s: x, idx: 9}}", ["small", "large.2"]),
  ])
  func gridsListsAndNamedSetsNameRuns(variants: String, names: [String]) throws {
    #expect(try notebook(variants).frontMatter.variants.map(\.name) == names)
  }

  @Test func variantsMayStandBeforeTheParameters() throws {
    let notebook = try Notebook(markdown: "---\nvariants: {idx: 0..1}\nparams: {idx: 2}\n---\n", file: "n.md")
    #expect(notebook.frontMatter.variants.count == 2)
  }

  @Test func aRunHasItsValuesAndTheOthersDefaults() throws {
    let notebook = try notebook("{large: {s: x, idx: 9}}")
    let run = notebook.running(notebook.frontMatter.variants[0])
    #expect(run.frontMatter.parameters.map(\.value.text) == ["9", "0.5", "false", "x", #"["a"]"#])
  }

  @Test func aRunIsNamedByItsNotebookAndItsValues() throws {
    let notebook = try notebook("{idx: [3]}")
    let run = notebook.running(notebook.frontMatter.variants[0])
    #expect(run.name == "part/n/idx=3")
    #expect(run.runName == "part/n@idx=3")
    #expect(run.notebookName == "part/n")
    #expect(notebook.runName == "part/n")
    #expect(run.title == "part/n")
  }

  @Test(arguments: [
    ("variants: {idxx: 0..3}", "'variants' names the parameter 'idxx', and there is none"),
    ("variants: {idx: 3..1}", "'3..1' is no range of values for 'idx': it is empty"),
    ("variants: {idx: [1, x]}", "'idx' is of type Int, and a list is not"),
    ("variants: {idx: []}", "'idx' is of type Int, and a list is not"),
    ("variants: {idx: [1, 1]}", "'variants' names the run 'idx=1' twice"),
    ("variants: [{idx: 1}, {idx: 0..2}]", "'variants' names the run 'idx=1' twice"),
    ("variants: {idx: 0..<100, rate: 1, names: [[a], [b]], s: a}\nx: {idx: 0..99999999}", ""),
    ("variants: {idx: 0..<100001}", "'0..<100001' is no range of values for 'idx': it has more than 100000 numbers"),
    ("variants: [{idx: 0..<99999}, {s: [a, b, c]}]", "'variants' names more than 100000 runs"),
    ("variants: 26", "'variants' is an integer, and must be"),
    ("variants: [1, 2]", "'variants' is a list, and must be"),
    ("variants: {record: {idx: 1}}", "'record' cannot be the name of a run"),
    ("variants: {'a=b': {idx: 1}}", "'a=b' cannot be the name of a run"),
    ("variants: {'../x': {idx: 1}}", "'../x' cannot be the name of a run"),
    ("variants: {a: {idx: 1..2}}", "'idx' is of type Int, and the text '1..2' is not"),
    ("variants: {a: {idx: 1}, idx: 3}", "'variants' names the parameter 'a', and there is none"),
  ])
  func whatNamesNoRunIsAnErrorWithItsPlace(yaml: String, message: String) {
    let found = problems(yaml)
    guard !message.isEmpty else { return #expect(!found.contains { $0.severity == .error }) }
    expect(found.first?.message, contains: message)
    #expect(found.first?.place?.line == 3)
  }

  // MARK: - Names

  @Test func valuesThatDifferHaveNamesThatDiffer() {
    let texts = [
      "", "a", "A", "a b", "a~20b", "a,b", "a=b", "a+b", "é", "e\u{301}", "../x", ".", "a/b", "~", "~0", "\u{0}", "日本", "a\nb",
      String(repeating: "x", count: 300), String(repeating: "x", count: 301),
    ]
    let values = texts.map(ParameterValue.string) + texts.map { .array([.string($0)]) } + [.array([])]
    let names = (texts.map(ParameterValue.string)).map { Variant([.init("s", $0)]).name }
    #expect(Set(names).count == texts.count)
    let lists = values.dropFirst(texts.count).map { Variant([.init("s", $0)]).name }
    #expect(Set(lists).count == lists.count)
  }

  @Test(arguments: ["..", "a/b", "\u{0}", "é", "日本 語", String(repeating: "x", count: 5000), "a\tb", "<b>&\"'"])
  func aNameIsOneFolderOfAnyFileSystem(text: String) {
    let name = Variant([.init("s", .string(text))]).name
    #expect(name.wholeMatch(of: /[A-Za-z0-9._~=,+-]+/) != nil)
    #expect(name.utf8.count <= 180)
  }

  // MARK: - The command line

  @Test func aCommandLineGivesRangesListsAndSeveralValues() throws {
    let notebook = try notebook("")
    func names(_ texts: [(String, String)]) throws -> [String] {
      try notebook.variants(assigning: texts.map { (name: $0, value: $1) }).map(\.name)
    }
    #expect(try names([("idx", "0..2")]) == ["idx=0", "idx=1", "idx=2"])
    #expect(try names([("idx", "4")]) == ["idx=4"])
    #expect(try names([("idx", "1,7")]) == ["idx=1", "idx=7"])
    #expect(try names([("idx", "1,3..4")]) == ["idx=1", "idx=3", "idx=4"])
    #expect(try names([("rate", "0.5,1")]) == ["rate=0.5", "rate=1.0"])
    #expect(try names([("s", "a,b")]) == ["s=a~2cb"])
    #expect(try names([("s", "a"), ("s", "b")]) == ["s=a", "s=b"])
    #expect(try names([("s", "x"), ("idx", "0..1")]) == ["idx=0,s=x", "idx=1,s=x"])
    #expect(try names([("names", "a,b")]) == ["names=a+b"])
    #expect(try names([("idx", "1,1,0..1"), ("idx", "1")]) == ["idx=1", "idx=0"])
    #expect(try names([("s", "é"), ("s", "e\u{301}")]).count == 2)
    #expect(try names([]) == [])
  }

  @Test(arguments: [
    ("idx", "two", "'idx' is of type Int, and 'two' is not"), ("idx", "1,x", "'idx' is of type Int, and '1,x' is not"),
    ("idx", "5..3", "'5..3' is no range of values for 'idx': it is empty"), ("idxx", "1", "part/n.md has no parameter 'idxx'"),
    ("rate", "0..1", "'rate' is of type Double, and '0..1' is not"),
  ])
  func aCommandLineThatNamesNoRunIsAnError(name: String, text: String, message: String) throws {
    let notebook = try notebook("")
    let error = #expect(throws: Diagnostic.self) { try notebook.variants(assigning: [(name: name, value: text)]) }
    expect(error?.message, contains: message)
  }

  @Test func runsOfTheFrontMatterAreDeclaredAndThoseOfACommandLineAreNot() throws {
    let notebook = try notebook("{idx: [1]}")
    #expect(notebook.declaredRuns.map(\.variant?.isDeclared) == [nil, true])
    #expect(try notebook.variants(assigning: [("idx", "1")]).map(\.isDeclared) == [false])
  }

  // MARK: - Resources

  @Test func resourcesAreReadInTheirUnits() throws {
    let notebook = try Notebook(
      markdown: "---\nresources: {memory: 8G, cores: 4, gpus: 1, time: 1h30m}\n---\n", file: "n.md")
    #expect(notebook.frontMatter.resources == Resources(memory: 8_000_000_000, cores: 4, gpus: 1, time: 5400))
  }

  @Test(arguments: [
    ("45s", 45), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("2:30:00", 9000), ("1-12:00:00", 129_600), ("90", 5400),
  ])
  func timesAreReadAsSlurmAndPeopleWriteThem(text: String, seconds: Int) { #expect(Resources.seconds(text) == seconds) }

  @Test(arguments: [
    ("{memory: lots}", "'memory' is the text 'lots', and must be a size"), ("{cores: 0}", "'cores' is an integer, and must be"),
    ("{time: soon}", "'time' is the text 'soon', and must be a time"), ("{core: 2}", "'resources' has no key 'core'"),
    ("many", "'resources' is the text 'many', and must be a mapping"),
  ])
  func whatIsNoResourceIsAnErrorWithItsPlace(yaml: String, message: String) {
    let found = problems("resources: \(yaml)")
    expect(found.first?.message, contains: message)
    #expect(found.first?.place?.line == 3)
  }
}
