import Foundation

/// A place of a page in which it speaks of the site and of the other pages: all else of a page is a matter of its notebook and its record.
///
/// When a notebook comes, goes or gets another title, the regions of all pages change, and no cell need run for that: `Site.refresh` fills them anew.
/// A region stands between two comments. Those before the author's text are the first of their kind in the page, and those behind it the last, so
/// that nothing in the text can be taken for one.
enum SiteRegion: String, CaseIterable {
  /// In the page's head: icon, addresses, card.
  case head
  /// In the bar at the top: the way to the first page, the list of pages, the search.
  case bar
  /// Beside the text: the list of pages.
  case side
  /// Above the text of a run: the way to the runs beside it.
  case runs
  /// Below the text: previous and next, edit and download.
  case end
  /// At the very end: the site's footer.
  case foot

  private var isBehindText: Bool { self == .end || self == .foot }
  private var opening: String { "<!--folio:\(rawValue)-->" }
  private var closing: String { "<!--/folio:\(rawValue)-->" }

  /// The region with its marks.
  func html(_ content: String) -> String { opening + content + closing }

  /// Where the region's content stands in a page; nil if the page has no such region.
  private func range(in page: Data) -> Range<Data.Index>? {
    let (open, close) = (Data(opening.utf8), Data(closing.utf8))
    if isBehindText {
      guard let end = page.range(of: close, options: .backwards),
        let start = page.range(of: open, options: .backwards, in: page.startIndex..<end.lowerBound)
      else { return nil }
      return start.upperBound..<end.lowerBound
    }
    guard let start = page.range(of: open), let end = page.range(of: close, in: start.upperBound..<page.endIndex) else {
      return nil
    }
    return start.upperBound..<end.lowerBound
  }

  /// The page with other content in its regions; itself if it is the same.
  static func fill(_ page: Data, _ content: (SiteRegion) -> String) -> Data {
    var places = allCases.compactMap { region in region.range(in: page).map { ($0, Data(content(region).utf8)) } }
    places.removeAll { page[$0.0] == $0.1 }
    var filled = page
    for (range, data) in places.sorted(by: { $0.0.lowerBound > $1.0.lowerBound }) { filled.replaceSubrange(range, with: data) }
    return filled
  }
}
