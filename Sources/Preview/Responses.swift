import FlyingFox
import FlyingSocks
import Foundation

extension HTTPResponse {
  /// What browsers are told with every answer: keep nothing, take the type as it is said, and show it to no other site.
  static let ourHeaders: HTTPHeaders = [
    .cacheControl: "no-store",
    HTTPHeader("X-Content-Type-Options"): "nosniff",
    HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
    HTTPHeader("Content-Security-Policy"): "frame-ancestors 'self'",
  ]

  static func found(_ data: Data, type: String, _ status: HTTPStatusCode = .ok) -> HTTPResponse {
    var headers = ourHeaders
    headers[.contentType] = type
    return HTTPResponse(statusCode: status, headers: headers, body: HTTPBodySequence(data: data, suggestedBufferSize: 1 << 18))
  }

  static func refusal(_ status: HTTPStatusCode, _ text: String, allow: String? = nil) -> HTTPResponse {
    var response = found(Data((text + "\n").utf8), type: "text/plain; charset=utf-8", status)
    if let allow { response.headers.addValue(allow, for: HTTPHeader("Allow")) }
    return response
  }

  static func moved(to path: String) -> HTTPResponse {
    var response = refusal(.temporaryRedirect, "It is at \(path)")
    response.headers[.location] = path
    return response
  }

  /// A stream of Server-Sent Events; it ends with the stream, or with the connection.
  static func events(_ stream: AsyncStream<Data>) -> HTTPResponse {
    var headers = ourHeaders
    headers[.contentType] = "text/event-stream; charset=utf-8"
    return HTTPResponse(
      statusCode: .ok, headers: headers, body: HTTPBodySequence(from: StreamedBytes(stream: stream), suggestedBufferSize: 1 << 16)
    )
  }

  /// A refusal after which the connection is closed, whatever else comes over it.
  static func hangUp(_ text: String) -> HTTPResponse {
    let data = Data((text + "\n").utf8)
    var response = refusal(.payloadTooLarge, text)
    response.headers[.connection] = "close"
    let stream = AsyncStream { events in
      events.yield(data)
      events.finish()
    }
    let body = StreamedBytes(stream: stream, failsAtEnd: true)
    response.payload = .httpBody(HTTPBodySequence(from: body, count: data.count, suggestedBufferSize: data.count))
    return response
  }

  /// The answer to HEAD: what would come, without it.
  var withoutBody: HTTPResponse {
    var response = self
    if case .httpBody(let body) = payload, let count = body.count { response.headers[.contentLength] = String(count) }
    response.payload = .httpBody(HTTPBodySequence())
    return response
  }
}

/// The bytes of a stream of data, in the shape in which FlyingFox sends them, as they come.
struct StreamedBytes: AsyncBufferedSequence {
  typealias Element = UInt8

  let stream: AsyncStream<Data>
  /// FlyingFox closes a connection whose answer fails, and only then.
  var failsAtEnd = false

  func makeAsyncIterator() -> Iterator { Iterator(stream: stream.makeAsyncIterator(), failsAtEnd: failsAtEnd) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    var stream: AsyncStream<Data>.Iterator
    let failsAtEnd: Bool
    private var rest = Data()

    init(stream: AsyncStream<Data>.Iterator, failsAtEnd: Bool) {
      self.stream = stream
      self.failsAtEnd = failsAtEnd
    }

    mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

    mutating func nextBuffer(suggested count: Int) async throws -> Data? {
      while rest.isEmpty {
        guard let data = await stream.next() else {
          if failsAtEnd { throw SocketError.disconnected }
          return nil
        }
        rest = data
      }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
  }
}
