import FlyingFox
import FlyingSocks
import Foundation

/// Answers requests: first whether they may be made at all, then with the preview's own files, its events, or the site.
struct PreviewHandler: HTTPHandler {
  let site: SiteFiles
  let readers: Readers
  let onStop: @Sendable (String) -> Void
  private let port = Locked<UInt16?>(nil)

  init(site: SiteFiles, readers: Readers, onStop: @escaping @Sendable (String) -> Void) {
    self.site = site
    self.readers = readers
    self.onStop = onStop
  }

  func listens(on port: UInt16) { self.port.with { $0 = port } }

  func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
    let response = answer(request)
    return request.method == .HEAD ? response.withoutBody : response
  }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    if request.hasBody { return .hangUp("Requests have no body here.") }
    guard isForUs(request) else { return .refusal(.forbidden, "This preview answers to localhost only.") }
    guard !isFromElsewhere(request) else { return .refusal(.forbidden, "Other sites have no business here.") }
    let path = request.target.path()
    if path == "/_folio/stop" { return stop(request) }
    guard request.method == .GET || request.method == .HEAD else {
      return .refusal(.methodNotAllowed, "Pages can be read, and that is all.", allow: "GET, HEAD")
    }
    switch path {
    case "/_folio/live.js": return .found(Data(LiveScript.text.utf8), type: "text/javascript; charset=utf-8")
    case "/_folio/live.css": return .found(Data(LiveStyle.text.utf8), type: "text/css; charset=utf-8")
    case "/_folio/events":
      return .events(request.method == .HEAD ? AsyncStream { $0.finish() } : readers.events(of: page(request)))
    default: return page(at: path)
    }
  }

  /// Whether the request was meant for this server, by the name under which the browser knows it.
  private func isForUs(_ request: HTTPRequest) -> Bool {
    guard let port = port.with({ $0 }), let host = request.headers[.host]?.lowercased() else { return false }
    let names = ["localhost", "127.0.0.1", "[::1]"]
    return names.contains { host == "\($0):\(port)" || (port == 80 && host == $0) }
  }

  /// Whether a page of another origin made the request. Browsers say the origin of all that is not simply read.
  private func isFromElsewhere(_ request: HTTPRequest) -> Bool {
    guard let origin = request.headers[HTTPHeader("Origin")]?.lowercased() else { return false }
    return origin != "http://" + (request.headers[.host] ?? "").lowercased()
  }

  private func stop(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == .POST else { return .refusal(.methodNotAllowed, "Stopping takes a POST.", allow: "POST") }
    guard request.headers[HTTPHeader("Origin")] != nil else {
      return .refusal(.forbidden, "Only a page of this preview can stop a run.")
    }
    let page = page(request)
    // A run may end by itself while the reader reaches for the button.
    if readers.isRunning(page) { onStop(page) }
    return HTTPResponse(statusCode: .noContent, headers: HTTPResponse.ourHeaders)
  }

  private func page(_ request: HTTPRequest) -> String { request.query.first { $0.name == "page" }?.value ?? "" }

  private func page(at path: String) -> HTTPResponse {
    switch site.find(path, shown: readers.html(of:)) {
    case .page(let name, let html): .found(Injection.into(html, page: name), type: MIMEType.html)
    case .file(let data, let type): .found(data, type: type)
    case .moved(let path): .moved(to: path)
    case .missing(let name): missing(name)
    }
  }

  private func missing(_ name: String) -> HTTPResponse {
    let page = MissingPage(pages: site.pages(shown: readers.shownPages))
    return .found(Injection.into(page.html, page: name), type: MIMEType.html, .notFound)
  }
}

extension HTTPRequest {
  fileprivate var hasBody: Bool {
    headers[.transferEncoding] != nil || (headers[.contentLength].map { $0 != "0" } ?? false)
  }
}
