import CCmark
import Record

/// Finds the pictures of the prose, and tells of those that lie on other hosts.
struct PictureScan {
  /// To be called before pictures of other hosts become links.
  static func run(_ root: MarkdownParser.Node, _ source: inout SourceText) {
    MarkdownParser.forEach(in: root) { node in
      let line = node.line
      switch cmark_node_get_type(node) {
      case CMARK_NODE_IMAGE:
        let url = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
        if !ReferenceScan.isOutput(url) { add(url, line: line, isMarkdown: true, &source) }
      case CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK: scan(MarkdownParser.literal(node), firstLine: line, &source)
      default: return
      }
    }
  }

  private static func scan(_ html: String, firstLine: Int, _ source: inout SourceText) {
    for tag in HTMLTags(html).all {
      let line = firstLine + html.utf8.prefix(tag.start).count { $0 == UInt8(ascii: "\n") }
      for place in tag.sources {
        switch place {
        case .picture(let attribute): add(attribute.value, line: line, isMarkdown: false, &source)
        case .pictures(let attribute):
          for url in SourceSet.urls(attribute.value) { add(url, line: line, isMarkdown: false, &source) }
        case .other(let attribute): tell(of: attribute.value, tag: tag.name, line: line, &source)
        }
      }
    }
  }

  private static func add(_ url: String, line: Int, isMarkdown: Bool, _ source: inout SourceText) {
    let picture = PictureReference(url: url.trimmingWhitespace, line: line)
    switch picture.target {
    case .data: return
    case .files: source.pictures.append(picture)
    case .elsewhere(let scheme):
      let what = isMarkdown ? "becomes a link to it" : "is asked for by whoever reads the page"
      let isHost = scheme.map { ["http", "https", "ftp"].contains($0) } ?? true
      source.warn(
        line: line,
        isHost
          ? "the picture '\(shortened(url))' lies on another host, and \(what)" : "the picture '\(shortened(url))' is no file",
        advice: isHost
          ? "Put a copy beside the notebook: pages carry their pictures with them."
          : "'\(scheme ?? ""):' begins an address. Name a file by its path from the notebook: './\(shortened(url))'.")
    }
  }

  private static func tell(of url: String, tag: String, line: Int, _ source: inout SourceText) {
    guard !url.isEmpty, !url.hasPrefix("#"), PictureReference(url: url, line: line).target != .data else { return }
    source.warn(
      line: line, "'\(shortened(url))' is not put into the page, which asks for it when it is read",
      advice:
        "Only pictures are carried by pages. The page of a notebook lies in a folder of its own: name what '<\(tag)>' shows from there."
    )
  }

  private static func shortened(_ url: String) -> String { url.count > 200 ? url.prefix(200) + "…" : url }
}

extension String {
  fileprivate var trimmingWhitespace: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
