import Machine

extension GraphicsReport {
  /// What there is on this machine, as far as a system finds it. It opens the driver.
  /// - Parameter withMemory: whether each card is asked how much memory is free.
  package init(_ system: CUDASystem, withMemory: Bool) {
    self.init()
    do throws(CUDAError) {
      let driver = try system.libraries.driver()
      self.driver = Library(version: driver.versionText, path: driver.path)
      cards = try system.cards(asksForMemory: false).map { Self.card($0, of: system, withMemory: withMemory) }
      if cards.isEmpty { throw .noCard(index: 0, count: 0) }
      let compiler = try system.libraries.compiler()
      self.compiler = Library(version: compiler.version, path: compiler.path)
    } catch {
      obstacle = error.description
    }
  }

  /// One card alone may be out of reach, as where another process has it for itself.
  private static func card(_ card: CUDA.Card, of system: CUDASystem, withMemory: Bool) -> Card {
    var found = Card(index: card.index, name: card.name, totalMemory: card.totalMemory, freeMemory: nil)
    do throws(CUDAError) {
      try card.checkCapability()
      if withMemory { found.freeMemory = try system.libraries.driver().card(card.index, asksForMemory: true).freeMemory }
    } catch {
      found.obstacle = error.description
    }
    return found
  }
}

extension CUDA.Card {
  /// The first cards that multiply bf16 on tensor cores, as the kernels do.
  package static let oldestCapability = Capability(8, 0)

  /// - Throws: `CUDAError.tooOld`, if Folio's kernels are not for this card.
  package func checkCapability() throws(CUDAError) {
    guard capability < Self.oldestCapability else { return }
    throw .tooOld(
      cause: "\(name) has compute capability \(capability), and Folio's kernels need \(Self.oldestCapability) (an A100 has it)",
      advice: "The device “cpu” needs no card")
  }
}
