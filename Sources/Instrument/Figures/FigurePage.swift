import Files
import Foundation
import Text

extension Figure {
  /// The rules that a page needs for its figures.
  package static let style = """
    .cells path:hover { stroke: #000; stroke-width: 1.5; vector-effect: non-scaling-stroke }
    .bars path:hover { stroke: currentColor; stroke-width: 1.5 }
    .ramp { filter: var(--ramp, none) }
    """

  /// What a dark page adds: light colours become dark ones, and their hue stays, so that the nearly white middle of a scale is nearly as dark
  /// as the page and is no slab of light in it. The ends of a scale are then the lightest; equal colours still mean equal values.
  package static let darkStyle = "--ramp: invert(.92) hue-rotate(180deg)"

  /// Writes the figure as a page of its own, which needs no other file and asks no other host. Missing folders are made; the file is
  /// either the old one or the whole new one, never a part.
  ///
  /// ```swift
  /// try figure.writeHTML("fig/s1_DLA.html")
  /// ```
  /// - Throws: `FigureError.cannotWrite`.
  public func writeHTML(_ path: String, alt: String? = nil) throws {
    do {
      try WholeFile.write(html(alt: alt), to: path)
    } catch let error as WholeFile.CannotWrite {
      throw FigureError.cannotWrite(path: error.path, reason: error.reason)
    }
  }

  /// The page that `writeHTML` writes.
  public func html(alt: String? = nil) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(Markup.escape(Markup.label(title ?? "Figure")))</title>
    <style>
    :root { color-scheme: light dark; background: #fdfcfa; color: #23262b }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center }
    figure { margin: 0; padding: 1.5rem; max-width: 100%; box-sizing: border-box; overflow-x: auto }
    .folio-figure { min-width: calc(var(--natural) * .68) }
    \(Figure.style)
    @media (prefers-color-scheme: dark) { :root { background: #16181c; color: #dfe1e5; \(Figure.darkStyle) } }
    </style>
    </head>
    <body>
    <figure>
    \(svg(alt: alt))
    </figure>
    </body>
    </html>

    """
  }
}
