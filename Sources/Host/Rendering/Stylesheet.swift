/// The site's look, in one style sheet.
///
/// Prose is set in an old-style serif in lines of about 70 characters; what belongs to the machine (code, numbers, labels) in the
/// system's other fonts. Colours are few, and those of the figures' scales: blue leads, red warns. All of them are variables, so the
/// dark theme is one list of values. Every pair of text and ground has a contrast of at least 4.5.
package enum Stylesheet {
  package static let file = "folio.css"

  package static let text = """
    /* Written by Folio. */
    :root { \(light) }
    @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { \(dark) } }
    :root[data-theme="dark"] { \(dark) }
    \(fonts)
    \(page)
    \(prose)
    \(mathematics)
    \(proseExtensions)
    \(citations)
    \(cells)
    \(outputs)
    \(reading)
    \(figures)
    \(evidenceMaps)
    \(index)
    \(site)
    \(media)

    """

  package static let light = """
    color-scheme: light; --paper: #fdfcfa; --ink: #22252a; --soft: #5c626c; --rule: #e3dfd6; --wash: #f5f3ee; --accent: #1b568f;
    --alarm: #a3152a; --alarm-wash: #fbf0ef; --warn: #80530a; --type: #5b4a93; --string: #206447; --comment: #666b74;
    """

  package static let dark = """
    color-scheme: dark; --paper: #16181c; --ink: #dcdee2; --soft: #9ba2ad; --rule: #30343b; --wash: #1e2126; --accent: #8fc0e8;
    --alarm: #f79a92; --alarm-wash: #2a1e20; --warn: #dfb36a; --type: #c3b3ee; --string: #98cdaa; --comment: #949ba7;
    """

  private static let fonts = """
    :root {
      --serif: "Iowan Old Style", "Palatino Linotype", "URW Palladio L", P052, Palatino, Georgia, serif;
      --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
      --mono: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
      --figure-font: var(--sans);
    }
    """

  private static let page = """
    *, ::before, ::after { box-sizing: border-box }
    html { background: var(--paper); color: var(--ink); scroll-padding-top: 1.5rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
    body { margin: 0; font: 1.09rem/1.62 var(--serif); text-rendering: optimizeLegibility; overflow-wrap: break-word }
    a { color: var(--accent); text-decoration-thickness: .06em; text-underline-offset: .18em; text-decoration-color: color-mix(in srgb, currentColor 40%, transparent) }
    a:hover { text-decoration-color: currentColor }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px }
    .skip { position: absolute; left: -100vw; background: var(--paper); padding: .4rem .8rem; font: .9rem var(--sans); z-index: 2 }
    .skip:focus { left: .5rem; top: .5rem }
    .bar { display: flex; align-items: center; justify-content: space-between; max-width: 84rem; min-height: 3.4rem; margin: 0 auto; padding: 0 1.5rem; font: .84rem var(--sans) }
    .bar a { color: var(--soft); text-decoration: none }
    .bar a:hover { color: var(--accent) }
    .theme { font: 1.05rem/1 var(--sans); width: 2.1rem; height: 2.1rem; padding: 0; border: 0; border-radius: 50%; background: none; color: var(--soft); cursor: pointer; margin-left: auto }
    .theme:hover { background: var(--wash); color: var(--ink) }
    .layout { max-width: 84rem; margin: 0 auto; padding: 0 1.5rem 6rem }
    .sidebar { display: none }
    .caps { font: 600 .72rem/1.4 var(--sans); letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 0 0 .5rem }
    main { min-width: 0 }
    nav ol { list-style: none; margin: 0; padding: 0; font: .86rem/1.4 var(--sans) }
    nav a { display: block; padding: .22rem 0; color: var(--soft); text-decoration: none }
    nav a:hover, nav a[aria-current] { color: var(--accent) }
    .contents { max-width: 68ch; margin: 0 0 2rem; padding: .6rem 0; border: solid var(--rule); border-width: 1px 0; font: .9rem var(--sans) }
    .contents summary { cursor: pointer; color: var(--soft) }
    .contents nav { padding: .5rem 0 .2rem 1.1rem }
    """

  private static let prose = """
    h1, h2, h3, h4, h5, h6 { font-weight: 600; line-height: 1.25; max-width: 40ch; margin: 2.2em 0 .6em; letter-spacing: -.008em; text-wrap: balance; position: relative }
    h1 { font-size: 2.15rem; margin-top: 1.4em }
    h2 { font-size: 1.52rem }
    h3 { font-size: 1.2rem }
    h4, h5, h6 { font-size: 1.05rem }
    h2 + h3 { margin-top: 1em }
    .anchor { margin-left: .4em; color: var(--soft); text-decoration: none; font-weight: 400; opacity: 0 }
    :hover > .anchor, .anchor:focus { opacity: 1 }
    .head h1 { margin-top: .6em; margin-bottom: .35em }
    .lead { max-width: 60ch; margin: 0 0 1.2rem; font-size: 1.2rem; line-height: 1.5; color: var(--soft); text-wrap: pretty }
    .provenance { margin: 0 0 2rem; font: .82rem/1.5 var(--sans); color: var(--soft) }
    .parameters + .provenance { margin-top: -1.6rem }
    .parameters { display: flex; flex-wrap: wrap; gap: .35rem 1.6rem; margin: 0 0 2rem; padding: 0; font: .82rem/1.5 var(--sans) }
    .parameters div { display: flex; gap: .5em; max-width: 100% }
    .parameters dt { color: var(--soft) }
    .parameters dd { margin: 0; font-family: var(--mono); overflow-wrap: anywhere }
    .prose { max-width: 68ch; hanging-punctuation: first }
    .prose > :first-child { margin-top: 0 }
    .prose p, .prose ul, .prose ol, .prose blockquote { margin: 0 0 1em; text-wrap: pretty }
    .prose ul, .prose ol { padding-left: 1.4em }
    .prose li { margin: .2em 0 }
    .prose li > ul, .prose li > ol { margin: .1em 0 }
    .prose li::marker { color: var(--soft) }
    .prose blockquote { padding-left: 1.1em; border-left: 2px solid var(--rule); color: var(--soft); font-style: italic }
    .prose img { max-width: 100%; height: auto }
    .prose hr { width: 5rem; margin: 2.5em 0; border: 0; border-top: 1px solid var(--rule) }
    .prose table { display: block; max-width: 100%; overflow-x: auto }
    code, pre { font-family: var(--mono); font-variant-ligatures: none; tab-size: 2 }
    .prose code, h1 code, h2 code, h3 code, li code { font-size: .84em; padding: .08em .3em; border-radius: 3px; background: var(--wash); overflow-wrap: anywhere }
    .prose pre { overflow-x: auto; padding: .8rem 1rem; background: var(--wash); border-radius: 4px; font-size: .84rem; line-height: 1.55 }
    .prose pre code { padding: 0; background: none; font-size: inherit; overflow-wrap: normal }
    """

  private static let cells = """
    .cell, .listing { margin: 1.6rem 0 1.9rem; max-width: 100%; scroll-margin-top: 1.5rem }
    .source { max-width: 58rem }
    .source, .listing { display: flow-root }
    .label { float: right; font: .72rem/1 var(--mono); color: var(--soft); text-decoration: none; margin: .2rem .2rem .35rem 1rem }
    .label:hover { color: var(--accent) }
    .code { clear: both; max-width: 58rem; margin: 0; padding: .85rem 1.1rem; overflow-x: auto; background: var(--wash); border-radius: 5px; font-size: .845rem; line-height: 1.58 }
    details.source summary { font: .82rem var(--sans); color: var(--soft); cursor: pointer; width: fit-content }
    details.source summary:hover { color: var(--accent) }
    details.source summary small { margin-left: .4em }
    .k { color: var(--accent) }
    .t { color: var(--type) }
    .s { color: var(--string) }
    .n, .a { color: var(--warn) }
    .c { color: var(--comment); font-style: italic }
    .not-run .code { background: none; border: 1px dashed var(--rule) }
    .status { margin: .5rem 0 0; font: italic .86rem var(--sans); color: var(--soft) }
    """

  private static let outputs = """
    .outputs { margin-top: .75rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: .7rem }
    .outputs > * { margin: 0 }
    .outputs > pre { max-width: 58rem; max-height: 34rem; overflow: auto; padding: .1rem 0 .1rem 1rem; border-left: 2px solid var(--rule); font-size: .82rem; line-height: 1.5 }
    .outputs > pre.value { border-left-color: color-mix(in srgb, var(--accent) 55%, var(--paper)) }
    .outputs > pre.stderr { border-left-color: var(--warn) }
    .outputs > pre.stderr::before { content: "stderr"; display: block; font: 600 .68rem/1.8 var(--sans); letter-spacing: .05em; color: var(--warn) }
    .outputs > pre.stderr.tail::before { content: none }
    .omitted { font: italic .82rem/1.5 var(--sans); color: var(--soft); margin: 0 }
    .outputs > .omitted { padding-left: 1rem; border-left: 2px dotted var(--rule) }
    .progress { font: .82rem/1.5 var(--sans); color: var(--soft); font-variant-numeric: tabular-nums }
    .progress::before { content: "\\2713"; margin-right: .55em; color: var(--string) }
    .progress.partial::before { content: "\\2026" }
    .scroll { overflow-x: auto; max-width: 100% }
    div.table { max-width: fit-content; max-height: 38rem; overflow-y: auto }
    table { border-collapse: collapse; font: .86rem/1.45 var(--sans); font-variant-numeric: tabular-nums lining-nums }
    th, td { padding: .3rem 1.4rem .3rem 0; text-align: left; vertical-align: baseline; white-space: pre-wrap; border-bottom: 1px solid var(--rule) }
    th:last-child, td:last-child { padding-right: .2rem }
    th { font-weight: 600; color: var(--soft); border-bottom-color: var(--soft); white-space: nowrap }
    div.table thead th { position: sticky; top: 0; background: var(--paper) }
    .number { text-align: right; white-space: nowrap }
    figure { margin: .4rem 0 0 }
    .folio-figure { display: block; min-width: calc(var(--natural, 0px) * .68) }
    .interact { display: block; margin: 0 0 .3rem; padding: .12rem .6rem; font: .76rem/1.5 var(--sans); color: var(--soft); background: none; border: 1px solid var(--rule); border-radius: 99px; cursor: pointer }
    .interact:hover { color: var(--accent); border-color: currentColor }
    .interact:disabled { cursor: progress }
    figcaption, .caption { max-width: 68ch; font: .88rem/1.5 var(--sans); color: var(--soft); text-wrap: pretty }
    figcaption { margin-top: .35rem }
    figcaption .number { font-weight: 600; color: var(--ink) }
    a.reference { position: relative }
    a.reference .preview { display: none }
    @media screen and (min-width: 60rem) {
      a.reference:hover .preview, a.reference:focus-visible .preview {
        display: block; position: absolute; z-index: 5; left: 0; top: 1.7em; padding: .5rem;
        background: var(--paper); color: var(--ink); border: 1px solid var(--rule); border-radius: 4px
      }
    }
    .tokens { max-width: 58rem; font: .9rem/1.75 var(--sans); white-space: pre-wrap; overflow-wrap: anywhere }
    .tokens span { border-radius: 3px; padding: .12em 0; box-decoration-break: clone; -webkit-box-decoration-break: clone }
    .tokens span:hover { outline: 1px solid currentColor }
    .tokens-title { font: .84rem/1.5 var(--sans); color: var(--soft); margin: 0 0 .3rem }
    .unreadable { color: var(--alarm); font: .86rem var(--sans) }
    .failure, .banner { max-width: 58rem; padding: .8rem 1.1rem; border-left: 3px solid var(--alarm); border-radius: 0 5px 5px 0; background: var(--alarm-wash); font: .9rem/1.5 var(--sans) }
    .failure.expected { background: var(--wash); border-left-color: var(--soft) }
    .failure .caps { color: var(--alarm); margin-bottom: .25rem }
    .failure.expected .caps { color: var(--soft) }
    .diagnostic { margin: 0 }
    .diagnostic .diagnostic { margin-top: .7rem }
    .diagnostic p { margin: 0; white-space: pre-wrap }
    .message { font-weight: 600 }
    .note > .message { font-weight: 400 }
    .place { font: .8rem var(--mono); color: var(--soft); margin-left: .5em }
    .excerpt { margin: .45rem 0; overflow-x: auto; font-size: .82rem; line-height: 1.35 }
    .excerpt .unseen { visibility: hidden }
    .excerpt [aria-hidden] { color: var(--alarm); font-weight: 700 }
    .banner { margin: 0 0 2rem }
    .banner p, .banner ul { margin: 0 }
    .banner ul { padding-left: 1.1em }
    """

  private static let index = """
    .index { max-width: 46rem; margin: 0 auto; padding: 0 1.5rem 6rem }
    .index h1 { margin: .8em 0 1em }
    .index ul { list-style: none; margin: 0; padding: 0 }
    .index li { padding: 1.3rem 0; border-top: 1px solid var(--rule) }
    .index h2 { font-size: 1.3rem; margin: 0; max-width: none }
    .index h2 a { text-decoration: none; color: var(--ink) }
    .index h2 a:hover { color: var(--accent) }
    .index li p { margin: .3rem 0 0; color: var(--soft); max-width: 64ch; text-wrap: pretty }
    .index .state { font: .82rem/1.5 var(--sans); margin-top: .45rem }
    .index .state.failed { color: var(--alarm); font-weight: 600 }
    """

  private static let media = """
    @media (min-width: 68rem) {
      .layout { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 4rem }
      \(wideSite)
      .contents { display: none }
    }
    @media (max-width: 40rem) {
      body { font-size: 1.03rem; line-height: 1.58 }
      .bar, .layout, .index { padding-left: 1.1rem; padding-right: 1.1rem }
      h1 { font-size: 1.75rem }
      h2 { font-size: 1.36rem }
      .lead { font-size: 1.1rem }
      .code { margin: 0 -1.1rem; padding: .8rem 1.1rem; border-radius: 0; font-size: .8rem }
      .outputs > pre { font-size: .78rem }
    }
    @media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth } }
    @media print {
      :root:root:root { \(light) --paper: #fff }
      body { font-size: 10.5pt }
      .bar, .side, .contents, .skip, .anchor, .runs, .pager, .page-links, .data-links { display: none }
      .layout { display: block; max-width: none; padding: 0 }
      .code, .outputs > pre, .excerpt { white-space: pre-wrap; overflow: visible; max-height: none }
      .scroll { overflow: visible; max-height: none }
      .folio-figure { min-width: 0 }
      figure, .failure, tr { break-inside: avoid }
      h1, h2, h3 { break-after: avoid }
    }
    """
}
