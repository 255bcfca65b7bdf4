extension Stylesheet {
  /// What pages show of the site: its bar, the list of pages, the search, the way on.
  static let site = """
    .bar { gap: .4rem 1.2rem }
    .site-menu summary { white-space: nowrap }
    .site-menu summary { cursor: pointer; color: var(--soft); padding: .4rem 0 }
    .site-menu summary:hover { color: var(--accent) }
    .site-menu nav { position: absolute; left: 0; right: 0; z-index: 3; max-height: 70vh; overflow-y: auto; padding: .8rem 1.5rem 1.2rem; background: var(--paper); border: solid var(--rule); border-width: 1px 0; box-shadow: 0 .8rem 1.2rem -1rem #0006 }
    .bar:has(.site-menu) { position: relative }
    .part { font: 600 .8rem/1.4 var(--sans); color: var(--soft); margin: .9rem 0 .2rem }
    .caps + .part { margin-top: 0 }
    nav a[aria-current="page"] { color: var(--ink); font-weight: 600 }
    .side { display: none }
    .site-nav { margin: 0 0 1.6rem; padding: 0 0 1.4rem; border-bottom: 1px solid var(--rule) }
    nav .depth2 { padding-left: 1rem }
    nav .depth3 { padding-left: 2rem; font-size: .95em }
    .search { margin-left: auto; position: relative; flex: 0 1 15rem; min-width: 6rem }
    .search + .theme { margin-left: 0 }
    .search input { width: 100%; min-width: 0; padding: .35rem .8rem; font: .84rem var(--sans); color: var(--ink); background: var(--wash); border: 1px solid var(--rule); border-radius: 99px; appearance: none }
    .search input::placeholder { color: var(--soft); opacity: 1 }
    .search input:focus { border-color: var(--accent); outline: none; box-shadow: 0 0 0 1px var(--accent) }
    .search-results { position: absolute; right: 0; top: calc(100% + .4rem); z-index: 4; width: min(36rem, calc(100vw - 2.2rem)); max-height: 70vh; overflow-y: auto; padding: .6rem; background: var(--paper); border: 1px solid var(--rule); border-radius: 8px; box-shadow: 0 .6rem 1.6rem #0003 }
    .search-results p { margin: 0 .5rem .3rem; color: var(--soft) }
    .search-results ul { list-style: none; margin: 0; padding: 0 }
    .bar .search-results a { display: block; padding: .45rem .5rem; border-radius: 5px; color: var(--soft); line-height: 1.4; overflow-wrap: anywhere }
    .search-results a:hover, .search-results a:focus { background: var(--wash) }
    .search-results strong { display: block; color: var(--accent); font-weight: 600 }
    .search-results mark { background: color-mix(in srgb, var(--accent) 22%, transparent); color: var(--ink); border-radius: 2px }
    .runs { max-width: 68ch; margin: 0 0 2rem; padding: .7rem 0; border: solid var(--rule); border-width: 1px 0; font: .86rem/1.5 var(--sans); color: var(--soft) }
    .run-axis { display: flex; align-items: center; gap: .3rem; position: relative }
    .run-axis .axis { min-width: 6rem; max-width: 12rem; overflow-wrap: anywhere }
    .run-axis .step { flex: none; min-width: 1.9rem; padding: .15rem .5rem; text-align: center; border-radius: 5px; font-size: 1.15rem; line-height: 1.3 }
    .run-axis a.step { color: var(--accent); text-decoration: none }
    .run-axis a.step:hover { background: var(--wash) }
    .run-axis span.step { opacity: .35 }
    .run-axis summary { cursor: pointer; padding: .15rem .4rem; border-radius: 5px }
    .run-axis summary:hover { background: var(--wash) }
    .run-axis summary code { color: var(--ink); overflow-wrap: anywhere }
    .run-axis ul { position: absolute; left: 0; z-index: 2; max-width: 100%; max-height: 50vh; overflow-y: auto; display: flex; flex-wrap: wrap; gap: .1rem .2rem; list-style: none; margin: .2rem 0 0; padding: .6rem; background: var(--paper); border: 1px solid var(--rule); border-radius: 8px; box-shadow: 0 .6rem 1.6rem #0003 }
    .run-axis li a { display: block; min-width: 2rem; padding: .2rem .5rem; text-align: center; border-radius: 5px }
    .run-axis li a:hover { background: var(--wash) }
    .run-axis li a[aria-current] { background: var(--wash); color: var(--ink); font-weight: 600 }
    .run-name { margin: 0 0 .4rem; font: .82rem/1.5 var(--sans); color: var(--soft); overflow-wrap: anywhere }
    .find-more { margin: .8rem 0 0; padding: .12rem .6rem; font: .82rem/1.5 var(--sans); color: var(--accent); background: none; border: 1px solid var(--rule); border-radius: 99px; cursor: pointer }
    .run-ways, .run-list { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .3rem 0 0; overflow-wrap: anywhere }
    .run-list { gap: .2rem .9rem }
    .parameters .assigned dt, .parameters .assigned dd { color: var(--ink); font-weight: 600 }
    .runs-page { max-width: 84rem; margin: 0 auto; padding: 2.2rem 1.5rem 3rem }
    .runs-page .rows, .run-rows .rows { font: .84rem/1.5 var(--sans); color: var(--soft) }
    .runs-page .scroll.table { max-height: none }
    .run-pages ul { display: flex; flex-wrap: wrap; gap: .3rem .9rem; list-style: none; margin: .8rem 0; padding: 0; font: .86rem/1.5 var(--sans) }
    .run-rows { margin: .5rem 0 0 }
    .run-rows summary { cursor: pointer; font: .86rem/1.5 var(--sans); color: var(--soft) }
    td.failed { color: var(--alarm) }
    .pager { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; max-width: 68ch; margin: 4rem 0 0; padding: 1.2rem 0 0; border-top: 1px solid var(--rule) }
    .pager a { flex: 0 1 auto; padding: .2rem 0; font: .95rem/1.35 var(--sans); color: var(--accent) }
    .pager .next { margin-left: auto; text-align: right }
    .pager small { display: block; font-size: .8rem; color: var(--soft) }
    .page-links { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; max-width: 68ch; list-style: none; margin: 1.6rem 0 0; padding: 0; font: .82rem/1.5 var(--sans); color: var(--soft) }
    .data-links { margin: .2rem 0 0; font: .76rem/1.5 var(--sans); color: var(--soft) }
    .data-links a { color: var(--soft) }
    .data-links a:hover { color: var(--accent) }
    .site-footer { max-width: 84rem; margin: 0 auto; padding: 1.4rem 1.5rem 2.4rem; font: .82rem/1.5 var(--sans); color: var(--soft) }
    .site-footer p { margin: 0 0 .3rem }
    @media (max-width: 40rem) {
      .bar { position: relative; flex-wrap: wrap; padding-top: .3rem; padding-bottom: .5rem }
      .site-menu { margin-left: auto }
      .site-menu + .search + .theme, .site-menu + .theme { margin-left: 0 }
      .search { order: 1; position: static; flex: 1 0 100%; max-width: none }
      .search-results { left: 1.1rem; right: 1.1rem; width: auto }
      .site-footer { padding-left: 1.1rem; padding-right: 1.1rem }
    }
    @media print { .site-footer { max-width: none; padding: 1rem 0 0 } }
    .index .part { font: 600 1.05rem/1.3 var(--serif); color: var(--soft); margin: 2.4rem 0 .8rem }
    .index h1:has(+ .lead) { margin-bottom: .35em }
    .index .lead { margin-bottom: 2rem }
    .index ~ .site-footer { max-width: 46rem }
    .index h3 { font-size: 1.3rem; margin: 0; max-width: none }
    .index h3 a { text-decoration: none; color: var(--ink) }
    .index h3 a:hover { color: var(--accent) }
    """

  /// For wide screens.
  static let wideSite = """
    .side { display: block; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 2.2rem 0 2rem }
    .sidebar { display: block }
    .site-menu { display: none }
    """
}
