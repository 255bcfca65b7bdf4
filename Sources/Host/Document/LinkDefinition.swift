import CCmark

/// What a label in Markdown stands for: `[label]: url "title"`. Of several definitions of a label the first one counts, in the whole text.
package struct LinkDefinition: Equatable {
  /// As it is written between its brackets, on one line.
  package var label: String
  package var url: String
  package var title: String

  /// The definition as Markdown.
  package var text: String {
    let isPlain = url.utf8.allSatisfy { byte in
      let character = Character(Unicode.Scalar(byte))
      return byte < 0x80 && (character.isLetter || character.isNumber || "-._~:/?#@!$'*+,;=%".contains(character))
    }
    let destination = isPlain && !url.isEmpty ? url : "<\(Self.escaped(url, #"\<>&"#))>"
    return "[\(label)]: \(destination)" + (title.isEmpty ? "" : " \"\(Self.escaped(title, #"\"&"#))\"")
  }

  private static func escaped(_ text: String, _ characters: String) -> String {
    String(text.flatMap { characters.contains($0) ? ["\\", $0] : [$0] })
  }

  /// The definitions that hold in a text, wherever in it they stand. cmark does not tell them: each label is asked for in a paragraph before
  /// the text, where it is a link if it is defined.
  package static func all(in text: String) -> [LinkDefinition] {
    var (labels, seen) = ([String](), Set<String>())
    for written in LabelDefinitions.defined(in: text) {
      let label = written.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if !label.isEmpty, seen.insert(label).inserted { labels.append(label) }
    }
    if labels.isEmpty { return [] }
    let answers = links(labels, in: text)
    return zip(labels, answers).compactMap { label, answer in
      answer.map { LinkDefinition(label: label, url: $0.url, title: $0.title) }
    }
  }

  /// The definition of a label in a text; nil if there is none.
  package static func of(_ label: String, in text: String) -> LinkDefinition? {
    links([label], in: text).first.flatMap { $0 }.map { LinkDefinition(label: label, url: $0.url, title: $0.title) }
  }

  private static func links(_ labels: [String], in text: String) -> [(url: String, title: String)?] {
    let asking = labels.map { "[\($0)]\n\n" }.joined() + text
    guard let root = MarkdownParser.document(asking) else { return labels.map { _ in nil } }
    defer { cmark_node_free(root) }
    var (answers, child) = ([(url: String, title: String)?](), cmark_node_first_child(root))
    while answers.count < labels.count {
      let link = child.flatMap { cmark_node_first_child($0) }
      let isLink = link.map { cmark_node_get_type($0) == CMARK_NODE_LINK && cmark_node_next($0) == nil } ?? false
      answers.append(
        isLink
          ? (
            cmark_node_get_url(link).map { String(cString: $0) } ?? "",
            cmark_node_get_title(link).map { String(cString: $0) } ?? ""
          ) : nil)
      child = child.flatMap { cmark_node_next($0) }
    }
    return answers
  }

  /// What a text looks like where these definitions hold before its own.
  package static func html(_ text: String, with definitions: [LinkDefinition] = []) -> String {
    MarkdownParser.html(of: definitions.map(\.text).joined(separator: "\n") + "\n\n" + text)
  }
}
