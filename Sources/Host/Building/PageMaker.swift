import Bibliography
import Document
import Record
import Rendering

/// Makes the pages of a site's notebooks: all that a page needs besides the run's record is found here, for builds, previews and exports.
package struct PageMaker: Sendable {
  /// The folder of the site that the pages are made for; nil for a page that stands alone.
  let site: String?
  /// The folder in which is kept what takes long to make; nil keeps nothing.
  let store: String?
  private let plotly: PlotlyScript?
  /// Whether an author waits for the page: then no card is drawn for it, and what takes long to write is written behind it, by `finishDownloads`.
  package var isPreview = false
  /// The other pages, where many are made one after the other.
  package var known: KnownPages?

  package init(site: String?, store: String?, plotly: PlotlyScript? = nil) {
    (self.site, self.store, self.plotly) = (site, store, plotly)
  }

  /// What is wrong with a notebook's prose and can be known before a cell runs. With errors among it the notebook is not run.
  package func problems(in notebook: Notebook) -> [Diagnostic] {
    siteProblems(of: notebook) + formulaProblems(in: notebook) + citationProblems(in: notebook) + referenceProblems(in: notebook)
  }

  /// The page of a notebook that has run, and what its author should know of it.
  package func page(_ notebook: Notebook, record: NotebookRecord) -> (page: Page, warnings: [Diagnostic]) {
    page(notebook, record: record, form: .site)
  }

  /// - Parameter form: a page that is no part of a site is made without what lies beside pages of sites.
  func page(
    _ notebook: Notebook, record: NotebookRecord, form: PageContext.Form
  ) -> (page: Page, warnings: [Diagnostic]) {
    let description = siteDescription(of: notebook)
    let words = PageWords.of(notebook.frontMatter.publication.language ?? description.language)
    let linked = PageWords.$current.withValue(words) { self.linked(notebook.takingFragments(of: record), record: record) }
    let (illustrated, warnings) = linked.notebook.embeddingLocalImages()
    var context = PageContext(plotly: plotly)
    context.form = form
    context.mathematics = mathematics(of: linked.notebook)
    context.citedWorks = citedWorks(of: linked.notebook)
    var notes: [Diagnostic] = []
    if form == .site {
      (context.site, context.downloads) = (siteMap(of: notebook), downloads(of: notebook, record: record))
      context.laterDownloads = isPreview ? laterDownloads(of: notebook).map(\.file) : []
      (context.card, notes) = card(of: notebook, record: record)
    } else {
      context.site = SiteMap([], description: description)
    }
    var page = Page(illustrated, record: record, context: context)
    page.files = linked.files
    let late = lateProblems(of: linked.notebook, besides: notebook)
    return (page, warnings + linked.warnings + late + notes)
  }

  /// The files besides the notebook's own that its page shows, by absolute paths: the page changes with them.
  package func files(of notebook: Notebook) -> Set<String> {
    notebook.pictureFiles.union(siteFiles(of: notebook)).union(referredFiles(of: notebook))
      .union(Bibliography.files(of: notebook))
  }
}
