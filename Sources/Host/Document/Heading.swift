/// A heading, with its address in the page.
package struct Heading: Sendable, Equatable {
  /// A piece of a heading's text.
  package enum Part: Sendable, Equatable {
    case text(String)
    /// The value of an inline expression: of which cell, at which place in it, and the expression.
    case value(cell: String, index: Int, expression: String)
  }

  /// 1 to 6.
  package var level: Int
  /// Its inline content, as HTML.
  package var html: String
  /// Its inline content, as plain text with the places of values.
  package var parts: [Part]
  /// Unique in the notebook: `direct-logit-attribution`. Of an inline expression it holds the expression, not the value: a link stays
  /// right when the number changes, and is that of the Markdown file on GitHub.
  package var anchor: String
  /// The line in the file.
  package var line: Int

  /// A heading without inline expressions.
  package init(level: Int, html: String, text: String, anchor: String, line: Int) {
    self.init(level: level, html: html, parts: text.isEmpty ? [] : [.text(text)], anchor: anchor, line: line)
  }

  /// A heading whose text is made of words and values.
  package init(level: Int, html: String, parts: [Part], anchor: String, line: Int) {
    self.level = level
    self.html = html
    self.parts = parts
    self.anchor = anchor
    self.line = line
  }

  /// As plain text; of values that are not known, their expressions.
  package var text: String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .value(_, _, let expression): expression
      }
    }.joined()
  }

  /// As GitHub reads the Markdown file, where an expression is code in a heading.
  var source: String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .value(_, _, let expression): "{swift} " + expression
      }
    }.joined()
  }
}

extension Notebook {
  /// The notebook with values in the texts of its headings, and so in its title.
  /// - Parameter value: a value on one line, by the cell's name and the index in it; nil where there is none.
  package func fillingHeadings(_ value: (String, Int) -> String?) -> Notebook {
    var notebook = self
    notebook.blocks = blocks.map { block in
      guard case .heading(var heading) = block else { return block }
      // Neighbouring texts are one, as they are in a heading without values.
      var text = ""
      var parts: [Heading.Part] = []
      for part in heading.parts {
        switch part {
        case .text(let piece): text += piece
        case .value(let cell, let index, _):
          if let value = value(cell, index) {
            text += value
          } else {
            parts += text.isEmpty ? [part] : [.text(text), part]
            text = ""
          }
        }
      }
      heading.parts = parts + (text.isEmpty ? [] : [.text(text)])
      return .heading(heading)
    }
    return notebook
  }
}
