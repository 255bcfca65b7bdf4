/// How the bar, the panel and a fresh cell look: in the site's own colours, or the system's where a page has none.
enum LiveStyle {
  static let text = #"""
    /* Written by Folio. The script keeps the reader's place itself; two that keep it would move it. */
    html { overflow-anchor: none }
    .folio-bar[hidden], .folio-bar [hidden], .folio-problems[hidden] { display: none }
    .folio-bar {
      position: fixed; z-index: 20; left: 1rem; bottom: 1rem; max-width: calc(100vw - 2rem); padding: .4rem .9rem;
      display: flex; flex-wrap: wrap; align-items: baseline; border: 1px solid var(--rule, GrayText); border-radius: 6px;
      background: var(--paper, Canvas); color: var(--soft, CanvasText); box-shadow: 0 1px 6px rgb(0 0 0 / .12);
      font: .82rem/1.5 var(--sans, system-ui, sans-serif); font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
    }
    .folio-time { white-space: pre }
    .folio-bar button {
      margin-left: .9rem; padding: .05rem .6rem; border: 1px solid var(--rule, GrayText); border-radius: 4px;
      background: var(--wash, ButtonFace); color: var(--ink, ButtonText); font: inherit; cursor: pointer;
    }
    .folio-bar button:hover { border-color: currentColor }
    .folio-bar button:disabled { color: var(--soft, GrayText); border-color: transparent; cursor: default }
    .folio-problems {
      position: fixed; z-index: 19; top: 0; left: 0; right: 0; max-height: 45vh; overflow: auto; padding: .9rem 1.5rem;
      border-bottom: 3px solid var(--alarm, currentColor); background: var(--alarm-wash, Canvas); color: var(--ink, CanvasText);
      box-shadow: 0 1px 8px rgb(0 0 0 / .15); font: .84rem/1.5 var(--mono, monospace);
    }
    .folio-problem { max-width: 76rem; margin: 0 auto }
    .folio-problem + .folio-problem { margin-top: .8rem; padding-top: .8rem; border-top: 1px solid var(--rule, GrayText) }
    .folio-problem .folio-problem { margin-top: .5rem; padding: 0 0 0 1rem; border: 0 }
    .folio-problem p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
    .folio-place { color: var(--soft, GrayText) }
    .folio-message { font-weight: 600 }
    .folio-problem.error > .folio-message { color: var(--alarm, CanvasText) }
    .folio-excerpt { margin: .3rem 0; overflow-x: auto; font: inherit; line-height: 1.3; tab-size: 2 }
    .folio-unseen { visibility: hidden }
    .folio-caret { color: var(--alarm, CanvasText); font-weight: 700 }
    @media (prefers-reduced-motion: no-preference) {
      .folio-bar { animation: folio-appear .25s .15s both }
      .folio-fresh { animation: folio-fresh 1.4s ease-out }
    }
    @keyframes folio-appear { from { opacity: 0 } }
    @keyframes folio-fresh {
      0%, 25% { box-shadow: -.75rem 0 0 -.55rem var(--accent, Highlight) }
      100% { box-shadow: -.75rem 0 0 -.55rem transparent }
    }
    @media print { .folio-bar, .folio-problems { display: none } }

    """#
}
