import Files
import Foundation
import Text

extension Figure {
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
    .cells path:hover { stroke: #000; stroke-width: 1.5; vector-effect: non-scaling-stroke }
    @media (prefers-color-scheme: dark) { :root { background: #16181c; color: #dfe1e5 } }
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
