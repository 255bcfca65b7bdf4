extension Stylesheet {
  /// Tables, footnotes, callouts, tasks and definitions of the prose. Footnotes stand beside their text where there is room.
  static let proseExtensions = """
    main { container-type: inline-size }
    .prose .scroll > table { display: table; max-width: none }
    .prose figure.table { margin: 0 0 1.4em }
    .prose figure.table .scroll { margin-bottom: 0 }
    .prose del { color: var(--soft) }
    .footnote-ref { line-height: 0; font-size: .72em }
    .footnote-ref a { padding: .2em .15em; text-decoration: none }
    .footnotes { margin: 0 0 1em; font-size: .88rem; line-height: 1.5; color: var(--soft) }
    .footnote { position: relative; margin: 0 0 .6em; padding-left: 1.5em }
    .footnote:target { color: var(--ink) }
    .prose .footnote p, .prose .footnote ul, .prose .footnote ol { margin-bottom: .4em }
    .prose .footnote > .footnote-number { position: absolute; left: 0; top: 0; margin: 0 }
    .footnote-back { padding: 0 .25em; text-decoration: none }
    .prose .noted > p, .prose .noted > ul, .prose .noted > ol, .prose .noted > blockquote { margin-bottom: .6em }
    @container (min-width: 56rem) {
      .noted { display: grid; grid-template-columns: minmax(0, 1fr) 16rem; column-gap: 2rem; width: calc(100% + 18rem) }
      .prose .noted > p { margin-bottom: 1em }
    }
    .callout { margin: 0 0 1.2em; padding: .7em 1.1em .1em; border-left: 3px solid var(--soft); border-radius: 0 4px 4px 0; background: var(--wash) }
    .prose .callout-title { margin-bottom: .35em; font: 600 .86rem/1.4 var(--sans); color: var(--soft) }
    .callout .scroll { --paper: var(--wash) }
    .callout.note { border-color: var(--accent) }
    .callout.note .callout-title { color: var(--accent) }
    .callout.tip { border-color: var(--string) }
    .callout.tip .callout-title { color: var(--string) }
    .callout.important { border-color: var(--type) }
    .callout.important .callout-title { color: var(--type) }
    .callout.warning { border-color: var(--warn) }
    .callout.warning .callout-title { color: var(--warn) }
    .callout.caution { border-color: var(--alarm) }
    .callout.caution .callout-title { color: var(--alarm) }
    .prose li:has(> input[type=checkbox]), .prose li:has(> p > input[type=checkbox]) { list-style: none; margin-left: -1.4em }
    .prose input[type=checkbox] { margin: 0 .45em 0 0; vertical-align: -.08em; accent-color: var(--accent) }
    .prose dl { margin: 0 0 1em }
    .prose dt { font-weight: 600 }
    .prose dd { margin: 0 0 .4em 1.4em }
    @media print {
      .noted { display: block; width: auto }
      .callout, .footnote { break-inside: avoid }
    }
    """
}
