import CWorker
import Foundation
import Record

/// The library of a compiled cell, loaded: its variables and stored static members, where they lie and what they hold.
///
/// They are globals of the library, which is never unloaded. When a cell runs again, in this version or a newer one, what its former
/// run put there (a model, its activations) must go, or each edit would cost its memory again; and static members must be as they were
/// before the first run.
package final class CellLibrary {
  package let path: String
  private let handle: UnsafeMutableRawPointer
  private var variables: [StoredVariable] = []
  /// What was last told of a variable.
  private var told: [String: WorkerProtocol.VariableState] = [:]
  /// The variables whose values take time to read.
  private var large: Set<String> = []
  /// Classes of other libraries whose static members the code uses.
  package let sharedClasses: [String]

  /// - Parameter handle: of `dlopen`, before the cell's first run.
  package init(path: String, handle: UnsafeMutableRawPointer) {
    self.path = path
    self.handle = handle
    let symbols = LibrarySymbols(of: handle, path: path)
    sharedClasses = symbols.sharedClasses
    let typed = TypedVariable.all(in: handle)
    variables = symbols.variables.map { symbol in
      StoredVariable(
        name: symbol.name, isStatic: symbol.isStatic, place: LibraryMemory(symbol.object),
        guards: symbol.guards.map(LibraryMemory.init),
        typed: typed[symbol.name])
    }
    for variable in variables { folio_accesses_add_variable(variable.place.address, variable.place.size) }
  }

  // MARK: - What a run did

  /// What the last run read and changed of them.
  package var accesses: [WorkerProtocol.Access] {
    variables.compactMap { variable in
      let access = folio_access_of_variable(variable.place.address)
      guard access.was_read || access.was_changed else { return nil }
      return .init(.variable(.init(library: path, name: variable.name)), wasRead: access.was_read, wasChanged: access.was_changed)
    }
  }

  /// Whether a variable may lead to a pointer, by which code can change another one without an access to it.
  package var mayHoldPointers: Bool { told.values.contains { !$0.isPlain } }

  /// What is different from when this was last called, or was changed in the last run. Static members count from when they are first used.
  /// - Parameters:
  ///   - hasRun: whether it is this library's cell that has just run to its end: all its variables are new.
  ///   - looksAtAll: whether large values are looked at without an access to them, as small ones always are.
  package func news(hasRun: Bool, looksAtAll: Bool) -> [WorkerProtocol.VariableState] {
    var news: [WorkerProtocol.VariableState] = []
    for variable in variables {
      let isNew = hasRun && !variable.isStatic
      let isUsed = variable.isStatic ? variable.isInitialized : isNew || told[variable.name] != nil
      guard isUsed else { continue }
      let wasChanged = folio_access_of_variable(variable.place.address).was_changed
      if !isNew, !wasChanged, !looksAtAll, large.contains(variable.name) { continue }
      let start = ContinuousClock.now
      let state = variable.state(library: path)
      if start.duration(to: .now) > .milliseconds(1) { large.insert(variable.name) }
      let last = told[variable.name]
      if isNew || wasChanged || last?.digest != state.digest || last?.isPlain != state.isPlain || last == nil {
        news.append(state)
      }
      told[variable.name] = state
    }
    return news
  }

  /// Releases what the variables hold, the last first, and makes all as it was when the library was loaded.
  package func release() {
    for variable in variables.reversed() { variable.reset() }
    told = [:]
  }
}
