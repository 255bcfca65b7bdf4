// What stands below the words that a notebook's author uses: how a compiled cell lives in the process that runs it.
//
// - `HostChannel` brings the host's commands to the worker, and answers and outputs to the host.
// - `CellServices` is what the process does for cells: it shows outputs, keeps values on disk, makes digests. `folio-worker` sets it once.
// - `CellLibrary` is a loaded cell: its variables, what the last run read and changed of them, and what they hold. `_folioVariable`, which the host
//   writes into each cell, tells it the variables' types.
// - `Plainness` says whether a variable holds a plain value, which nothing but an access to the variable can change, and `ValueDigest`
//   compares such values between runs. Types declare themselves by `PlainValue`, `ImmutableObject` or `OpaqueValue`.
// - `MemoEntry` is a value that `memo` keeps on disk, `_folioParameter` reads a parameter of the front matter, `CellInterruption` ends work
//   that the host wants stopped, and `ProcessKeeper` makes the process for each cell as the cells before it left it.
//
// It knows nothing of models and figures: what the instrument's types are is declared in FolioKit, which re-exports this module to cells. Its
// names that begin with `_folio` stand in code that the host generates.
