import Document
import Planning
import Record

/// What a page shows above the prose, and no cell of the file says: title, description, parameters, provenance.
struct NotebookHead {
  private let notebook: Notebook
  private let record: NotebookRecord?

  init(_ notebook: Notebook, record: NotebookRecord?) { (self.notebook, self.record) = (notebook, record) }

  /// Nil if there is nothing of it.
  var markdown: String? {
    var parts: [String] = []
    if notebook.frontMatter.title != nil, !notebook.beginsWithTitle { parts.append("# " + Prose.escaped(notebook.title)) }
    if let description = notebook.frontMatter.description, !description.isEmpty { parts.append(Prose.escaped(description)) }
    let parameters = notebook.frontMatter.parameters.map { "\($0.name) = \(ParametersSource.text($0.value))" }
    if !parameters.isEmpty { parts.append("Parameters: " + parameters.map(Self.code).joined(separator: ", ")) }
    if let provenance = record?.provenance { parts.append(Prose.escaped(provenance)) }
    return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
  }

  private static func code(_ text: String) -> String {
    let marks = Fence(around: text, words: "").open
    return text.contains("`") ? "\(marks) \(text) \(marks)" : "`\(text)`"
  }
}
