/// Small notebooks with everything that a notebook can have.
enum NotebookSeeds {
  static let all = [
    "---\ntitle: A study\ndescription: One sentence\norder: 1\nafter: results\nparams:\n  shots: 1\n  name: text\n  list: [1, 2]\n---\n\n# Prose\n\n"
      + "```swift\n//| label: tokens\n//| caption: What it makes\nlet x = params.shots + 1\nprint(x)\nx\n```\n\nIt is `{swift} x * 2` of `{swift} x`.\n",
    "# One `{swift} 1` two\n\n- a\n- b\n\n> quote\n\n```swift\nfunc f<T: Sequence>(_ a: T) -> [Int] { a.compactMap { $0 as? Int }.filter { $0 > 1 } }\n"
      + "struct S { var a = 1; static var b = [\"x\": 2] }\nextension S: CustomStringConvertible { var description: String { \"\\(a)\" } }\n```\n\n"
      + "```swift\n//| label: s2\n//| timeout: 2\n//| expect: error\n//| tolerance: 1e-4 of the largest\nvar s = S(); s.a += 1; S.b[\"y\"] = s.a\ntry f([1, 2]).map { x in x * s.a }\n```\n",
    "See [the paper][p] and ![a picture](a.png).\n\n<img src=\"b.png\" srcset=\"c.png 2x\">\n\n```swift norun\n1\n```\n\n~~~python\nprint(1)\n~~~\n\n[p]: https://e.org/p\n",
    "\u{FEFF}# A\r\n\r\n```swift\r\n1\r\n```\r\n\r\n    indented\r\n\r\n***\r\n\r\n| a |\r\n|---|\r\n",
    "----\n\n---x\n\n```swift\nlet m = try memo(\"a\", keyedBy: 1) { 2 }\n@MainActor class C { var x: Int { get { 1 } set {} }; deinit {} }\n#if true\nlet y = #\"\"\"\n  a \\#(m)\n  \"\"\"#\n#endif\nswitch y { case \"a\": break; default: fatalError() }\n```\n",
    "# T\n## T\n### T\n\n1. a\n   ```swift norun\n   1\n   ```\n2. b `code` *em* **strong** <b>html</b> &amp; &#x41; \\* [l](u \"t\")\n\n```swift\nimport Foundation\noperator_()\nprefix operator +++\nlet (a, b) = (1, 2), c = { (d: Int) in d + a }\nfor i in 0..<3 where i > 1 { print(i, c(b)) }\nif let z = Optional(1), case 1...2 = z { _ = z }\n```\n",
    "x\n",
  ]

  static let frontMatters = [
    "---\ntitle: A study\ndescription: \"One: sentence\"\norder: 1\nafter: [results, other]\ntolerance: 0.01\nparams:\n  shots: 010\n  octal: 0o17\n  hex: 0xff\n"
      + "  time: 12:30\n  no: NO\n  big: 1_000\n  date: 2024-01-01\n  yes: true\n  list: [1, 2]\n  texts: [a, 'b', \"c\\n\"]\n  x: 1e-3\n  n: .nan\n  i: -.inf\n---\n",
    "---\n# comment\ntitle: >-\n  folded\n  text\ndescription: |\n  literal\nparams: {a: 1, b: \"x\", c: [1.5, 2]}\ntolerance: 1e-4 of the largest\n---\n",
    "---\na: &x 1\nb: *x\n? c\n: d\n!!int e: !!str 1\n---\n",
    "---\nparams:\n  a: !!float 1\n  b: !foo x\n  \"q\": 'it''s'\n  l:\n    - 1\n    - 2\n---\n",
    "---\n---\n", "----\n", "---x\n", "--- \ntitle: x\n---\t\n",
  ]

  private static func notebook(_ cells: String, _ metadata: String = "{\"language_info\": {\"name\": \"swift\"}}") -> String {
    "{\"cells\": [\(cells)], \"metadata\": \(metadata), \"nbformat\": 4, \"nbformat_minor\": 5}"
  }

  static let jupyter = [
    notebook(
      "{\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"[one][1]\\n\\n[1]: https://e.org/a\"}, "
        + "{\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": [\"[two][1]\\n\", \"\\n\", \"[1]: https://e.org/b\"]}, "
        + "{\"cell_type\": \"code\", \"metadata\": {}, \"execution_count\": 1, \"outputs\": [], \"source\": \"let x = 1\\nx\"}"),
    notebook(
      "{\"cell_type\": \"raw\", \"metadata\": {}, \"source\": \"---\\ntitle: x\\n---\"}, {\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"----\\nx\"}, "
        + "{\"cell_type\": \"code\", \"metadata\": {}, \"source\": \"```\\n~~~\\n//| label: a\"}, {\"cell_type\": \"code\", \"metadata\": {}, \"source\": \"\"}"
    ),
    notebook(
      "{\"cell_type\": \"markdown\", \"attachments\": {\"a.png\": {\"image/png\": \"iVBORw0KGgo=\"}}, \"metadata\": {}, \"source\": \"![a](attachment:a.png) `{swift} x`\"}, "
        + "{\"cell_type\": \"code\", \"metadata\": {\"tags\": [\"skip-execution\"]}, \"source\": \"%matplotlib\"}",
      "{\"kernelspec\": {\"language\": \"python\"}, \"title\": \"A: b\"}"),
    notebook(
      "{\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"---x\\n\\n- a\\n\\n      b\"}, {\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"- c\"}"
    ),
  ]
}
