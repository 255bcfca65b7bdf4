import Foundation
import Record

/// What `site.yml` in the folder of the notebooks says of the whole site: a mapping in YAML, all of whose keys may be left out.
///
/// ```yaml
/// title: How a model reasons
/// description: Notebooks about one chain of thought.
/// authors: [A. Author, B. Author]
/// repository: https://github.com/someone/reasoning
/// branch: main
/// url: https://someone.github.io/reasoning/
/// language: en
/// favicon: icon.svg
/// footer: Text under [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/).
/// contents:
///   - summary
///   - part: The experiments
///     notebooks: [prontoqa, part/aggregates]
/// ```
/// What is wrong with it is told at its line; a key that there is not is an error, as in a notebook's front matter.
package struct SiteDescription: Sendable, Equatable {
  /// The file's name, in the folder of the notebooks.
  package static let fileName = "site.yml"

  /// What a page can be downloaded as, besides being read.
  package enum Download: String, CaseIterable, Sendable {
    case md, ipynb
  }

  /// Some notebooks of the site, in order.
  package struct Part: Sendable, Equatable {
    /// Nil for notebooks that stand in no part.
    package var title: String?
    /// Their names.
    package var notebooks: [String]

    package init(title: String? = nil, notebooks: [String]) { (self.title, self.notebooks) = (title, notebooks) }
  }

  /// What the site is called; nil for the word for notebooks in its language.
  package var title: String?
  /// One sentence for the first page.
  package var description: String?
  package var authors: [String] = []
  /// The address of the repository: `https://github.com/someone/reasoning`.
  package var repository: String?
  /// The branch that readers shall see and edit.
  package var branch = "main"
  /// Where the folder of the notebooks lies in the repository: `Notebooks/`.
  package var folderInRepository = Notebook.rootFolder + "/"
  /// The addresses of a notebook's source and of its editor, with `{branch}` and `{path}` in them; nil for those of GitHub.
  package var source: String?
  package var edit: String?
  /// Where the site will be read, with a slash at its end: `https://someone.github.io/reasoning/`.
  package var url: String?
  /// What stands below each page, as HTML.
  package var footer: String?
  /// The language of the pages that say nothing else, by its tag (BCP 47): `de`, `fr-CA`.
  package var language: String?
  /// The picture by which browsers mark the site, as an absolute path.
  package var favicon: String?
  /// As what each notebook can be downloaded.
  package var downloads = Download.allCases
  /// The order of the notebooks; those that it does not name come last.
  package var contents: [Part] = []

  /// The notebook that a link of the footer leads to, by its file in the folder of the notebooks: `part/a` for `part/a.md`.
  package static func notebook(inLink link: String) -> String? {
    guard link.hasSuffix(".md"), link.firstMatch(of: /^[A-Za-z][A-Za-z0-9+.-]*:/) == nil else { return nil }
    return String(link.dropLast(3)).removingPercentEncoding
  }

  /// A site of which nothing is said.
  package init() {}
}
