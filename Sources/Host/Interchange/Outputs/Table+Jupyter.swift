import Record
import Rendering

extension Table: JupyterForm {
  func jupyter(alt: String?) -> JSONValue {
    .jupyterDisplay([
      "text/csv": .string(csv), "text/html": .string(TableView(table: self, standsAlone: true).html(link: nil)),
      "text/plain": .string(plainText),
    ])
  }
}
