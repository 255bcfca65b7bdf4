import ArgumentParser
import Record
import Session
import Text

struct API: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api",
    abstract: "Tell what a cell can use: names, declarations, documentation.",
    discussion: """
      Without a word, all types and functions that a cell sees without an import are listed by module, each with its first sentence. Swift's \
      own library and Foundation are seen too, and are not listed.

      With words, everything whose name has all of them in it is shown whole; where there is none, everything whose documentation has. A \
      type is shown with the declarations of its members. Capitals make no difference, and 'LanguageModel.run' is a word too.

      The reference is read from the compiled modules against which cells are compiled, so it is true for this build of Folio. \
      Exit status: 0 something was found; 2 nothing was, or the modules cannot be read.

      Examples:
        folio api
        folio api attribution
        folio api LanguageModel.generate
        folio api --markdown > reference.md
        folio help api attribution
      """)

  @Argument(help: "Words to look for.")
  var words: [String] = []

  @Flag(help: "Write all of it, or what was found, as Markdown.")
  var markdown = false

  func run() throws {
    try reporting {
      let reference = try CellReference(toolchain: .find(), installation: .find())
      let found = words.isEmpty ? reference.entries : try reference.entries(matching: words)
      if markdown {
        Console.write(Self.markdown(found))
      } else if words.isEmpty {
        Console.write(Self.overview(found))
      } else {
        for entry in found { Console.write(VisibleText.lines(Self.text(entry, members: reference.members(of: entry)))) }
      }
    }
  }

  /// What is in no type; below it, what extends a type of Swift's or Foundation's.
  private static func overview(_ entries: [CellReference.Entry]) -> String {
    let types = Set(entries.filter(\.isType).map(\.name))
    let alone = entries.filter { $0.path.count == 1 }
    let listed = alone + entries.filter { $0.path.count > 1 && !types.contains($0.path[0]) }
    let topics = Dictionary(grouping: listed, by: \.topic)
    var order: [String] = []
    for entry in listed where !order.contains(entry.topic) { order.append(entry.topic) }
    let width = 36
    return order.map { topic in
      "\(topic)\n"
        + (topics[topic] ?? []).map {
          "  \($0.name.padding(toLength: max(width, $0.name.count), withPad: " ", startingAt: 0))  \($0.summary)\n"
        }
        .joined()
    }.joined(separator: "\n")
  }

  private static func text(_ entry: CellReference.Entry, members: [CellReference.Entry]) -> String {
    var lines = ["\(entry.name)  (\(entry.topic))", "    " + entry.declaration]
    if !entry.documentation.isEmpty { lines += [""] + entry.documentation.map { $0.isEmpty ? "" : "  " + $0 } }
    if !members.isEmpty { lines += [""] + members.map { "    " + $0.declaration } }
    return lines.joined(separator: "\n") + "\n\n"
  }

  private static func markdown(_ entries: [CellReference.Entry]) -> String {
    var topic = ""
    return entries.map { entry in
      defer { topic = entry.topic }
      let heading = entry.topic == topic ? "" : "## \(entry.topic)\n\n"
      let text = entry.documentation.joined(separator: "\n")
      return "\(heading)### \(entry.name)\n\n```swift\n\(entry.declaration)\n```\n\n" + (text.isEmpty ? "" : text + "\n\n")
    }.joined()
  }
}
