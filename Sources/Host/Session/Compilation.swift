import Dispatch
import Foundation
import Machine
import Planning
import Processes
import Record

/// A cell that was compiled.
package struct CompiledCell: Sendable {
  package var module: String
  /// The path of its library.
  package var library: String
  /// Those at the cell's own lines.
  package var warnings: [Diagnostic]

  package init(module: String, library: String, warnings: [Diagnostic]) {
    (self.module, self.library, self.warnings) = (module, library, warnings)
  }
}

/// Makes native code of cells, one at a time on each thread.
package protocol UnitCompiler: Sendable {
  /// Compiles a cell, or takes it from where it was kept.
  /// - Parameter interfaceIsThere: is called when other cells that import this one can be compiled, before its own code is made.
  /// - Throws: `CellDoesNotCompile`, or a `Diagnostic` if the tools themselves fail.
  func compile(_ unit: CellUnit, interfaceIsThere: @escaping () -> Void) throws -> CompiledCell
  /// Whether a cell was compiled before, and need not be again.
  func isKept(_ unit: CellUnit) -> Bool
  /// Ends what is being compiled.
  func close()
}

/// Compiles cells ahead of their run, on all cores.
///
/// A cell can be compiled as soon as the interfaces of the cells that it imports are there; whether these have run does not matter. So
/// all cells are handed over at once, and compiled in the order of the notebook as far as their imports allow, while the first ones run.
/// All sessions of a process share the cores.
///
/// Promise: no cell is with the compiler twice at a time, whatever is asked for meanwhile.
package final class Compilation: @unchecked Sendable {
  private typealias Outcome = Result<CompiledCell, any Error>

  private struct Job {
    var unit: CellUnit
    /// How many of its imports have no interface yet.
    var missing = 0
    /// The modules that import it.
    var users: Set<String> = []
    /// Whether cells that import it can be compiled.
    var hasInterface = false
    var outcome: Outcome?
  }

  private let compiler: any UnitCompiler
  private let lock = NSCondition()
  /// What is to be compiled and what has been, by module.
  private var jobs: [String: Job] = [:]
  /// The modules that no thread has begun to compile.
  private var waiting: Set<String> = []
  /// Those of the waiting modules that can be compiled now; the first of the notebook stands last.
  private var ready: [(number: Int, module: String)] = []
  private var workers = 0
  /// How many cells are with the compiler.
  private var compiling = 0
  private var isCancelled = false

  /// Lets one compiler run for each core, whatever the number of sessions.
  private static let cores = DispatchSemaphore(
    value: max(1, min(Processor.threads, Descriptors.mostPrograms)))

  package init(_ compiler: any UnitCompiler) {
    self.compiler = compiler
  }

  /// Drops what is not started, and adds cells, with all that they import.
  /// - Parameter units: all units of the notebook, by number.
  package func replace(_ numbers: some Sequence<Int>, of units: [CellUnit]) {
    lock.withLock { dropWaiting() }
    add(numbers, of: units)
  }

  /// Adds cells, with all that they import; those that are there already are not compiled again.
  package func add(_ numbers: some Sequence<Int>, of units: [CellUnit]) {
    lock.withLock {
      isCancelled = false
      // What is there already is there with all that it imports.
      var open = Set(numbers)
      var new: Set<Int> = []
      while let number = open.popFirst() {
        if isToBeDone(units[number].module), new.insert(number).inserted { open.formUnion(units[number].imports) }
      }
      for number in new.sorted() { add(units[number], imports: units[number].imports.map { units[$0].module }) }
      startWorkers()
      lock.broadcast()
    }
  }

  /// Call it with the lock held, after its imports have been added.
  private func add(_ unit: CellUnit, imports: [String]) {
    var job = Job(unit: unit, users: jobs[unit.module]?.users ?? [])
    var canBeCompiled = true
    for module in imports {
      switch jobs[module]?.outcome {
      case .failure?: canBeCompiled = false
      case .success?: break
      case nil:
        jobs[module]?.users.insert(unit.module)
        if jobs[module]?.hasInterface == false { job.missing += 1 }
      }
    }
    jobs[unit.module] = job
    waiting.insert(unit.module)
    if !canBeCompiled { skip(unit.module) } else if job.missing == 0 { makeReady(unit) }
  }

  private func makeReady(_ unit: CellUnit) {
    let index = ready.lastIndex { $0.number > unit.number }.map { $0 + 1 } ?? 0
    ready.insert((unit.number, unit.module), at: index)
  }

  /// Call it with the lock held.
  private func dropWaiting() {
    for module in waiting { jobs[module] = nil }
    waiting = []
    ready = []
  }

  /// Whether a cell was never added, or failed for something that may have passed, as a full disk.
  private func isToBeDone(_ module: String) -> Bool {
    guard case .failure(let error)? = jobs[module]?.outcome else { return jobs[module] == nil }
    return !(error is CellDoesNotCompile)
  }

  /// Whether a cell has never been compiled, here or by another session.
  package func isNew(_ unit: CellUnit) -> Bool {
    if case .success? = lock.withLock({ jobs[unit.module]?.outcome }) { return false }
    return !compiler.isKept(unit)
  }

  /// Waits for a cell.
  /// - Throws: `CellDoesNotCompile`, `CellWasSkipped`, or a `Diagnostic` if the tools fail.
  package func compiled(_ module: String) throws -> CompiledCell {
    lock.lock()
    defer { lock.unlock() }
    while true {
      guard let job = jobs[module], !isCancelled || job.outcome != nil else { throw CellWasSkipped() }
      if let outcome = job.outcome { return try outcome.get() }
      lock.wait()
    }
  }

  /// Drops what is not started, and lets nobody wait.
  package func cancel() {
    lock.withLock {
      isCancelled = true
      dropWaiting()
      lock.broadcast()
    }
  }

  /// Drops what is not started, and ends the rest: nothing is written to the folder of compiled cells afterwards.
  package func close() {
    cancel()
    compiler.close()
    lock.withLock { while compiling > 0 { lock.wait() } }
  }

  // MARK: - Workers

  /// Call it with the lock held.
  private func startWorkers() {
    while workers < Processor.threads && workers < waiting.count {
      workers += 1
      Thread.detachNewThread { [self] in work() }
    }
  }

  private func work() {
    while let unit = next() {
      Self.cores.wait()
      let outcome = Outcome {
        try compiler.compile(unit) { [self] in lock.withLock { noteInterface(unit.module) } }
      }
      Self.cores.signal()
      lock.withLock {
        compiling -= 1
        jobs[unit.module]?.outcome = outcome
        switch outcome {
        case .success: noteInterface(unit.module)
        case .failure: skipUsers(of: unit.module)
        }
        lock.broadcast()
      }
    }
  }

  /// Cells that import it need not wait any longer. Call it with the lock held.
  private func noteInterface(_ module: String) {
    guard jobs[module]?.hasInterface == false else { return }
    jobs[module]?.hasInterface = true
    for user in jobs[module]?.users ?? [] where waiting.contains(user) {
      jobs[user]?.missing -= 1
      if let job = jobs[user], job.missing == 0 { makeReady(job.unit) }
    }
    lock.broadcast()
  }

  /// Call it with the lock held.
  private func skip(_ module: String) {
    guard waiting.remove(module) != nil else { return }
    ready.removeAll { $0.module == module }
    jobs[module]?.outcome = .failure(CellWasSkipped())
    skipUsers(of: module)
    lock.broadcast()
  }

  private func skipUsers(of module: String) {
    let users = jobs[module]?.users ?? []
    jobs[module]?.users = []
    for user in users { skip(user) }
  }

  /// The first cell whose imports are compiled; nil when none is left.
  private func next() -> CellUnit? {
    lock.lock()
    defer { lock.unlock() }
    while !waiting.isEmpty {
      guard let (_, module) = ready.popLast() else {
        lock.wait()
        continue
      }
      guard waiting.remove(module) != nil, let unit = jobs[module]?.unit else { continue }
      compiling += 1
      return unit
    }
    workers -= 1
    return nil
  }
}
