/// A notebook that is heavy on prose: formulas, citations, references and figures.
enum WriteUp {
  static let formulas = 300
  static let works = 100
  static let figures = 50

  static let bibliography = (0..<works).map { work in
    """
    @article{work\(work),
      author = {Author\(work), A. and Second\(work), B.}, title = {Work number \(work)}, journal = {Journal}, year = {\(1990 + work % 35)},
      doi = {10.1000/\(work)}
    }

    """
  }.joined()

  static let markdown = "---\ntitle: Large\nbibliography: large.bib\n---\n\n" + (0..<figures).map(section).joined()

  /// A fiftieth of it: six formulas, two citations, a figure, references to both.
  private static func section(_ number: Int) -> String {
    """
    ## Section \(number)

    As [@work\(2 * number), p. 3] and @work\(2 * number + 1) say, $x_{\(number)}^2 + y_{\(number)}$ and $\\alpha_{\(number)} \\le \\beta$ are
    $\\sum_{i=\(number)}^n i$ or $\\frac{\(number)}{q}$; see [](#figure-\(number)) and [](#eq-\(number)).

    $$
    \\int_0^{\(number)} f(x) \\, dx = F(\(number))
    \\label{eq-\(number)}
    $$

    So it is with $\\hat{x}_{\(number)}$ too.

    ```swift
    //| label: figure-\(number)
    //| caption: The figure of section \(number)
    LineChart(["a": (0..<40).map { Double($0 * \(number)) }], x: "n", y: "a")
    ```


    """
  }
}
