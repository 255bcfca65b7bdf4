import Machine

extension GraphicsReport {
  /// What there is on this machine, as far as a system finds it. It opens the driver.
  /// - Parameter withMemory: whether each card is asked how much memory can be had.
  package init(_ system: CUDASystem, withMemory: Bool) {
    self.init()
    do throws(CUDAError) {
      let driver = try system.libraries.driver()
      self.driver = Library(version: driver.versionText, path: driver.path)
      let cards = try system.cards(asksForMemory: false)
      self.cards = cards.map { Card(index: $0.index, name: $0.name, totalMemory: $0.totalMemory, availableMemory: nil) }
      guard !cards.isEmpty else { throw .noCard(index: 0, count: 0) }
      let compiler = try system.libraries.compiler()
      self.compiler = Library(version: compiler.version, path: compiler.path)
      for (place, card) in cards.enumerated() {
        // One card alone may be out of reach, as where another process has it for itself.
        do throws(CUDAError) {
          try card.check(driver, compiler)
          guard withMemory, let free = try driver.card(card.index, asksForMemory: true).freeMemory else { continue }
          let budget = try MemoryBudget.bytes(free: free, environment: system.libraries.settings.environment)
          self.cards[place].availableMemory = min(free, budget)
        } catch {
          self.cards[place].obstacle = error.description
        }
      }
    } catch {
      obstacle = error.description
    }
  }
}

extension CUDA.Card {
  /// The first cards that multiply bf16 on tensor cores, as the kernels do.
  private static let oldest = Capability(8, 0)

  /// - Throws: `CUDAError.tooOld`, if Folio's kernels are not for this card, or the compiler or the driver is not.
  func check(_ driver: Driver, _ compiler: Compiler) throws(CUDAError) {
    guard capability >= Self.oldest else {
      throw .tooOld(
        cause: "\(name) has compute capability \(capability), and Folio's kernels need \(Self.oldest) (an A100 has it)",
        advice: "The device “cpu” needs no card")
    }
    try KernelLibrary.check(capability, compiler)
    guard driver.version / 1000 >= compiler.major else { throw KernelLibrary.refused(by: driver, capability, compiler) }
  }
}
