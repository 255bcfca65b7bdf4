import Figures

/// What every page of the site has: the head, the way back, the switch between light and dark, the skip link.
struct Frame {
  var title: String
  var description: String?
  /// From the page's folder to the site's: `../`.
  var root: String
  var header: String
  var body: String

  var html: String {
    let meta = description.map { #"\#n<meta name="description" content="\#(Markup.escape(Markup.label($0)))">"# } ?? ""
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">\(meta)
      <title>\(Markup.escape(Markup.label(title)))</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="\(root)assets/\(Stylesheet.file)">
      <script src="\(root)assets/\(Script.file)"></script>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the text</a>
      <header class="bar">\(header)</header>
      \(body)
      </body>
      </html>

      """
  }
}

/// A block of code that can be scrolled sideways, also with the keyboard.
enum Code {
  static func block(_ html: String, label: String) -> String {
    let lines = html.hasSuffix("\n") ? String(html.dropLast()) : html
    return #"<pre class="code" tabindex="0" role="region" aria-label="\#(Markup.escape(Markup.label(label)))"><code>\#(lines)</code></pre>"#
  }
}
