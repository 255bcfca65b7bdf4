extension Stylesheet {
  /// Formulas. A long one scrolls, and is printed whole. Its TeX is seen by nobody, but copied.
  static let mathematics = """
    math { font-family: "STIX Two Math", "Cambria Math", "Libertinus Math", "Latin Modern Math", "Asana Math", "Noto Sans Math", "DejaVu Math TeX Gyre", math; font-style: normal }
    .math { position: relative }
    .math > math { -webkit-user-select: none; user-select: none }
    .tex { position: absolute; left: 0; top: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: pre }
    .equation { display: flex; align-items: center; gap: 1rem; margin: .4em 0; width: max-content; min-width: 100%; max-width: min(58rem, 100cqw) }
    .equation > .display { flex: 1 1 auto; min-width: 0; overflow-x: auto; overflow-y: hidden; padding: .25em 0 }
    .equation > .number { flex: none; color: var(--soft); text-decoration: none; font-variant-numeric: tabular-nums }
    .equation:target > .number { color: var(--accent); font-weight: 600 }
    math .left { text-align: left }
    math .right { text-align: right }
    math .aligned mtd { padding-left: .1em; padding-right: .1em }
    math .bold, math .bold-italic, math .bold-sans-serif { font-weight: 700 }
    math .italic, math .bold-italic, math .sans-serif-italic { font-style: italic }
    math .sans-serif, math .bold-sans-serif, math .sans-serif-italic { font-family: var(--sans) }
    math .monospace { font-family: var(--mono) }
    @media print {
      .equation { break-inside: avoid }
      .equation, .equation > .display { max-width: none; overflow: visible }
      .equation > .display { min-width: max-content }
    }
    """
}
