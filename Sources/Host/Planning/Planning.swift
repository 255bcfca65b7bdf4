/// This module leads from a notebook's text to the cells that must run. It finds what each cell defines and refers to, what it is compiled
/// from, and what its record depends on.
///
/// `CellAnalysis` reads the syntax of a cell, and `NotebookGraph` joins the cells. `CellUnit` is what the compiler gets, under a name that is made
/// of its content. `CellKey` is all that a record depends on. `RunPlan` says which cells run, given what is known and what the worker holds.
///
/// It looks at text alone, never runs the compiler, never reads a file, and is fast enough to answer while an author types. Where it is in doubt
/// whether a cell depends on another, it assumes that it does: one cell too many that runs costs time, and one too few costs a wrong page.
