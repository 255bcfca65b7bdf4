// What a cell sees without an import: the words of a notebook, and the modules that they speak about. FolioKit.docc tells of them by topic.
//
// Outputs are values of `Record`, and go to the host in the order of their calls, whatever thread they are made on. FolioKit knows
// nothing of how a page looks. Outside a worker (in a test, in a script) outputs are printed.

@_exported import Attribution
@_exported import CellRuntime
@_exported import Circuits
@_exported import Figures
@_exported import Foundation
@_exported import Checkpoints
@_exported import Lenses
@_exported import Machine
@_exported import Probing
@_exported import Transformer
@_exported import PrOntoQADataset
@_exported import Randomness
@_exported import SparseAutoencoders
@_exported import Statistics
@_exported import Tensors
