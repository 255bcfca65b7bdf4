import Record

extension StreamOutput: JupyterForm {
  func jupyter(alt: String?) -> JSONValue {
    ["name": .string(stream.rawValue), "output_type": "stream", "text": JupyterNotebook.lines(text)]
  }
}

extension ValueOutput: JupyterForm {
  func jupyter(alt: String?) -> JSONValue { .jupyterDisplay(["text/plain": .string(text)]) }
}
