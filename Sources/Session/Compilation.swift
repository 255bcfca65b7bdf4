import Dispatch
import Foundation
import Planning
import Processes
import Record

/// Compiles cells ahead of their run, on all cores.
///
/// A cell can be compiled as soon as the interfaces of the cells that it imports are there; whether these have run does not matter. So
/// all cells are handed over at once, and compiled in the order of the notebook as far as their imports allow, while the first ones run.
/// All sessions of a process share the cores.
final class Compilation: @unchecked Sendable {
  typealias Outcome = Result<CellCompiler.Compiled, any Error>

  /// A cell was not compiled because a cell that it imports does not compile, or because the session stops.
  struct Skipped: Error {}

  private struct Job {
    var unit: CellUnit
    var imports: [String]
    var isStarted = false
    /// Whether cells that import it can be compiled.
    var hasInterface = false
    var outcome: Outcome?
  }

  private let compiler: CellCompiler
  private let lock = NSCondition()
  /// By module.
  private var jobs: [String: Job] = [:]
  /// Modules that are not started yet, in order.
  private var waiting: [String] = []
  private var workers = 0
  private var isCancelled = false

  /// One compiler a core, whatever number of sessions there is.
  private static let cores = DispatchSemaphore(
    value: max(1, min(ProcessInfo.processInfo.activeProcessorCount, Descriptors.mostPrograms)))

  init(_ compiler: CellCompiler) {
    self.compiler = compiler
  }

  /// Adds cells, with all that they import; those that are there already are not compiled again.
  /// - Parameter units: all units of the notebook, by number.
  func add(_ numbers: some Sequence<Int>, of units: [CellUnit]) {
    lock.withLock {
      isCancelled = false
      waiting = []
      var open = Set(numbers)
      var all: Set<Int> = []
      while let number = open.popFirst() {
        if all.insert(number).inserted { open.formUnion(units[number].imports) }
      }
      for number in all.sorted() {
        let unit = units[number]
        if isToBeDone(jobs[unit.module]) {
          jobs[unit.module] = Job(unit: unit, imports: unit.imports.sorted().map { units[$0].module })
          waiting.append(unit.module)
        }
      }
      startWorkers()
      lock.broadcast()
    }
  }

  /// Whether a cell was never started, or came to grief by something that may have passed: a full disk, say.
  private func isToBeDone(_ job: Job?) -> Bool {
    guard let job, job.isStarted || job.outcome != nil else { return true }
    if case .failure(let error)? = job.outcome { return !(error is CellCompiler.Failure) }
    return false
  }

  /// Whether a cell has never been compiled, here or by another session.
  func isNew(_ unit: CellUnit) -> Bool {
    if case .success? = lock.withLock({ jobs[unit.module]?.outcome }) { return false }
    return compiler.store?.data(.cells, unit.key) == nil
  }

  /// Waits for a cell.
  /// - Throws: `CellCompiler.Failure` if it has errors, `Skipped` if it was not compiled, a `Diagnostic` if the tools fail.
  func compiled(_ module: String) throws -> CellCompiler.Compiled {
    lock.lock()
    defer { lock.unlock() }
    while true {
      guard let job = jobs[module], !isCancelled || job.outcome != nil else { throw Skipped() }
      if let outcome = job.outcome { return try outcome.get() }
      lock.wait()
    }
  }

  /// Drops what is not started, and lets nobody wait.
  func cancel() {
    lock.withLock {
      isCancelled = true
      waiting = []
      lock.broadcast()
    }
  }

  // MARK: - Workers

  /// Call it with the lock held.
  private func startWorkers() {
    while workers < ProcessInfo.processInfo.activeProcessorCount && workers < waiting.count {
      workers += 1
      Thread.detachNewThread { [self] in work() }
    }
  }

  private func work() {
    while let unit = next() {
      Self.cores.wait()
      let outcome = Outcome {
        try compiler.compile(unit) { [self] in
          lock.withLock {
            jobs[unit.module]?.hasInterface = true
            lock.broadcast()
          }
        }
      }
      Self.cores.signal()
      lock.withLock {
        jobs[unit.module]?.outcome = outcome
        lock.broadcast()
      }
    }
  }

  /// The first cell whose imports are compiled; nil when none is left.
  private func next() -> CellUnit? {
    lock.lock()
    defer { lock.unlock() }
    while !waiting.isEmpty {
      for (place, module) in waiting.enumerated() {
        guard let job = jobs[module] else { continue }
        switch readiness(of: job) {
        case nil: continue
        case false?:
          waiting.remove(at: place)
          jobs[module]?.outcome = .failure(Skipped())
          lock.broadcast()
        case true?:
          waiting.remove(at: place)
          jobs[module]?.isStarted = true
          return job.unit
        }
        break
      }
      if !waiting.contains(where: { jobs[$0].flatMap(readiness) != nil }) { lock.wait() }
    }
    workers -= 1
    return nil
  }

  /// Whether a cell can be compiled now; false if it never can; nil if that is not known yet.
  private func readiness(of job: Job) -> Bool? {
    let imports = job.imports.map { jobs[$0] }
    if imports.contains(where: { if case .failure? = $0?.outcome { true } else { false } }) { return false }
    let isReady = imports.allSatisfy { job in
      if case .success? = job?.outcome { true } else { job?.hasInterface == true }
    }
    return isReady ? true : nil
  }
}
