extension Stylesheet {
  /// A map of a model whose cells open their evidence: what stands in an open cell is shown below the grid.
  static let evidenceMaps = """
    .evidence-map { position: relative; margin-left: 0; margin-right: 0; font: .8rem var(--sans, system-ui, sans-serif) }
    .evidence-map:has(details[open]) { padding-bottom: 18.5rem }
    .evidence-map .title { font-weight: 600; margin: 0 0 .4rem }
    .evidence-map > .scroll { overflow-x: auto }
    .evidence-map table { border-collapse: separate; border-spacing: 1px; width: auto; margin: 0; font: inherit }
    .evidence-map th { font-weight: 400; color: var(--soft, #5c626c); padding: 0 .4em; border: 0; text-align: right;
      vertical-align: middle; white-space: nowrap }
    .evidence-map td { padding: 0; border: 0; vertical-align: top }
    .evidence-map details { margin: 0; height: 1.9em }
    .evidence-map summary { display: block; cursor: pointer; min-width: 3.2em; padding: .25em .2em; text-align: center;
      font-variant-numeric: tabular-nums }
    .evidence-map summary::-webkit-details-marker { display: none }
    .evidence-map summary b { font-weight: 700 }
    .evidence-map details[open] > summary { outline: 2px solid var(--accent, #1b568f); outline-offset: 1px }
    .evidence-map .evidence { position: absolute; left: 0; right: 0; bottom: 0; height: 18rem; overflow: auto;
      padding: .6rem .8rem; background: var(--wash, #f5f3ee); color: var(--ink, #22252a);
      border-top: 2px solid var(--accent, #1b568f) }
    .evidence-map .evidence p { margin: 0 0 .3rem }
    .evidence-map .evidence td, .evidence-map .evidence th { padding: .1em .6em; text-align: left; vertical-align: top }
    .evidence-map .evidence td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
    """
}
