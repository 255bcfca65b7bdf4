import Record
import Rendering

extension ColoredTokens: JupyterForm {
  func jupyter(alt: String?) -> JSONValue {
    .jupyterDisplay([
      "text/html": .string(TokensView(tokens: self, standsAlone: true).html), "text/plain": .string(plainText),
    ])
  }
}
