import Foundation

/// Answers requests: first whether they may be made at all, then with the preview's own files, its events, or the site.
struct LiveHandler: Sendable {
  let site: SiteFiles
  let readers: Readers
  /// Names besides localhost under which browsers may know this server.
  let names: Set<String>
  let onStop: @Sendable (String) -> Void

  func handle(_ request: Request) -> Response {
    if request.hasBody { return .hangUp(.tooLarge, "Requests have no body here.") }
    guard isForUs(request) else {
      return .refusal(.forbidden, "This preview answers to localhost only. For another name, start it with '--host NAME'.")
    }
    guard !isFromElsewhere(request) else { return .refusal(.forbidden, "Other sites have no business here.") }
    if request.path == "/_folio/stop" { return stop(request) }
    guard request.method == "GET" || request.method == "HEAD" else {
      return .refusal(.methodNotAllowed, "Pages can be read, and that is all.", allow: "GET, HEAD")
    }
    switch request.path {
    case "/_folio/live.js": return .found(Data(LiveScript.text.utf8), type: "text/javascript; charset=utf-8")
    case "/_folio/events.js": return .found(Data(LiveScript.worker.utf8), type: "text/javascript; charset=utf-8")
    case "/_folio/live.css": return .found(Data(LiveStyle.text.utf8), type: "text/css; charset=utf-8")
    case "/_folio/events":
      guard request.method == "GET" else { return .events(EventQueue(most: 0)) }
      return .events(readers.events(of: request.page))
    default: return page(at: request.path)
    }
  }

  /// Whether the request was meant for this server, by the name under which the browser knows it. The port may be another one that leads
  /// here. A page that gives its own name our address sends its own name.
  private func isForUs(_ request: Request) -> Bool {
    guard let host = request["host"].flatMap(HostName.init) else { return false }
    return host.isLocal || names.contains(host.name)
  }

  /// Whether a page of another origin made the request: browsers say so, of most requests by the origin, and of all by what kind they are.
  /// A link that leads here may stand anywhere.
  private func isFromElsewhere(_ request: Request) -> Bool {
    if let origin = request["origin"]?.lowercased(), let host = request["host"]?.lowercased() {
      // Whoever forwards a name to us may do so from https.
      let isNamed = HostName(host).map { names.contains($0.name) } ?? false
      return origin != "http://" + host && !(isNamed && origin == "https://" + host)
    }
    guard let site = request["sec-fetch-site"]?.lowercased(), site != "same-origin", site != "none" else { return false }
    return request["sec-fetch-mode"]?.lowercased() != "navigate" || request["sec-fetch-dest"]?.lowercased() != "document"
  }

  private func stop(_ request: Request) -> Response {
    guard request.method == "POST" else { return .refusal(.methodNotAllowed, "Stopping takes a POST.", allow: "POST") }
    guard request["origin"] != nil else { return .refusal(.forbidden, "Only a page of this preview can stop a run.") }
    let page = request.page ?? ""
    // A run may end by itself while the reader reaches for the button.
    if readers.isRunning(page) { onStop(page) }
    return Response(.noContent)
  }

  private func page(at path: String) -> Response {
    switch site.find(path, shown: readers.html(of:)) {
    case .page(let name, let html): .found(Injection.into(html, page: name), type: MIMEType.html)
    case .file(let data, let type): .found(data, type: type)
    case .moved(let path): .moved(to: path)
    case .missing(let name): missing(name)
    }
  }

  private func missing(_ name: String) -> Response {
    let page = MissingPage(pages: site.pages(shown: readers.shownPages))
    return .found(Injection.into(page.html, page: name), type: MIMEType.html, .notFound)
  }
}

extension Request {
  fileprivate var page: String? { query.first { $0.name == "page" }?.value }
}

/// The name and port by which a client knows a server: `localhost:4646`, `[::1]`.
struct HostName {
  /// In lower case.
  let name: String

  /// nil for what is no host, or none with a port that is a number.
  init?(_ text: String) {
    let text = text.lowercased()
    let end = text.hasPrefix("[") ? text.firstIndex(of: "]").map(text.index(after:)) : text.firstIndex(of: ":") ?? text.endIndex
    guard let end, end > text.startIndex else { return nil }
    name = String(text[..<end])
    let rest = text[end...]
    guard rest.isEmpty || (rest.hasPrefix(":") && UInt16(rest.dropFirst()) != nil) else { return nil }
  }

  /// Whether every machine means itself by it.
  var isLocal: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(name) }
}
