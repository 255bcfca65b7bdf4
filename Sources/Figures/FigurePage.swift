import Foundation

extension Figure {
  /// Writes the figure as a page of its own, which needs no other file and asks no other host. Missing folders are made; the file is
  /// either the old one or the whole new one, never a part.
  ///
  /// ```swift
  /// try figure.writeHTML("fig/s1_DLA.html")
  /// ```
  /// - Throws: `FigureError.cannotWrite`.
  public func writeHTML(_ path: String, alt: String? = nil) throws {
    try WholeFile.write(html(alt: alt), to: path)
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

/// Files that are there whole or not at all.
package enum WholeFile {
  /// Writes the text beside the file under another name, brings it to the disk, and gives it the file's name. Missing folders are made.
  package static func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FigureError.cannotWrite(path: path, reason: "its folder cannot be made")
    }
    let temporary = folder.appendingPathComponent(".\(url.lastPathComponent).\(UUID().uuidString)").path
    do {
      try writeSynced(Array(text.utf8), to: temporary)
      guard rename(temporary, url.path) == 0 else { throw Failure.current }
    } catch {
      unlink(temporary)
      throw FigureError.cannotWrite(path: path, reason: (error as? Failure)?.reason ?? "\(error)")
    }
  }

  private static func writeSynced(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Failure.current }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Failure.current }
      rest = rest.dropFirst(written)
    }
    guard fsync(file) == 0 else { throw Failure.current }
  }

  private struct Failure: Error {
    var reason: String
    static var current: Failure { Failure(reason: String(cString: strerror(errno))) }
  }
}
