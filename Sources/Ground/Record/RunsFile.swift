import Files
import Foundation

/// Which runs of a notebook a site should have: the file `<notebook>/runs.json` of the site.
///
/// Whoever makes runs writes it; whoever reads their results compares with it, so that what is missing is known.
public struct RunsFile: Codable, Sendable, Equatable {
  /// A run that the site should have.
  public struct Entry: Codable, Sendable, Equatable {
    /// Its folder in that of the notebook: `idx=2`.
    public var name: String
    /// The values that it was given, as text, by name.
    public var values: [String: String]
    /// Whether the front matter names it, and not a command line.
    public var isDeclared: Bool

    /// A run with these values.
    public init(name: String, values: [String: String], isDeclared: Bool) {
      (self.name, self.values, self.isDeclared) = (name, values, isDeclared)
    }
  }

  /// The name of the file in the notebook's folder of the site.
  public static let fileName = "runs.json"

  /// Of this description; a reader of another one must not guess.
  public var format = 1
  /// The notebook's own name: `prontoqa`.
  public var notebook: String
  /// The names of its parameters, in its order.
  public var parameters: [String]
  /// First those that the front matter names, in its order, then the others, in the order of their values.
  public var runs: [Entry]

  /// The runs of a notebook.
  public init(notebook: String, parameters: [String], runs: [Entry]) {
    (self.notebook, self.parameters, self.runs) = (notebook, parameters, runs)
    sort()
  }

  /// With other runs: those that the front matter names in place of those that it named before, and those of a command line besides those that were there.
  /// - Parameter declared: nil where nothing is said of these.
  public func with(declared: [Entry]?, others: [Entry]) -> RunsFile {
    var result = self
    let declared = declared ?? runs.filter(\.isDeclared)
    let new = others + runs.filter { run in !run.isDeclared && !others.contains { $0.name == run.name } }
    let names = Set(declared.map(\.name))
    result.runs = declared + new.filter { !names.contains($0.name) }
    result.sort()
    return result
  }

  /// Those of a command line by their values: numbers by their size, in the order of the parameters.
  private mutating func sort() {
    let parameters = parameters
    func isBefore(_ left: Entry, _ right: Entry) -> Bool {
      for name in parameters where left.values[name] != right.values[name] {
        guard let a = left.values[name], let b = right.values[name] else { return left.values[name] == nil }
        guard let x = Double(a), let y = Double(b), x != y else { return a < b }
        return x < y
      }
      return left.name < right.name
    }
    runs = runs.filter(\.isDeclared) + runs.filter { !$0.isDeclared }.sorted(by: isBefore)
  }

  /// The file as text, with each run on a line of its own.
  public var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func line(_ value: some Encodable) -> String {
      (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
    let rows = runs.map { "  " + line($0) }.joined(separator: ",\n")
    let head = "\"format\": \(format),\n \"notebook\": \(line(notebook)),\n \"parameters\": \(line(parameters))"
    return "{\n \(head),\n \"runs\": [\n\(rows)\n ]\n}\n"
  }

  /// - Throws: what is wrong, in words.
  public init(json: Data) throws(RecordIndex.Unreadable) {
    do {
      self = try JSONDecoder().decode(RunsFile.self, from: json)
    } catch {
      throw RecordIndex.Unreadable(reason: "it is not a list of runs")
    }
    if format != 1 {
      throw RecordIndex.Unreadable(reason: "its format is \(format), and this Folio reads format 1")
    }
    for run in runs where !FolderFile.isName(run.name) {
      throw RecordIndex.Unreadable(reason: "the name of its run '\(run.name)' leads out of its folder")
    }
  }
}
