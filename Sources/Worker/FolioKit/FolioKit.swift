/// What a cell sees without an import: the words of a notebook, and the modules that they speak about.
///
/// - `display(x)` shows a value: text, a table, a figure, or anything that says how it is shown (`Displayable`).
/// - `for x in progress(xs, "Generating")` shows how far a long loop has come.
/// - `params.name` reads a parameter of the front matter (made by the session, since its type is the notebook's own).
///
/// Outputs are values of `Record`, and go to the host over the worker's channel in the order of their calls, whatever thread they are
/// made on. FolioKit knows nothing of how a page looks. Outside a worker (in a test, in a script) outputs are printed.

@_exported import Attribution
@_exported import Figures
@_exported import Foundation
@_exported import Gemma
@_exported import PrOntoQA
@_exported import Randomness
@_exported import Tensors
