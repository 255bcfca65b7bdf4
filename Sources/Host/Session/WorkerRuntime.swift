import Document
import Foundation
import Keys
import Planning
import Processes
import Record
import Store

/// The runtime that is shipped: each cell is compiled to a dynamic library, which a worker process loads and runs.
final class WorkerRuntime: Runtime {
  private let compiler: CellCompiler
  private let compilation: Compilation
  private let store: EntryStore?
  /// The working directory of the cells.
  private let directory: String
  private let memoryLimit: Int?
  /// The folders of sites that cells may look into, by absolute paths.
  private let sites: [String]
  var device = ResolvedDevice.processor
  /// Of compiled cells; nil when the session is over.
  private var folder: TemporaryFolder?
  private var worker: WorkerProcess?
  /// The number of the last run in this worker.
  private var lastRun = 0
  private var mostMemory = 0
  /// The worker knows a run by a number of two bytes; many cells may run before it is asked again.
  var isUsedUp: Bool { lastRun > 50_000 }

  /// - Parameters:
  ///   - codeEnvironment: stands for the toolchain and FolioKit.
  ///   - directory: the working directory of the cells.
  init(
    toolchain: Toolchain, installation: Installation, store: EntryStore?, codeEnvironment: Key, directory: String,
    memoryLimit: Int?, sites: [String]
  ) throws {
    (self.store, self.directory, self.memoryLimit, self.sites) = (store, directory, memoryLimit, sites)
    let folder = try TemporaryFolder()
    self.folder = folder
    compiler = try CellCompiler(
      toolchain: toolchain, installation: installation, folder: folder.path, store: store, environment: codeEnvironment)
    compilation = Compilation(compiler)
  }

  deinit { close() }

  func close() {
    compilation.close()
    worker = nil
    folder = nil
  }

  func cancel() { compilation.cancel() }

  // MARK: - Packages

  var packages: BuiltPackages? {
    get { compiler.packages.current }
    set {
      // What waits to be compiled was meant for other packages.
      compilation.cancel()
      compiler.packages.current = newValue
    }
  }

  func builtPackages(for notebook: Notebook, isCancelled: @escaping () -> Bool) throws -> BuiltPackages? {
    let requests = LocalPackages.requests(notebook)
    guard !requests.isEmpty else { return nil }
    return try LocalPackages(
      toolchain: compiler.toolchain, folder: store?.folder ?? compiler.folder, digests: FileDigests(store: store),
      isCancelled: isCancelled
    ).build(requests)
  }

  // MARK: - Compiling

  var codeEnvironment: Key { compiler.environment(with: packages) }

  func prepare(_ cells: [Int], of units: [CellUnit], dropsOthers: Bool) {
    if dropsOthers { compilation.replace(cells, of: units) } else { compilation.add(cells, of: units) }
  }

  func isNew(_ unit: CellUnit) -> Bool { compilation.isNew(unit) }

  func accepts(_ source: String) throws -> Bool { try compiler.check(source) }

  func waitUntilReady(_ unit: CellUnit) throws -> [Diagnostic] { try compilation.compiled(unit.module).warnings }

  // MARK: - The worker

  var peakMemory: Int {
    mostMemory = max(mostMemory, worker?.peakMemory ?? 0)
    return mostMemory
  }

  func run(_ request: RunRequest, limits: RunLimits, handle: (RunEvent) throws -> Void) throws -> RunAnswer {
    let worker = try startedWorker()
    lastRun += 1
    let command = WorkerProtocol.RunCommand(
      cell: request.cell, library: compiler.library(request.unit.module),
      entryPoint: CellCompiler.entryPoint(request.unit.module), parameters: request.parameters, run: lastRun,
      process: request.process)
    var answer = try worker.run(.run(command), limits: limits, handle: handle)
    answer.run = lastRun
    if answer.hasLostValues { restart() }
    return answer
  }

  func release(_ modules: [String]) throws -> Bool {
    guard let worker, !modules.isEmpty else { return worker != nil }
    let answer = try worker.run(.release(libraries: modules.map(compiler.library)))
    if answer.hasLostValues { restart() }
    return !answer.hasLostValues
  }

  func restart() {
    worker = nil
    lastRun = 0
  }

  /// The worker, started if there is none.
  private func startedWorker() throws -> WorkerProcess {
    if let worker { return worker }
    let environment = WorkerProtocol.Environment(
      untrackedFolders: [compiler.folder, store?.folder].compactMap { $0 }, store: store?.folder,
      build: "\(compiler.environment) \(device.kind)", device: device.device, memoryLimit: memoryLimit,
      sites: sites)
    let worker = try WorkerProcess(
      installation: compiler.installation, directory: directory, environment: environment.added(to: WorkerEnvironment.make()))
    // Before its first cell, a worker only fails for what its machine lacks; the dynamic loader says it on the standard error.
    var words: [UInt8] = []
    let answer = try worker.run(.release(libraries: [])) { if case .text(_, let bytes) = $0 { words += bytes } }
    switch answer.end {
    case .ended:
      self.worker = worker
      return worker
    case .died(let termination, _), .didNotBegin(let termination): throw Self.doesNotStart(termination, words)
    }
  }

  private static func doesNotStart(_ termination: ChildProcess.Termination, _ words: [UInt8]) -> Diagnostic {
    // What is missing makes it exit; a signal is somebody's.
    let advice =
      if case .killed(let signal) = termination {
        "\(Signal.meaning(signal)).".capitalizedFirst
      } else {
        "Install what the README names, and see 'folio doctor'."
      }
    return Diagnostic(
      "the worker does not start: it \(termination.text)\n\(String(decoding: words, as: UTF8.self))", advice: advice)
  }

  // MARK: - Where an error stands

  func codeLocations(of frames: [WorkerProtocol.StackFrame], in cells: CellLines) -> [CodeLocation] {
    Symbolizer(toolchain: compiler.toolchain, folder: compiler.folder, cells: cells).locations(frames)
  }

  func demangled(_ symbol: String) -> String? {
    (try? ChildProcess.run(compiler.toolchain.demangler, ["-compact", "-simplified", symbol]))?.output
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension ChildProcess.Termination {
  var text: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .killed(let signal): "was killed by \(Signal.name(signal))"
    }
  }
}
