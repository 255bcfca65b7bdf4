import Document
import Foundation
import Interchange
import Processes
import Record
import Rendering

/// Pages that are no part of a site: as one file, and on paper.
extension PageMaker {
  /// A notebook's page as one file that has everything in it, and what its author should know of it.
  package func file(_ notebook: Notebook, record: NotebookRecord) -> (html: String, warnings: [Diagnostic]) {
    file(notebook, record: record, form: .file)
  }

  /// A notebook's page as a PDF.
  /// - Throws: a `Diagnostic` if it cannot be printed.
  package func pdf(
    _ notebook: Notebook, record: NotebookRecord, printer: PagePrinter
  ) throws -> (pdf: Data, warnings: [Diagnostic]) {
    let (html, warnings) = file(notebook, record: record, form: .print)
    return (try printer.pdf(of: html), warnings)
  }

  /// A notebook as Markdown for GitHub, with the files beside it.
  /// - Parameters:
  ///   - record: what its cells put out; nil for Markdown without outputs.
  ///   - path: where the Markdown is written.
  /// - Throws: a `Diagnostic` if the notebook's file is no longer what it was.
  package func markdown(
    _ notebook: Notebook, record: NotebookRecord?, path: String
  ) throws -> (text: String, files: GitHubFiles, warnings: [Diagnostic]) {
    let parts = try NotebookParts(contentsOf: notebook)
    let known = record ?? NotebookRecord(notebook: notebook.name, cells: [])
    let (linker, copies, warnings) = linker(of: notebook, record: known)
    let place = GitHubMarkdown.Place(path: path, site: siteDescription(of: notebook).url, files: copies)
    let language = SiteMap([], description: siteDescription(of: notebook))
      .language(of: IndexPage.Entry(notebook, record: known))
    let works = works(of: notebook, words: PageWords.of(language))
    let markdown = GitHubMarkdown(notebook, parts: parts, record: record, linker: linker, works: works, place: place)
    let (text, files) = PageWords.$current.withValue(PageWords.of(language)) { markdown.export() }
    let lost = files.warnings.map { Diagnostic(.warning, at: Place(file: notebook.file, line: 1), $0) }
    return (text, files, warnings + lost)
  }

  /// The words of the citations, and the list of references.
  private func works(of notebook: Notebook, words: PageWords) -> GitHubMarkdown.Works {
    let cited = citedWorks(of: notebook)
    var works = GitHubMarkdown.Works()
    for (index, citation) in notebook.citations.enumerated() { works.citations[index] = cited.markdown(citation) }
    if !cited.works.isEmpty { works.list = "## \(words.references)\n\n\(cited.markdownList)\n" }
    return works
  }

  private func file(
    _ notebook: Notebook, record: NotebookRecord, form: PageContext.Form
  ) -> (html: String, warnings: [Diagnostic]) {
    let (page, warnings) = page(notebook, record: record, form: form)
    return (OneFilePage(page, site: siteDescription(of: notebook).url, hasFiles: form == .file).html, warnings)
  }
}

/// Prints pages as PDF by Chromium, which shows MathML and the page's own style sheet, and writes what is a heading, a table or a picture, and what
/// pictures show, into the PDF's tags.
package struct PagePrinter: Sendable {
  /// How long a page may take, in seconds.
  private static let limit = 180.0

  private let browser: Browser

  /// - Throws: a `Diagnostic` if there is no Chromium.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    guard let browser = Browser(environment) else {
      throw Diagnostic(
        "there is no Chromium, by which pages are printed as PDF",
        advice: "Install it: apt-get install chromium. Or export to html, and print that in a browser.")
    }
    self.browser = browser
  }

  package func pdf(of html: String) throws -> Data {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let (page, pdf) = (folder.path + "/page.html", folder.path + "/page.pdf")
    try Data(html.utf8).write(to: URL(fileURLWithPath: page))
    let arguments = [
      "--no-pdf-header-footer", "--generate-pdf-document-outline", "--print-to-pdf=\(pdf)",
      URL(fileURLWithPath: page).absoluteString,
    ]
    let finished = try browser.run(arguments, profile: folder.path + "/profile", limit: Self.limit)
    guard finished.status == 0, let data = FileManager.default.contents(atPath: pdf), data.starts(with: Array("%PDF-".utf8))
    else {
      throw Diagnostic(
        "\(browser.program) has printed no PDF (status \(finished.status)): \(Self.end(of: finished.text))",
        advice: "Export to html, and print that in a browser.")
    }
    return data
  }

  private static func end(of text: String) -> String {
    text.split(whereSeparator: \.isNewline).last.map { String($0.prefix(300)) } ?? "it said nothing"
  }
}
