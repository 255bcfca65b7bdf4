extension Stylesheet {
  /// Citations with the reference that shows itself beside them, the list of references, and who wrote the page.
  static let citations = """
    .cited { position: relative }
    .cited > a { text-decoration: none }
    .cited > a:hover, .cited > a:focus-visible { text-decoration: underline }
    .cite-card { display: none; position: absolute; left: 0; top: 100%; z-index: 3; width: max-content; max-width: min(24rem, 70vw); padding: .6rem .8rem; border: 1px solid var(--rule); border-radius: 4px; background: var(--paper); color: var(--ink); font: .82rem/1.45 var(--sans); box-shadow: 0 2px 10px rgb(0 0 0 / .12); overflow-wrap: anywhere }
    .cited:hover > .cite-card, .cited > a:focus-visible + .cite-card { display: block }
    @container (max-width: 40rem) {
      .cited { position: static }
      .cite-card { position: fixed; left: 1rem; right: 1rem; top: auto; bottom: 1rem; width: auto; max-width: none }
    }
    .references { max-width: 68ch; margin: 3rem 0 0; font-size: .95rem }
    .references ul { list-style: none; margin: 0; padding: 0 }
    .references li { margin: 0 0 .6em; padding-left: 1.6em; text-indent: -1.6em; overflow-wrap: anywhere }
    .references li:target { background: var(--wash) }
    .byline { margin: 0 0 1.4rem; font: .9rem/1.5 var(--sans) }
    .byline p { margin: 0 }
    .byline .facts, .byline .affiliation { color: var(--soft) }
    .cite-page { max-width: 58rem; margin: 2rem 0 0; font: .9rem var(--sans) }
    .cite-page summary { cursor: pointer; color: var(--soft); width: fit-content }
    @media print { .cite-card, .cite-page { display: none } }
    """
}
