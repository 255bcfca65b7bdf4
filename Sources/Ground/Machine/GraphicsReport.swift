import Foundation

/// The graphics cards of this machine, and what models need to compute on them: a driver and a compiler of kernels.
///
/// Who opens the driver has its threads and its memory from then on, and must not start programs that use it. So the worker's program looks,
/// in a process of its own that ends then (`folio-worker --graphics`), and the host reads what it says.
package struct GraphicsReport: Codable, Equatable, Sendable {
  /// A graphics card.
  package struct Card: Codable, Equatable, Sendable {
    /// Its number, from 0: that of `Device.cuda`.
    package var index: Int
    /// Its kind: `NVIDIA H200`. Numbers that were computed on one hold on another of the same name.
    package var name: String
    /// In bytes.
    package var totalMemory: Int
    /// In bytes.
    package var freeMemory: Int
    /// Why no model can compute on it.
    package var obstacle: Obstacle?

    package init(index: Int, name: String, totalMemory: Int, freeMemory: Int, obstacle: Obstacle? = nil) {
      (self.index, self.name) = (index, name)
      (self.totalMemory, self.freeMemory, self.obstacle) = (totalMemory, freeMemory, obstacle)
    }
  }

  /// What keeps models from computing on a card.
  package struct Obstacle: Codable, Equatable, Sendable, Error {
    /// As a clause: `there is no NVIDIA driver`.
    package var cause: String
    /// What helps, in a sentence.
    package var advice: String?

    package init(_ cause: String, advice: String? = nil) { (self.cause, self.advice) = (cause, advice) }
  }

  /// In the order of their numbers.
  package var cards: [Card] = []
  /// NVIDIA's driver: its version. Nil if there is none.
  package var driver: String?
  /// The compiler of kernels, NVRTC: its version and its path. Nil if there is none.
  package var compiler: String?
  /// What keeps models from computing on any of the cards.
  package var obstacle: Obstacle?

  /// A machine with these cards, on which models can compute.
  package init(cards: [Card], driver: String? = nil, compiler: String? = nil) {
    (self.cards, self.driver, self.compiler) = (cards, driver, compiler)
  }

  /// A machine on which no model can compute on a card.
  package init(obstacle: Obstacle) { self.obstacle = obstacle }

  /// The argument by which the worker's program is asked for a report: it writes it as one line of JSON.
  package static let request = "--graphics"

  /// The cards on which models can compute.
  package var usableCards: [Card] { obstacle == nil ? cards.filter { $0.obstacle == nil } : [] }
}

extension GraphicsReport {
  /// On one line what there is, and, where no model can compute on it, why and what helps.
  package var words: String {
    let cards = cards.map { card in
      let memory = [card.freeMemory, card.totalMemory].map { Double($0) / 1_073_741_824 }
      return "\(Device.cuda(card.index)) is \(card.name), "
        + String(format: "%.1f GiB free of %.1f", memory[0], memory[1]) + (card.obstacle.map { " (\($0.cause))" } ?? "")
    }
    let parts = [driver.map { "driver \($0)" }, compiler.map { "NVRTC \($0)" }].compactMap(\.self)
    let found = (cards + parts).joined(separator: "; ")
    guard usableCards.isEmpty else { return found }
    let obstacle = obstacle ?? self.cards.first?.obstacle ?? Obstacle("there is no graphics card")
    return "\(found.isEmpty ? "none" : found): \(obstacle.cause); cells run on the processor"
      + (obstacle.advice.map { ". \($0)" } ?? "")
  }
}

/// NVIDIA's driver, as far as it can be known without opening it.
package enum GraphicsDriver {
  /// Names a file that is the driver, whatever is installed.
  package static let variable = "FOLIO_CUDA_DRIVER"

  /// Whether it may be there: if not, nobody need look for cards. The library is loaded for a moment, and not asked anything.
  package static func mayBeThere(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool {
    if let named = environment[variable], !named.isEmpty { return true }
    guard let library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) else { return false }
    dlclose(library)
    return true
  }
}
