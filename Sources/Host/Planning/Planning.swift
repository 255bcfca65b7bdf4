/// From a notebook's text to the cells that must run: what each defines and refers to, what it is compiled from, what its record
/// depends on.
///
/// The way: `CellAnalysis` reads a cell's syntax; `NotebookGraph` joins the cells; `CellUnit` is what the compiler gets, under a name made
/// of its content; `CellKey` is all that a record depends on; `RunPlan` says which cells run, given what is known and what is live.
///
/// Promises: it looks at text alone, never runs the compiler or reads a file, and is fast enough to answer while an author types. When
/// it is in doubt whether a cell depends on another, it does: a cell too many that runs costs time, one too few costs a wrong page.
