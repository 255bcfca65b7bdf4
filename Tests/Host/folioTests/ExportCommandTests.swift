import Foundation
import TestSupport
import Testing

/// `folio export` to what readers open, as a user runs it.
extension CommandTests {
  private static let notebook = "# T\n\n```swift\n//| label: a\n//| caption: It.\nHeatmap([[1.0]])\n```\n\nSee [](#a).\n"

  /// A folder with a program `chromium` that does what a line of shell says, with the path of the PDF in `$pdf` and the page's in `$page`.
  private func browser(_ line: String, in folder: TestFolder) throws -> [String: String] {
    let script = """
      #!/bin/sh
      for argument; do
        case "$argument" in --print-to-pdf=*) pdf="${argument#*=}" ;; file://*) page="${argument#file://}" ;; esac
      done
      \(line)

      """
    try folder.write(script, to: "bin/chromium")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/bin/chromium")
    return ["PATH": "\(folder.path)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "")"]
  }

  @Test func aPageIsExportedAsOneFileThatAnExportReplaces() throws {
    try withNotebook(Self.notebook) { folder in
      let result = try folio("export", "Notebooks/n.md", "--to", "html", in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output == "Notebooks/n.html\n", "\(result)")
      let html = try folder.read("Notebooks/n.html")
      expect(html, contains: "<!doctype html>", "<style>", "<svg ", "Figure 1")
      #expect(!html.contains(folder.path))
      #expect(try folio("export", "Notebooks/n.md", "--to", "html", in: folder).status == 0)
      #expect(try folder.read("Notebooks/n.html") == html)
      try folder.write("<!doctype html>\n<p>mine", to: "mine.html")
      let refused = try folio("export", "Notebooks/n.md", "--to", "html", "-o", "mine.html", in: folder)
      #expect(refused.status == 2, "\(refused)")
      expect(refused.errors, contains: "'mine.html' exists, and is no export of Folio")
    }
  }

  @Test func markdownIsExportedWithAFolderOfItsFiles() throws {
    try withNotebook(Self.notebook) { folder in
      let result = try folio("export", "n", "--to", "md", in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output == "Exports/n.md\n", "\(result)")
      expect(try folder.read("Exports/n.md"), contains: "](n-files/a-1.svg)", "See [Figure 1](#a).")
      #expect(try folder.read("Exports/n-files/a-1.svg").hasPrefix("<svg "))
      // What an export no longer has goes.
      try folder.write("# T\n", to: "Notebooks/n.md")
      #expect(try folio("export", "n", "--to", "md", in: folder).status == 0)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/Exports/n-files"))
    }
  }

  @Test func anExportOfMarkdownReplacesNothingThatIsNotItsOwn() throws {
    try withNotebook(Self.notebook) { folder in
      let beside = try folio("export", "n", "--to", "md", "-o", "Notebooks/n.md", in: folder)
      #expect(beside.status == 2, "\(beside)")
      #expect(try folder.read("Notebooks/n.md") == Self.notebook)
      let among = try folio("export", "n", "--to", "md", "-o", "Notebooks/part/x.md", in: folder)
      #expect(among.status == 2, "\(among)")
      expect(among.errors, contains: "'Notebooks/part/x.md' lies among the notebooks")
      try folder.write("mine", to: "Exports/n-files/mine.txt")
      let result = try folio("export", "n", "--to", "md", in: folder)
      #expect(result.status == 2, "\(result)")
      expect(result.errors, contains: "holds 'mine.txt', which is no file of an earlier export")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/Exports/n.md"))
    }
  }

  @Test func aPDFIsThePageWithoutItsScriptAsABrowserPrintsIt() throws {
    try withNotebook(Self.notebook) { folder in
      let environment = try browser("cp \"$page\" \(folder.path)/printed.html; printf '%%PDF-1.4\\n' > \"$pdf\"", in: folder)
      let result = try folio("export", "n", "--to", "pdf", in: folder, environment: environment)
      #expect(result.status == 0, "\(result)")
      #expect(result.output == "Notebooks/n.pdf\n", "\(result)")
      #expect(try folder.read("Notebooks/n.pdf").hasPrefix("%PDF-1.4\n"))
      let printed = try folder.read("printed.html")
      expect(printed, contains: "@page", "<svg ")
      #expect(!printed.contains("<script"))
      // It is known as an export again.
      #expect(try folio("export", "n", "--to", "pdf", in: folder, environment: environment).status == 0)
    }
  }

  @Test func withoutAPDFItIsSaidWhyAndWhatToDo() throws {
    try withNotebook(Self.notebook) { folder in
      let failing = try browser("echo 'no memory'; exit 3", in: folder)
      let failed = try folio("export", "n", "--to", "pdf", in: folder, environment: failing)
      #expect(failed.status == 2, "\(failed)")
      expect(failed.errors, contains: "has printed no PDF (status 3): no memory", "Export to html")
      // Nothing runs if nothing can be printed.
      let none = try folio("export", "n", "--to", "pdf", in: folder, environment: ["PATH": folder.path + "/none"])
      #expect(none.status == 2, "\(none)")
      expect(none.errors, contains: "there is no Chromium", "apt-get install chromium")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/Notebooks/n.pdf"))
    }
  }
}
