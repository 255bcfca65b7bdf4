import Foundation

/// An answer to a request.
struct Response: Sendable {
  enum Body: Sendable {
    case data(Data)
    /// Events, each sent as it comes, until the queue or the connection ends.
    case events(EventQueue)
  }

  enum Status: Int {
    case ok = 200
    case noContent = 204
    case moved = 307
    case badRequest = 400
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case timeout = 408
    case tooLarge = 413
    case headTooLarge = 431
    case unavailable = 503

    var phrase: String {
      switch self {
      case .ok: "OK"
      case .noContent: "No Content"
      case .moved: "Temporary Redirect"
      case .badRequest: "Bad Request"
      case .forbidden: "Forbidden"
      case .notFound: "Not Found"
      case .methodNotAllowed: "Method Not Allowed"
      case .timeout: "Request Timeout"
      case .tooLarge: "Payload Too Large"
      case .headTooLarge: "Request Header Fields Too Large"
      case .unavailable: "Service Unavailable"
      }
    }
  }

  var status: Status
  var headers: [(name: String, value: String)]
  var body: Body
  /// Whether the connection ends with it, whatever else the client has sent.
  var hangsUp = false

  /// What browsers are told with every answer: keep nothing, take the type as it is said, and show it to no other site.
  init(_ status: Status, type: String? = nil, _ body: Body = .data(Data())) {
    self.status = status
    self.body = body
    headers = [
      ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin"),
      ("Content-Security-Policy", "frame-ancestors 'self'"),
    ]
    if let type { headers.append(("Content-Type", type)) }
  }

  static func found(_ data: Data, type: String, _ status: Status = .ok) -> Response { Response(status, type: type, .data(data)) }

  static func refusal(_ status: Status, _ text: String, allow: String? = nil) -> Response {
    var response = found(Data((text + "\n").utf8), type: "text/plain; charset=utf-8", status)
    if let allow { response.headers.append(("Allow", allow)) }
    return response
  }

  /// A refusal after which the connection is closed.
  static func hangUp(_ status: Status, _ text: String) -> Response {
    var response = refusal(status, text)
    response.hangsUp = true
    return response
  }

  static func moved(to path: String) -> Response {
    var response = refusal(.moved, "It is at \(path)")
    response.headers.append(("Location", path))
    return response
  }

  /// A stream of Server-Sent Events.
  static func events(_ queue: EventQueue) -> Response {
    Response(.ok, type: "text/event-stream; charset=utf-8", .events(queue))
  }

  /// The status line and the headers.
  /// - Parameters:
  ///   - isChunked: whether a body of unknown length comes in chunks; else it lasts until the connection ends.
  ///   - closes: whether the connection ends with this answer.
  func head(isChunked: Bool, closes: Bool) -> Data {
    var lines = headers.map { "\($0.name): \($0.value)" }
    switch body {
    case .data(let data): if status != .noContent { lines.append("Content-Length: \(data.count)") }
    case .events: if isChunked { lines.append("Transfer-Encoding: chunked") }
    }
    if closes { lines.append("Connection: close") }
    return Data(("HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
  }
}
