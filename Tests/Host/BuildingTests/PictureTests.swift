import Building
import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

@Suite struct PictureTests {
  /// The page of a notebook, and the warnings of its build.
  private func build(_ markdown: String, in folder: TestFolder) throws -> (page: String, warnings: [Diagnostic]) {
    try folder.write(markdown, to: "Notebooks/n.md")
    var options = NotebookSession.Options()
    options.store = nil
    let documents = try Notebooks.read([folder.path + "/Notebooks/n.md"])
    nonisolated(unsafe) var warnings: [Diagnostic] = []
    let status = SiteBuilder(documents, site: folder.path + "/Site", options: options).build { event in
      if case .warning(let warning) = event { warnings.append(warning) }
    }
    #expect(status == .succeeded)
    return (try folder.read("Site/n/index.html"), warnings)
  }

  private static let content = "\u{1}picture"
  private static let data = "base64,\(Data(content.utf8).base64EncodedString())"

  @Test(arguments: [
    ("p.png", "![1](p.png)"), ("p.png", "<img width=\"30\" src=\"p.png\">"), ("p.png", "<img src='p.png'>"),
    ("p.png", "<IMG SRC=p.png>"), ("a:b.png", "![4](./a:b.png)"),
    ("p.png", "![5](p.png?raw=true)"), ("p.png", "![](p.png#x)"), ("a b.png", "![](<a b.png>)"), ("a b.png", "![](a%20b.png)"),
    ("a?b#c.png", "![](a%3Fb%23c.png)"), ("a?b.png", "![](a?b.png)"),
    ("100%.png", "![](100%.png)"), ("a%20b.png", "![](a%20b.png)"), ("é.JPEG", "![](é.JPEG)"),
    ("p.png", "![x][r]\n\n[r]: ./p.png"), ("p.png", "[![x](p.png)](p.png)"), ("p.png", "## ![h](p.png)"),
    ("p.svg", "<picture><source srcset=\"p.svg 1x, p.svg 2x\"></picture>"), ("p.png", "<video poster='p.png'></video>"),
    ("p.webp", "- > ![](p.webp)"), ("a&b.png", "<img src=\"a&amp;b.png\">"),
    ("a\"b.png", "![](a%22b.png)"), ("../out.png", "![](../out.png)"), ("p.avif", "<img\n  src = \"p.avif\">"),
    ("deep/er/p.png", "![](deep/er/p.png)"), ("p.png", "![](deep/../p.png)"),
  ])
  func aPictureIsPutIntoThePageHoweverItIsNamed(_ file: String, _ markdown: String) throws {
    let folder = try TestFolder()
    try folder.write(Self.content, to: "Notebooks/\(file)")
    let (page, warnings) = try build(markdown + "\n", in: folder)
    #expect(page.contains(Self.data), "\(page)")
    #expect(warnings.isEmpty, "\(warnings)")
  }

  @Test(arguments: [
    ("![6](gone.png)", "there is no such file"), ("<img src=gone.png>", "there is no such file"),
    ("![](folder)", "no file but a folder"), ("![](secret.txt)", "no picture"),
    ("![](empty.png)", "it is empty"), ("![](lfs.png)", "Git LFS"), ("![](loop.png)", "no such file"),
    ("![](huge.png)", "21 MB"), ("![](pipe.png)", "no file but a folder or a device"),
  ])
  func aPictureThatCannotBePutIntoThePageIsToldWithItsPlaceAndStaysALink(_ markdown: String, _ reason: String) throws {
    let folder = try TestFolder()
    for (name, text) in [
      "folder/x": "x", "secret.txt": "secret", "empty.png": "", "lfs.png": "version https://git-lfs.github.com/spec/v1\noid x\n",
    ] {
      try folder.write(text, to: "Notebooks/" + name)
    }
    let notebooks = folder.path + "/Notebooks/"
    try FileManager.default.createSymbolicLink(atPath: notebooks + "loop.png", withDestinationPath: "loop.png")
    mkfifo(notebooks + "pipe.png", 0o600)
    #expect(FileManager.default.createFile(atPath: notebooks + "huge.png", contents: nil))
    #expect(truncate(notebooks + "huge.png", 21_000_000) == 0)
    let (page, warnings) = try build("text\n\n" + markdown + "\n", in: folder)
    expect(page, lacks: "src=\"data:", "secret\n")
    #expect(warnings.count == 1, "\(warnings)")
    #expect(warnings.first?.place?.line == 3, "\(warnings)")
    #expect(warnings.first?.message.contains(reason) == true, "\(warnings)")
    #expect(warnings.first?.advice != nil)
  }

  @Test func aPictureMayLieBehindALinkAndBeOfATypeThatOnlyItsContentTells() throws {
    let folder = try TestFolder()
    try folder.write("GIF89a", to: "elsewhere/g")
    try folder.write("", to: "Notebooks/x")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/Notebooks/g", withDestinationPath: "../elsewhere/g")
    #expect(try build("![](g)\n", in: folder).page.contains("data:image/gif;base64,"))
  }

  @Test func whatStandsInACommentInCodeOrInAScriptIsNoPicture() throws {
    let folder = try TestFolder()
    let markdown =
      "<!-- <img src=\"a.png\"> -->\n\n`<img src=\"a.png\">`\n\n<script>x = '<img src=\"a.png\">'</script>\n\n    ![](a.png)\n"
    #expect(try build(markdown, in: folder).warnings.isEmpty)
  }

  @Test func aNotebookWaitsForTheOneThatWritesItsPicture() throws {
    let folder = try TestFolder()
    try folder.write("![](p.svg)\n", to: "Notebooks/a.md")
    try folder.write(
      "```swift\ntry \"<svg/>\".write(toFile: \"p.svg\", atomically: true, encoding: .utf8)\n```\n", to: "Notebooks/b.md")
    var options = NotebookSession.Options()
    options.store = nil
    let documents = try Notebooks.read(Notebooks.all(in: folder.path + "/Notebooks"))
    nonisolated(unsafe) var warnings: [Diagnostic] = []
    _ = SiteBuilder(documents, site: folder.path + "/Site", options: options).build { event in
      if case .warning(let warning) = event { warnings.append(warning) }
    }
    #expect(try folder.read("Site/a/index.html").contains("data:image/svg+xml"))
    #expect(warnings.contains { $0.message.contains("which b writes") })
  }
}
