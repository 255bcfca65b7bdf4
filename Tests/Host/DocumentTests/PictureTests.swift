import Document
import Record
import Testing

@Suite struct PictureTests {
  private func pictures(_ markdown: String) throws -> [PictureReference] {
    try Notebook(markdown: markdown, file: "n.md").pictures
  }

  @Test func picturesAreFoundWhereverTheyStandWithTheirLines() throws {
    let markdown = """
      ![a](a.png) and
      ![b](<b c.png> "t")

      > - ![r][R]

      [r]: ref.png
      # [![h](h.png)](to)

      <p>
      <img width="30"
       src='i.png'><IMG SRC=j.png
       alt="<img src='no.png'>">
      <picture><source srcset="k.png 1x, l.png 2x"><img src="m.png"></picture>

      text <img src="n.png?x=1&amp;y"> <!-- <img src="o.png"> --> `<img src="p.png">`

          ![q](q.png)
      """
    #expect(
      try pictures(markdown) == [
        PictureReference(url: "a.png", line: 1), PictureReference(url: "b c.png", line: 2),
        PictureReference(url: "ref.png", line: 4),
        PictureReference(url: "h.png", line: 7), PictureReference(url: "i.png", line: 10),
        PictureReference(url: "j.png", line: 11),
        PictureReference(url: "k.png", line: 13), PictureReference(url: "l.png", line: 13),
        PictureReference(url: "m.png", line: 13),
        PictureReference(url: "n.png?x=1&y", line: 15),
      ])
  }

  @Test func whatLiesOnOtherHostsOrIsNoPictureIsToldWithItsPlace() throws {
    let document = try Notebook(
      markdown: """
        ![a](https://e.org/a.png)

        <img src="http://e.org/b.png">

        <img src="//e.org/c.png"> ![d](a:b.png)

        <video src="v.mp4" poster="p.png"></video>

        <iframe src="https://e.org"></iframe>

        ![ok](data:image/png;base64,AAAA) <a href="https://e.org">link</a> <img src="data:image/png;base64,AAAA">
        """, file: "n.md")
    #expect(document.warnings.map { $0.place?.line } == [1, 3, 5, 5, 7, 9])
    #expect(document.warnings.allSatisfy { $0.severity == .warning && $0.advice != nil })
    #expect(document.warnings[3].advice?.contains("./a:b.png") == true)
    #expect(document.pictures.map(\.url) == ["p.png"])
  }

  @Test(arguments: [
    ("p.png", ["p.png"]), ("a%20b.png", ["a b.png", "a%20b.png"]), ("p.png?raw=true", ["p.png", "p.png?raw=true"]),
    ("p.png#x", ["p.png", "p.png#x"]), ("100%.png", ["100%.png"]), ("./a:b.png", ["./a:b.png"]),
    ("a%3Fb.png", ["a?b.png", "a%3Fb.png"]), ("é%C3%A9.png", ["éé.png", "é%C3%A9.png"]),
    ("%FF.png", ["%FF.png"]),
  ])
  func picturesAreFoundByTheirPathsWithoutWhatIsNoPartOfAName(_ url: String, _ paths: [String]) {
    guard case .files(let found, _) = PictureReference(url: url, line: 1).target else { return #expect(Bool(false), "\(url)") }
    #expect(found == paths)
  }

  @Test func aPictureHasOneURLInSeveralSpellings() {
    #expect(PictureReference(url: "a b.png", line: 1).isSame(as: "a%20b.png"))
    #expect(PictureReference(url: "é.png", line: 1).isSame(as: "%C3%A9.png"))
    #expect(!PictureReference(url: "a.png", line: 1).isSame(as: "b.png"))
  }

  @Test(arguments: [
    ("<img src=a>", ["a"]), ("<img/src='a'/>", ["a"]), ("<img src = \"a\">", ["a"]), ("<IMG SRC=\"a\" src=\"b\">", ["a"]),
    ("<img\n\nsrc=a\n>", ["a"]), ("<img src=a", []),
    ("<img alt=\">\" src=a>", ["a"]), ("<script>\"<img src=a>\"</script><img src=b>", ["b"]),
    ("<style><img src=a></STYLE >", []), ("<textarea><img src=a>", []),
    ("<!-- <img src=a> --><img src=b>", ["b"]), ("<! <img src=a><img src=b>", ["b"]), ("</img src=a>", []),
    ("a < b <img src=c>", ["c"]), ("<img src=\"a&amp;&#98;&#x63;&quot;&x\">", ["a&bc\"&x"]),
    ("<img src>", [""]), ("<image href=a><image xlink:href='b'/>", ["a", "b"]),
    ("<input type=IMAGE src=a><input src=b>", ["a"]), ("<imgx src=a>", []), ("<", []), ("<img src=\"a", []),
  ])
  func picturesStandInTagsAsBrowsersReadThem(_ html: String, _ urls: [String]) {
    #expect(HTMLTags(html).all.flatMap(\.sources).map(\.attribute.value) == urls)
  }

  @Test func severalPicturesMayBeForOnePlace() {
    #expect(SourceSet.urls("a.png 1x, b.png 2x,c.png,  d.png 100w ,e,f.png") == ["a.png", "b.png", "c.png", "d.png", "e,f.png"])
    #expect(SourceSet.urls("data:image/png;base64,AA== 1x, b 2x") == ["data:image/png;base64,AA==", "b"])
    #expect(SourceSet.mapping(" a  1x,b") { $0 + "!" } == "a! 1x, b!")
  }
}
