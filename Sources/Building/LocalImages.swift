import Document
import Foundation

extension Document {
  /// The notebook with the images of its prose in the prose itself, as `data:` URLs: a page lies in another folder than its notebook, and
  /// shall be whole wherever it is put. Called after the run, since a cell may have drawn the image. What is not there stays a link.
  func embeddingLocalImages() -> Document {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    var document = self
    document.blocks = blocks.map { block in
      guard case .prose(let html, let line) = block else { return block }
      return .prose(html: Self.embedImages(in: html, from: folder), line: line)
    }
    return document
  }

  private static let types = [
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml",
    "webp": "image/webp",
  ]

  private static func embedImages(in html: String, from folder: URL) -> String {
    html.replacing(/<img src="([^":]+)"/) { match in
      let path = String(match.1).replacing("&amp;", with: "&").removingPercentEncoding ?? String(match.1)
      guard let type = types[URL(fileURLWithPath: path).pathExtension.lowercased()],
        let data = try? Data(contentsOf: folder.appendingPathComponent(path))
      else { return String(match.0) }
      return "<img src=\"data:\(type);base64,\(data.base64EncodedString())\""
    }
  }
}
