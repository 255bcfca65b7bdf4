import ArgumentParser
import Building
import Foundation
import Interchange

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a notebook of one of Jupyter's.",
    discussion: """
      Markdown cells become prose, code cells in Swift become cells. Code cells in another language become blocks that are only shown, and \
      so do raw cells; Swift cells with the tag 'skip-execution' and Swift in Markdown cells become 'swift norun'. Pictures that lie in \
      cells come along; labels of links that mean several things get names of their own. Outputs are left out. The title is that of the notebook's metadata, else its first heading. Format 4 is read.

      What 'folio export' wrote becomes the file that it was, byte for byte, but for what was edited in Jupyter.

      Without -o the notebook lies beside the file, under its name. If Folio cannot run it yet (an option that it does not know), it is \
      written all the same, with warnings that say where. Exit status: 0 it is written; 2 the file cannot be read, or NOTEBOOK exists.

      Examples:
        folio import analysis.ipynb
        folio import analysis.ipynb -o Notebooks/analysis.md --force
      """)

  @Argument(help: "The notebook to import, as Jupyter has written it.", completion: .file(extensions: ["ipynb"]))
  var file: String

  @Option(
    name: [.short, .long], help: ArgumentHelp("The notebook to write.", valueName: "notebook"),
    completion: .file(extensions: ["md"]))
  var output: String?

  @Flag(help: "Overwrite a file that exists.")
  var force = false

  func run() throws {
    try reporting {
      let path = output ?? InterchangeFile.path(beside: file, from: ".ipynb", to: ".md")
      if !force { try InterchangeFile.check(importTo: path) }
      let notebook = try JupyterImport(contentsOf: file)
      try InterchangeFile(path: path, text: notebook.text).write()
      Console.write(path + "\n")
      for problem in notebook.problems(at: path) { report(problem) }
    }
  }
}
