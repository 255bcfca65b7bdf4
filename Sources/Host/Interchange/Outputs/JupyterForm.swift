import Record

/// How an output of some kind stands in a notebook of Jupyter's. Each kind has its form in a file of its own in this folder.
protocol JupyterForm {
  /// - Parameter alt: what describes the output to those who do not see it, if its author has said that.
  func jupyter(alt: String?) -> JSONValue
}

extension Output {
  /// The table of the forms: a kind that lacks its line does not compile.
  var jupyterForm: any JupyterForm {
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

extension JSONValue {
  /// What is shown, by the names of its forms, of which a reader's program takes the richest that it knows.
  static func jupyterDisplay(_ forms: [String: JSONValue]) -> JSONValue {
    let data = forms.mapValues { form in form.string.map(JupyterNotebook.lines) ?? form }
    return ["data": .object(data), "metadata": [:], "output_type": "display_data"]
  }
}
