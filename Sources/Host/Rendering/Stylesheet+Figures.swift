import Figures

extension Stylesheet {
  /// Figures: on dark pages the colours of scales are turned, and what is wider than the page shows it by a shadow at the side where it goes on,
  /// which the paper covers at the end.
  static let figures = """
    :root { \(shadow("22, 26, 32, .22")) }
    @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { \(Figure.darkStyle); \(shadow("160, 180, 210, .3")) } }
    :root[data-theme="dark"] { \(Figure.darkStyle); \(shadow("160, 180, 210, .3")) }
    \(Figure.style)
    /* Those that plotly.js draws. */
    .plotly .heatmaplayer, .plotly .cbfills { filter: var(--ramp, none) }
    .scroll {
      background:
        linear-gradient(to right, var(--paper) 40%, transparent) left / 2.4rem 100% no-repeat local,
        linear-gradient(to left, var(--paper) 40%, transparent) right / 2.4rem 100% no-repeat local,
        linear-gradient(to right, rgba(var(--edge)), transparent) left / .9rem 100% no-repeat scroll,
        linear-gradient(to left, rgba(var(--edge)), transparent) right / .9rem 100% no-repeat scroll;
    }
    @media print {
      :root:root:root { --ramp: none }
      .scroll { background: none }
    }
    """

  private static func shadow(_ color: String) -> String { "--edge: \(color)" }
}
