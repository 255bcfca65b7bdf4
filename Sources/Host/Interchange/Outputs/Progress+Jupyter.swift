import Record

extension ProgressOutput: JupyterForm {
  func jupyter(alt: String?) -> JSONValue { .jupyterDisplay(["text/plain": .string(line)]) }
}
