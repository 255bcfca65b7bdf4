import Document
import Foundation
import Keys
import Planning
import Processes
import Record
import Store

/// Where the cells of a notebook are made ready and run, one after the other, and where what they define stays.
///
/// The session decides which cells run, in which order and why; a runtime does it. `WorkerRuntime` compiles each cell and runs it in a
/// process of its own, the worker. The session's tests have one that compiles nothing and answers from a script.
///
/// A runtime keeps what cells define until it is released, or until it ends by itself, is restarted or closed. It begins by itself with the
/// first cell that runs.
package protocol Runtime: AnyObject {
  /// Stands for all that a cell's code depends on besides its source: the compiler, and what cells are compiled against.
  var codeEnvironment: Key { get }

  /// On which device models compute, from its next start on.
  var device: ResolvedDevice { get set }

  /// The local packages that cells may import, from its next start on.
  var packages: BuiltPackages? { get set }

  /// Builds the packages that a notebook names; nil if it names none.
  func builtPackages(for notebook: Notebook, isCancelled: @escaping () -> Bool) throws -> BuiltPackages?

  /// The most memory that it has had so far, in bytes; 0 if that is not known.
  var peakMemory: Int { get }

  /// Whether it has run as many cells as it can tell apart: only a new start gives it numbers again.
  var isUsedUp: Bool { get }

  // MARK: Making cells ready

  /// Begins to make cells ready, and all that they import. Returns at once.
  /// - Parameters:
  ///   - units: all units of the notebook, by number.
  ///   - dropsOthers: whether what was asked for before and has not begun is not wanted any more.
  func prepare(_ cells: [Int], of units: [CellUnit], dropsOthers: Bool)

  /// Whether a cell was never made ready, here or by another session.
  func isNew(_ unit: CellUnit) -> Bool

  /// Whether several cells have no errors, looked at as one file: this is faster than to make each of them ready.
  func accepts(_ source: String) throws -> Bool

  /// Waits until a cell is ready.
  /// - Returns: what the compiler warns of, at the cell's own lines.
  /// - Throws: `CellDoesNotCompile`, or `CellWasSkipped`, or a `Diagnostic` if the tools fail.
  func waitUntilReady(_ unit: CellUnit) throws -> [Diagnostic]

  // MARK: Running them

  /// Runs a cell that is ready, and hands on what it puts out.
  func run(_ request: RunRequest, limits: RunLimits, handle: (RunEvent) throws -> Void) throws -> RunAnswer

  /// Releases what the variables of modules hold, in this order.
  /// - Returns: false if the runtime has ended meanwhile, or before: then the values of all modules are gone.
  func release(_ modules: [String]) throws -> Bool

  /// Ends what runs, and all values with it. The next cell finds everything as at the beginning.
  func restart()

  /// Lets nobody wait for a cell to become ready. May be called from any thread. (A cell that runs asks its limits.)
  func cancel()

  /// Ends all, and removes what it keeps on the disk for itself.
  func close()

  // MARK: Where an error stands

  /// The lines in a notebook in which the frames of a call stack lie, innermost first. Frames outside of cells are left out.
  func codeLocations(of frames: [WorkerProtocol.StackFrame], in cells: CellLines) -> [CodeLocation]

  /// The name in Swift of a symbol; nil if there is nothing that knows it.
  func demangled(_ symbol: String) -> String?
}

/// A cell has errors: what the compiler says, at the cell's own lines.
package struct CellDoesNotCompile: Error {
  package var diagnostics: [Diagnostic]

  package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}

/// A cell was not made ready because a cell that it imports does not compile, or because the session stops.
package struct CellWasSkipped: Error {
  package init() {}
}

/// What a runtime is asked to run.
package struct RunRequest {
  package var cell: Int
  package var unit: CellUnit
  /// For the cell that defines the parameters, their values: a JSON object.
  package var parameters: String?
  /// What the process must be like when the cell begins.
  package var process: WorkerProtocol.ProcessState
}

/// What a cell may take, and who may stop it.
package struct RunLimits {
  package var deadline: ContinuousClock.Instant?
  /// In bytes, of the whole process.
  package var memory: Int?
  package var isInterrupted: () -> Bool = { false }
}

/// What a running cell puts out.
package enum RunEvent {
  case text(Output.Stream, [UInt8])
  case output(Output)
  case progress(ProgressOutput)
}

/// How a cell's run ended.
package struct RunAnswer {
  package enum End {
    case ended(WorkerProtocol.CellEnd)
    /// The process in which it ran has ended, and all values with it.
    case died(ChildProcess.Termination, lastWords: WorkerProtocol.CellEnd?)
    /// The process had ended before the cell could begin: the cell has done nothing, and all values are gone.
    case didNotBegin(ChildProcess.Termination)
  }

  package var end: End
  /// Why it was made to end, if it was.
  package var stop: StopReason?
  package var effects = WorkerProtocol.Effects()
  /// Tells the runs between two restarts apart: from 1.
  package var run = 0

  package init(end: End, stop: StopReason? = nil, effects: WorkerProtocol.Effects = .init(), run: Int = 0) {
    self.end = end
    self.stop = stop
    self.effects = effects
    self.run = run
  }

  /// What the process itself said of the end, if it could.
  var cellEnd: WorkerProtocol.CellEnd? {
    switch end {
    case .ended(let end): end
    case .died(_, let lastWords): lastWords
    case .didNotBegin: nil
    }
  }

  /// Whether the values of all cells are gone.
  var hasLostValues: Bool {
    switch end {
    case .ended: false
    case .died, .didNotBegin: true
    }
  }
}

/// Why a cell is made to end before its time.
package enum StopReason {
  case timeout, memory, interruption
  /// What came is not from the worker's own code, or the channel was closed.
  case brokenChannel
}

/// Where the compiled cells of a notebook come from.
package struct CellLines {
  /// The notebook's path, as the author knows it.
  package var file: String
  /// Where a cell's first line stands, by module; nil for what is no cell of the notebook as it is now.
  package var start: (String) -> Place?
}

/// A line of a notebook in which a call stack stands.
package struct CodeLocation: Equatable {
  package var place: Place
  /// What the compiler checks there, for a trap without a message: `arithmetic overflow`.
  package var runtimeFailure: String?
}

extension Runtime {
  package var isUsedUp: Bool { false }
}
