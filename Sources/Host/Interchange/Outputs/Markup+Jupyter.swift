import Record

extension PictureOutput: JupyterForm {
  /// A picture as its bytes, in base 64; a drawing as its text.
  func jupyter(alt: String?) -> JSONValue {
    let content = format == .svg ? String(decoding: data, as: UTF8.self) : data.base64EncodedString()
    return .jupyterDisplay([format.mediaType: .string(content), "text/plain": .string(alt ?? self.alt ?? plainText)])
  }
}

extension MarkdownOutput: JupyterForm {
  func jupyter(alt: String?) -> JSONValue {
    .jupyterDisplay(["text/markdown": .string(text), "text/plain": .string(text)])
  }
}

extension HTMLOutput: JupyterForm {
  func jupyter(alt: String?) -> JSONValue {
    .jupyterDisplay(["text/html": .string(html), "text/plain": .string(alt ?? html)])
  }
}
