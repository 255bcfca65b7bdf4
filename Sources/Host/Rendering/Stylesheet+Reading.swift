extension Stylesheet {
  /// Texts, pictures and tables that cells put out, and the buttons beside code and tables.
  static let reading = """
    .outputs > pre { white-space: pre-wrap; overflow-wrap: anywhere }
    .outputs > pre.columns { white-space: pre; overflow-wrap: normal }
    .picture img { max-width: 100%; height: auto; vertical-align: top }
    .markdown { max-width: 68ch }
    .html { max-width: 100% }
    .rows { font: .8rem/1.5 var(--sans); color: var(--soft); font-variant-numeric: tabular-nums }
    .outputs > .rows { margin-top: -.4rem }
    .find { width: 16rem; max-width: 100%; padding: .25rem .6rem; font: .84rem/1.5 var(--sans); color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: 4px }
    .sort { padding: 0; font: inherit; color: inherit; text-align: inherit; background: none; border: 0; cursor: pointer; min-height: 1.5rem }
    .sort:hover { color: var(--accent) }
    [aria-sort="ascending"] .sort::after { content: " \\2191" }
    [aria-sort="descending"] .sort::after { content: " \\2193" }
    .copyable { clear: both; position: relative; max-width: 58rem }
    .copy { position: absolute; top: .35rem; right: .35rem; min-height: 1.5rem; padding: 0 .55rem; font: .74rem/1.5 var(--sans); color: var(--soft); background: var(--wash); border: 1px solid var(--rule); border-radius: 4px; cursor: pointer }
    .copy:hover, .hides:hover { color: var(--accent); border-color: currentColor }
    @media (hover: none), (max-width: 40rem) { .copy { top: -1.7rem; right: auto; left: 0 } }
    @media (hover: hover) and (min-width: 40rem) {
      .copy { opacity: 0 }
      .copyable:hover > .copy, .copy:focus-visible { opacity: 1 }
    }
    .find::placeholder { color: var(--soft); opacity: 1 }
    .hides { margin-left: auto; min-height: 1.6rem; padding: 0 .7rem; font: .8rem/1.5 var(--sans); color: var(--soft); background: none; border: 1px solid var(--rule); border-radius: 99px; cursor: pointer }
    .hides + .theme { margin-left: .5rem }
    [data-hides-code] .source { display: none }
    @media print {
      .copy, .hides, .find { display: none }
      .outputs > pre.columns { white-space: pre-wrap }
      div.table { max-height: none }
      [data-hides-code] .source { display: none }
    }
    """
}
