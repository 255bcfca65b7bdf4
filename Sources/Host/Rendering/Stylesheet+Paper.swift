extension Stylesheet {
  /// What a page that is only printed adds: sheets of paper, and lines as long as these are wide.
  static let paper = """
    @page { size: A4; margin: 20mm 27mm 22mm }
    html { font-size: 10.5pt }
    .prose, .markdown, .lead, figcaption, .caption, h1, h2, h3, h4, h5, h6 { max-width: none }
    """
}
