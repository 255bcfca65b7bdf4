import Foundation
import Store
import Synchronization

/// What this process has of CUDA: the driver, NVRTC, the cards and their contexts. Nothing is opened before it is needed, so that a process
/// which never asks for a card may fork and sandbox itself as it likes.
package final class CUDASystem: Sendable {
  /// That of this process, as its environment sets it.
  package static let shared = CUDASystem()

  /// What it uses, other than what lies on the machine.
  package struct Settings: Sendable {
    /// Environment variables: where libraries are, and how much memory of a card may be used.
    package var environment: [String: String]
    /// Where compiled kernels are kept; nil to keep none.
    package var store: EntryStore?
    package var sources: KernelSources
    /// Whether each block of memory is filled with what is no number before it is given out, for tests: so nothing that an earlier owner
    /// left there is taken for a result.
    package var poisonsMemory: Bool

    package init(
      environment: [String: String] = ProcessInfo.processInfo.environment, store: EntryStore? = nil,
      sources: KernelSources = .own,
      poisonsMemory: Bool = false
    ) {
      self.environment = environment
      self.store = store
      self.sources = sources
      self.poisonsMemory = poisonsMemory
    }
  }

  /// Told before (true) and after (false) this module, and the libraries that it opens, look at files of the machine: where NVRTC is, how
  /// the driver is set. A process that notes which files its work rests on sets it, at its start, to look away for that long, on this thread:
  /// what a computation gives does not depend on them, but on the card.
  package static func whenAside(_ told: @escaping @Sendable (_ begins: Bool) -> Void) { asideIsTold.withLock { $0 = told } }

  static func aside(_ begins: Bool) { asideIsTold.withLock { $0 }(begins) }

  private static let asideIsTold = Mutex<@Sendable (Bool) -> Void>({ _ in })

  let libraries: CUDALibraries
  private let contexts = Mutex<[Int: CardContext]>([:])

  /// - Parameter settings: nil for those of this process, with Folio's own store.
  package init(_ settings: Settings? = nil) {
    let environment = ProcessInfo.processInfo.environment
    libraries = CUDALibraries(
      settings ?? Settings(environment: environment, store: EntryStore(folder: EntryStore.folder(environment: environment))))
  }

  // MARK: - Cards

  /// The cards that the driver sees, in its order.
  package static func cards() throws(CUDAError) -> [Card] { try shared.cards() }

  /// - Parameter asksForMemory: whether to ask each card how much memory is free, which takes a third of a second for a card that this
  ///   process does not use yet.
  package func cards(asksForMemory: Bool = true) throws(CUDAError) -> [Card] {
    let driver = try libraries.driver()
    Self.aside(true)
    defer { Self.aside(false) }
    var cards: [Card] = []
    for index in 0..<(try driver.cardCount()) {
      var card = try driver.card(index, asksForMemory: false)
      // One that others have to themselves has no room, and does not keep the rest from being seen.
      if asksForMemory { card.freeMemory = (try? driver.card(index, asksForMemory: true).freeMemory) ?? 0 }
      cards.append(card)
    }
    return cards
  }

  /// The context of a card, of which there is one in a process.
  package func context(_ index: Int) throws(CUDAError) -> CardContext {
    try contexts.withLock { contexts throws(CUDAError) in
      if let context = contexts[index] { return context }
      let context = try CardContext(index, libraries)
      contexts[index] = context
      return context
    }
  }

  /// Machine code of a program for cards of a capability. It needs NVRTC, and neither a card nor a driver.
  /// - Parameter file: the program's name among the sources.
  package func machineCode(of file: String, for capability: Card.Capability) throws(CUDAError) -> Data {
    try KernelLibrary.machineCode(of: file, libraries.settings.sources, for: capability, by: try libraries.compiler())
  }
}
