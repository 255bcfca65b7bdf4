import Foundation

/// The words of a page that are not its author's, in one language.
///
/// Each language gives all of them: one that lacks a word does not compile. `#` stands for a number, or for what is named.
package struct PageWords: Sendable {
  /// A text that depends on a number.
  package struct Counted: Sendable {
    var one: String
    var many: String

    package init(_ one: String, _ many: String) { (self.one, self.many) = (one, many) }

    package func callAsFunction(_ number: Int) -> String {
      (number == 1 ? one : many).replacing("#", with: Count.text(number))
    }
  }

  // The site.
  package var notebooks: String
  package var moreNotebooks: String
  package var noNotebooks: String
  package var allPages: String
  package var skip: String
  package var contents: String
  package var previous: String
  package var next: String
  package var pageOrder: String
  package var edit: String
  package var source: String
  package var download: String
  package var data: String
  // The search.
  package var search: String
  package var searchHint: String
  package var searchNothing: String
  package var searchFailed: String
  package var searchResults: Counted
  // The switch of colours.
  package var colours: String
  package var coloursOfSystem: String
  package var coloursLight: String
  package var coloursDark: String
  /// What stands between thousands.
  package var grouping: String
  package var bytes: Counted
  // What is too long for a page. Of the outputs of a cell, how many there are: `{all}`.
  package var leftOut: String
  package var readAll: String
  package var rowsLeftOut: Counted
  package var tokensLeftOut: Counted
  package var outputsLeftOut: Counted
  // A notebook.
  package var parameters: String
  package var linkToSection: String
  package var computedOn: String
  package var processor: String
  package var didNotRunThrough: String
  package var cellFailed: String
  package var andMore: Counted
  package var cellsDidNotRun: Counted
  package var notRun: String
  package var meantToFail: String
  package var cell: String
  package var code: String
  package var lines: Counted
  package var cells: Counted
  package var stopped: String
  // Runs of a notebook.
  package var runs: Counted
  package var runsMissing: Counted
  package var runsFailed: Counted
  package var runMissing: String
  package var allRuns: String
  package var ownRun: String
  package var runsOf: String
  package var run: String
  package var state: String
  package var ranThrough: String
  package var runsPage: String
  // References.
  package var figure: String
  package var table: String
  package var equation: String
  package var references: String
  package var citeThisPage: String
  package var backToText: String
  /// Of how many cells how many failed: `{failed}`, `{cells}`.
  package var cellsFailed: String

  /// A sentence with what it names.
  package static func filled(_ text: String, with name: String) -> String { text.replacing("#", with: name) }
}

extension PageWords {
  /// The languages in which a page can speak of itself.
  package enum Language: String, CaseIterable, Sendable {
    case en, de, fr, es, zh

    /// The language of a tag, as `de` for `de-CH`; nil for one that Folio has no words in.
    package init?(tag: String) { self.init(rawValue: String(tag.lowercased().prefix { $0 != "-" && $0 != "_" })) }

    package var words: PageWords {
      switch self {
      case .en: .english
      case .de: .german
      case .fr: .french
      case .es: .spanish
      case .zh: .chinese
      }
    }
  }

  /// Of the page that is being made. All of its views say what they say in these words.
  @TaskLocal package static var current = PageWords.english

  /// The words for a language's tag: English ones where Folio knows no others.
  package static func of(_ tag: String?) -> PageWords { (tag.flatMap(Language.init(tag:)) ?? .en).words }
}
