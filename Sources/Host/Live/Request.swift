import Foundation

/// An HTTP request's head: all of it that is read. What is no request, in form or in length, is refused before anything looks at it.
struct Request: Sendable {
  /// Of the request line and all headers together, in bytes.
  static let longestHead = 1 << 15

  var method: String
  /// As the client sent it, percent-encoded, without the query.
  var path: String
  var query: [(name: String, value: String)]
  /// By lower-case name.
  private var headers: [String: String] = [:]
  /// Whether the client takes an answer in chunks and more than one answer over its connection (HTTP/1.1).
  var isCurrent: Bool

  /// nil for what is not a request's head.
  /// - Parameter head: the lines, without the empty one that ends them.
  init?(head: ArraySlice<UInt8>) {
    let lines = head.split(separator: 10, omittingEmptySubsequences: false).map { line in
      String(validating: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
    }
    guard let parts = lines.first??.split(separator: " ", omittingEmptySubsequences: false), parts.count == 3,
      ["HTTP/1.1", "HTTP/1.0"].contains(parts[2]), !parts[0].isEmpty, !parts[1].isEmpty
    else { return nil }
    method = String(parts[0])
    isCurrent = parts[2] == "HTTP/1.1"
    let target = parts[1].prefix { $0 != "#" }.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = target.first.map(String.init) ?? ""
    query = (target.count > 1 ? target[1] : "").split(separator: "&").map { item in
      let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map { String($0).removingPercentEncoding }
      return ((sides.first ?? "") ?? "", (sides.count > 1 ? sides[1] : "") ?? "")
    }
    for line in lines.dropFirst() {
      guard let line, let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
      let name = line[..<colon].lowercased()
      guard name.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), headers[name] == nil || !Self.single.contains(name) else { return nil }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers[name] = headers[name].map { "\($0), \(value)" } ?? value
    }
  }

  /// Headers that a request may have only once: a second one would contradict the first.
  private static let single: Set = ["host", "origin", "content-length", "transfer-encoding", "sec-fetch-site", "sec-fetch-mode"]

  /// Names are in lower case.
  subscript(header: String) -> String? { headers[header] }

  var hasBody: Bool { self["transfer-encoding"] != nil || (self["content-length"].map { $0 != "0" } ?? false) }

  /// Whether the client wants to send another request over its connection.
  var keepsAlive: Bool {
    let words = (self["connection"] ?? "").lowercased().split(whereSeparator: { $0 == "," || $0 == " " })
    return isCurrent ? !words.contains("close") : false
  }
}
