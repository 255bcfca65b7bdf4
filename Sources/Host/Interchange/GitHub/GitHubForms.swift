import Figures
import Foundation
import Record
import Rendering
import Text

/// How an output of some kind stands in Markdown for GitHub.
protocol GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String
}

/// What a form knows of the cell around its output, and where it leaves what is no text.
struct GitHubContext {
  /// The cell's label, or `cell-N`, as the beginning of a file's name.
  let cell: String
  /// The output's place among the cell's, from 1.
  var number = 1
  /// What describes the output to those who do not see it, if its author has said that.
  var alt: String?
  var files: GitHubFiles

  init(cell: String, files: GitHubFiles) { (self.cell, self.files) = (cell, files) }

  /// Keeps a file, and returns its address.
  mutating func add(_ data: Data, type: String) -> String { files.add("\(cell)-\(number).\(type)", data) }
}

extension Output {
  /// The table of the forms: a kind that lacks its line does not compile.
  var gitHubForm: any GitHubForm {
    switch self {
    case .text(let stream, let text): StreamOutput(stream: stream, text: text)
    case .value(let text): ValueOutput(text: text)
    case .table(let table): table
    case .figure(let figure): figure
    case .tokens(let tokens): tokens
    case .picture(let picture): picture
    case .markdown(let markdown): markdown
    case .html(let html): html
    case .progress(let progress): progress
    case .error(let error): error
    }
  }
}

/// Text as a terminal would show it, in a block of its own; of a long one the beginning and the end, with the whole in a file.
private func block(_ text: String, in context: inout GitHubContext) -> String {
  let plain = TerminalText.plain(text)
  func fenced(_ text: String) -> String {
    let content = text.hasSuffix("\n") ? String(text.dropLast()) : text
    return Fence(around: content, words: "text").text(around: content)
  }
  guard let long = LongText(plain) else { return plain.isEmpty ? "" : fenced(plain) }
  let link = context.add(Data(text.utf8), type: "txt")
  let words = Prose.escaped(long.omission)
  return "\(fenced(long.head))\n\n*\(words)* [\(PageWords.current.readAll)](\(link))\n\n\(fenced(long.tail))"
}

extension StreamOutput: GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String { block(text, in: &context) }
}

extension ValueOutput: GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String { block(text, in: &context) }
}

extension ColoredTokens: GitHubForm {
  /// GitHub shows no colours in text: the tokens, and which of them have the largest values.
  func gitHub(in context: inout GitHubContext) -> String {
    let text = Prose.escaped(TerminalText.plain(tokens.joined()))
    return "> \(text)\n\n*\(Prose.escaped(plainText))*"
  }
}

extension ProgressOutput: GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String { "*\(Prose.escaped(line))*" }
}

extension CellError: GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String {
    let text = diagnostics.map(\.description).joined(separator: "\n")
    return "**\(Prose.escaped(kind.heading))**\n\n" + block(text, in: &context)
  }
}

extension MarkdownOutput: GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String { text }
}

extension HTMLOutput: GitHubForm {
  /// In an element that an empty line would end.
  func gitHub(in context: inout GitHubContext) -> String {
    let lines = html.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    return "<div>\n\(lines.joined(separator: "\n"))\n</div>"
  }
}

extension PictureOutput: GitHubForm {
  func gitHub(in context: inout GitHubContext) -> String {
    let address = context.add(data, type: format.fileType)
    let words = alt ?? context.alt ?? plainText
    guard let width else { return "![\(Prose.escaped(words))](\(address))" }
    return "<img src=\"\(address)\" alt=\"\(Markup.escape(Markup.label(words)))\" width=\"\(width)\">"
  }
}

extension FigureOutput: GitHubForm {
  /// A drawing in a file of its own, with colours of its own: a picture does not take those of its page.
  func gitHub(in context: inout GitHubContext) -> String {
    do {
      let figure = try Figure(plotlyJSON: plotly)
      let svg = figure.svg(alt: context.alt)
      guard let end = svg.firstIndex(of: ">") else { return "" }
      let drawing = svg[...end] + "\n<style>\(Self.style)</style>" + svg[svg.index(after: end)...]
      let address = context.add(Data((drawing + "\n").utf8), type: "svg")
      return "![\(Prose.escaped(context.alt ?? figure.altText))](\(address))"
    } catch {
      return Prose.escaped(LongText.clipped("\(error)", to: 500))
    }
  }

  private static let style = """
    svg { color: #22252a; background: #fff } \(Figure.style)
    @media (prefers-color-scheme: dark) { svg { color: #dfe1e5; background: #16181c; \(Figure.darkStyle) } }
    """
}

extension Table: GitHubForm {
  /// A pipe table; of a long one the first and the last rows, with the whole in a file.
  func gitHub(in context: inout GitHubContext) -> String {
    guard !columns.isEmpty else { return "" }
    func row(_ cells: [String]) -> String {
      let cells = columns.indices.map { index in
        let text = cells.indices.contains(index) ? TerminalText.plain(cells[index]) : ""
        return Prose.escaped(LongText.clipped(text, to: 2000))
      }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let omitted = TableView(table: self).omitted
    let head = omitted > 0 ? TableView.mostRows - TableView.lastRows : rows.count
    var lines = [row(columns.map(\.title)), "|" + columns.map { $0.isNumeric ? "---:|" : ":---|" }.joined()]
    lines += rows.prefix(head).map(row)
    if omitted > 0 { lines += [row(["…"])] + rows.suffix(TableView.lastRows).map(row) }
    let table = lines.joined(separator: "\n")
    guard omitted > 0 else { return table }
    let link = context.add(Data(csv.utf8), type: "csv")
    return table + "\n\n*\(PageWords.current.rowsLeftOut(omitted))* [\(PageWords.current.readAll)](\(link))"
  }
}
