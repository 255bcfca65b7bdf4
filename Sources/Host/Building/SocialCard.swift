import Document
import Figures
import Foundation
import Keys
import Processes
import Record
import Store
import Text

/// The picture by which other sites show a page: its title and its first figure, as a PNG.
///
/// A browser draws it, since it draws the page too; where there is none, pages have no card. It is kept in the store by what it shows, so that a browser
/// is only started for a figure that has changed.
struct SocialCard {
  /// As other sites show cards, in pixels.
  static let width = 1200
  static let height = 630
  /// Of the drawing below; another one makes other cards.
  private static let version = "1"
  /// How long a browser may take, in seconds.
  private static let limit = 30.0

  private let html: String
  private let key: Key

  /// Nil for a notebook that put out no figure.
  init?(title: String, site: String, record: NotebookRecord) {
    let outputs = record.cells.flatMap(\.outputs)
    let figure = outputs.lazy.compactMap { output -> Figure? in
      if case .figure(let figure) = output { try? Figure(plotlyJSON: figure.plotly) } else { nil }
    }.first
    guard let figure else { return nil }
    html = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light"><style>
      :root { --figure-font: sans-serif; --ink: #22252a; --soft: #5c626c; --paper: #fdfcfa; --rule: #e3dfd6 }
      * { box-sizing: border-box; margin: 0 }
      html, body { width: \(Self.width)px; height: \(Self.height)px; overflow: hidden; background: var(--paper); color: var(--ink) }
      body { display: flex; flex-direction: column; padding: 40px 56px }
      p { font: 24px sans-serif; color: var(--soft) }
      h1 { font: 600 44px/1.2 serif; margin: 6px 0 22px; max-height: 106px; overflow: hidden }
      div { flex: 1; min-height: 0; display: flex; align-items: center; justify-content: center }
      svg { width: 100% !important; height: 100% !important; min-width: 0 !important }
      </style></head><body><p>\(Markup.escape(Markup.label(site)))</p><h1>\(Markup.escape(Markup.label(title)))</h1>
      <div>\(figure.svg())</div></body></html>
      """
    var builder = KeyBuilder("social card")
    builder.add("version", Self.version)
    builder.add("drawing", html)
    key = builder.key
  }

  /// The picture, if it was drawn before.
  /// - Parameter store: the folder in which it is kept.
  func kept(store: String?) -> Data? {
    store.flatMap { EntryStore(folder: $0).data(.memo, key) }.flatMap { Self.isPicture($0) ? $0 : nil }
  }

  /// The picture, which is kept; nil where no browser draws it.
  func drawn(store: String?, environment: [String: String] = ProcessInfo.processInfo.environment) -> Data? {
    guard let browser = Browser(environment), let drawn = draw(browser) else { return nil }
    if let store { EntryStore(folder: store).put(drawn, .memo, key) }
    return drawn
  }

  private func draw(_ browser: Browser) -> Data? {
    guard let folder = try? TemporaryFolder() else { return nil }
    defer { withExtendedLifetime(folder) {} }
    let (page, picture) = (folder.path + "/card.html", folder.path + "/card.png")
    guard (try? Data(html.utf8).write(to: URL(fileURLWithPath: page))) != nil else { return nil }
    let arguments = [
      "--hide-scrollbars", "--force-color-profile=srgb", "--force-device-scale-factor=1",
      "--window-size=\(Self.width),\(Self.height)", "--screenshot=\(picture)", URL(fileURLWithPath: page).absoluteString,
    ]
    guard let finished = try? browser.run(arguments, profile: folder.path + "/profile", limit: Self.limit),
      finished.status == 0, let data = FileManager.default.contents(atPath: picture), Self.isPicture(data)
    else { return nil }
    return data
  }

  private static func isPicture(_ data: Data) -> Bool { data.starts(with: [0x89] + Array("PNG\r\n".utf8)) }
}
