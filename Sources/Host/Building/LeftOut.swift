import Document
import Machine
import Record

extension Notebook {
  /// The models that its front matter says it needs, and that are not on this machine. `params.model` is the value of that parameter.
  package var missingModels: [String] {
    frontMatter.needs.map { need in
      let parameter = frontMatter.parameters.first { need == "params.\($0.name)" }
      if case .string(let model)? = parameter?.value { return model }
      return need
    }.filter { !ModelHub.holds($0, relativeTo: folder) }
  }

  /// Whether it is left out of a site that is built: its page, if there is one, stays as it is.
  package var isLeftOut: Bool { !missingModels.isEmpty }

  /// What is told of a notebook that is left out.
  package var leftOut: Diagnostic {
    Diagnostic(
      .note, at: Place(file: file, line: 1),
      "\(name) is left out: it needs \(missingModels.map { "the model \($0)" }.joined(separator: " and ")), which \(missingModels.count == 1 ? "is" : "are") not on this machine",
      advice: "Its page and its record stay as they are. The notebook says where the weights come from.")
  }
}
