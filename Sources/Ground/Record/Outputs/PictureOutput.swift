import Foundation

/// A picture: the bytes of a file that browsers show.
public struct PictureOutput: Codable, Sendable, Equatable {
  /// What kind of file it is.
  public var format: Format
  /// The file.
  public var data: Data
  /// What describes it to those who do not see it; nil if its maker has not said it.
  public var alt: String?
  /// How wide it is shown, in CSS pixels; nil shows it as wide as it is.
  public var width: Int?

  /// - Returns: nil if the bytes are no picture of a kind that browsers show.
  public init?(_ data: Data, alt: String? = nil, width: Int? = nil) {
    guard let format = Format(data) else { return nil }
    (self.format, self.data, self.alt, self.width) = (format, data, alt, width)
  }

  /// The kinds of files.
  public enum Format: String, Codable, Sendable, CaseIterable {
    case png, jpeg, gif, webp, svg

    /// The ending of a file's name.
    public var fileType: String { self == .jpeg ? "jpg" : rawValue }
    /// As browsers call it.
    public var mediaType: String { self == .svg ? "image/svg+xml" : "image/\(rawValue)" }

    /// By the first bytes of a file, whatever its name says.
    public init?(_ data: Data) {
      let bytes = [UInt8](data.prefix(16))
      func begins(_ mark: [UInt8], at start: Int = 0) -> Bool { bytes.dropFirst(start).starts(with: mark) }
      if begins([0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A]) {
        self = .png
      } else if begins([0xFF, 0xD8, 0xFF]) {
        self = .jpeg
      } else if begins(Array("GIF87a".utf8)) || begins(Array("GIF89a".utf8)) {
        self = .gif
      } else if begins(Array("RIFF".utf8)), begins(Array("WEBP".utf8), at: 8) {
        self = .webp
      } else if Self.isDrawing(data) {
        self = .svg
      } else {
        return nil
      }
    }

    /// Whether a text's first element is `svg`.
    private static func isDrawing(_ data: Data) -> Bool {
      // A cut within a character is no error.
      var rest = String(decoding: data.prefix(4096), as: UTF8.self)[...]
      if rest.hasPrefix("\u{FEFF}") { rest = rest.dropFirst() }
      while true {
        rest = rest.drop(while: \.isWhitespace)
        if rest.lowercased().hasPrefix("<svg") { return rest.dropFirst(4).first.map { $0.isWhitespace || $0 == ">" } == true }
        let end = rest.hasPrefix("<!--") ? "-->" : rest.hasPrefix("<?") || rest.hasPrefix("<!") ? ">" : ""
        guard !end.isEmpty, let found = rest.range(of: end) else { return false }
        rest = rest[found.upperBound...]
      }
    }
  }

  /// How wide and high it is, in pixels; nil for a drawing, and for a file that does not say it.
  public var pixels: (width: Int, height: Int)? { PictureSize.read(data, format) }
}

extension PictureOutput: OutputContent {
  package var output: Output { .picture(self) }
  package var recorded: RecordedOutput {
    RecordedOutput(kind: .picture, text: alt ?? "", data: data, fileType: format.fileType)
  }
  package var plainText: String { "[picture] " + (alt.map { $0 + " (\(facts))" } ?? facts) }
  package var byteCount: Int { data.count }
  package var bearsCaption: Bool { true }

  /// `PNG, 640 × 480 pixels, 12345 bytes`
  package var facts: String {
    let size = pixels.map { "\($0.width) × \($0.height) pixels" }
    return [format.rawValue.uppercased(), size, "\(data.count) bytes"].compactMap(\.self).joined(separator: ", ")
  }
}

/// Finds the size of a picture in its file.
private enum PictureSize {
  static func read(_ data: Data, _ format: PictureOutput.Format) -> (width: Int, height: Int)? {
    let bytes = [UInt8](data)
    let size: (width: Int, height: Int)? =
      switch format {
      case .png: bytes.count >= 24 ? (number(bytes, at: 16, 4), number(bytes, at: 20, 4)) : nil
      case .gif: bytes.count >= 10 ? (reversed(bytes, at: 6, 2), reversed(bytes, at: 8, 2)) : nil
      case .jpeg: jpeg(bytes)
      case .webp: webp(bytes)
      case .svg: nil
      }
    return size.flatMap { $0.width > 0 && $0.height > 0 ? $0 : nil }
  }

  /// Of bytes of which the first counts most.
  private static func number(_ bytes: [UInt8], at start: Int, _ count: Int) -> Int {
    bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// Of bytes of which the last counts most.
  private static func reversed(_ bytes: [UInt8], at start: Int, _ count: Int) -> Int {
    bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The size stands in the frame's header, behind other segments, each with its length.
  private static func jpeg(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
    var position = 2
    while position + 9 <= bytes.count, bytes[position] == 0xFF {
      let kind = bytes[position + 1]
      if kind == 0xFF {
        position += 1
      } else if (0xC0...0xCF).contains(kind), ![0xC4, 0xC8, 0xCC].contains(kind) {
        return (number(bytes, at: position + 7, 2), number(bytes, at: position + 5, 2))
      } else {
        position += 2 + max(2, number(bytes, at: position + 2, 2))
      }
    }
    return nil
  }

  /// There are three kinds of it: with losses, without, and with an extended header.
  private static func webp(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
    guard bytes.count >= 30 else { return nil }
    switch String(decoding: bytes[12..<16], as: UTF8.self) {
    case "VP8 ": return (reversed(bytes, at: 26, 2) & 0x3FFF, reversed(bytes, at: 28, 2) & 0x3FFF)
    case "VP8L":
      let bits = reversed(bytes, at: 21, 4)
      return ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    case "VP8X": return (reversed(bytes, at: 24, 3) + 1, reversed(bytes, at: 27, 3) + 1)
    default: return nil
    }
  }
}
