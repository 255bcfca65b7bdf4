import Foundation

/// The graphics cards of this machine, and what models need to compute on them: a driver, and a compiler of kernels.
///
/// Who opens the driver has its threads and its memory from then on, and must not start programs that use it. So the worker's program looks,
/// in a process of its own that ends then, and the host reads what it says.
package struct GraphicsReport: Codable, Equatable, Sendable {
  /// A graphics card.
  package struct Card: Codable, Equatable, Sendable {
    /// Its number, from 0: that of `Device.cuda`.
    package var index: Int
    /// Its kind: `NVIDIA H200`. Numbers that were computed on one hold on another of the same name.
    package var name: String
    /// In bytes.
    package var totalMemory: Int
    /// What Folio may take of it now, in bytes: what is free, as far as nobody sets a limit. Nil if it was not asked for.
    package var availableMemory: Int?
    /// Why no model can compute on it, and what helps: sentences.
    package var obstacle: String?

    package init(index: Int, name: String, totalMemory: Int, availableMemory: Int?, obstacle: String? = nil) {
      (self.index, self.name) = (index, name)
      (self.totalMemory, self.availableMemory, self.obstacle) = (totalMemory, availableMemory, obstacle)
    }
  }

  /// A library of NVIDIA's.
  package struct Library: Codable, Equatable, Sendable {
    package var version: String
    package var path: String

    package init(version: String, path: String) { (self.version, self.path) = (version, path) }
  }

  /// In the order of their numbers.
  package var cards: [Card] = []
  /// The driver, with the version of CUDA that it supports; nil if there is none.
  package var driver: Library?
  /// The compiler of kernels, NVRTC; nil if there is none.
  package var compiler: Library?
  /// Why no model can compute on any of the cards, and what helps: sentences.
  package var obstacle: String?

  /// A machine with these cards; without an obstacle, models can compute on them.
  package init(cards: [Card] = [], driver: Library? = nil, compiler: Library? = nil, obstacle: String? = nil) {
    (self.cards, self.driver, self.compiler, self.obstacle) = (cards, driver, compiler, obstacle)
  }

  /// The cards on which models can compute.
  package var usableCards: [Card] { obstacle == nil ? cards.filter { $0.obstacle == nil } : [] }

  /// The arguments by which the worker's program is asked for a report, which it writes as one line of JSON.
  /// - Parameter withMemory: whether it asks each card for the memory that can be had, which takes a third of a second.
  package static func request(withMemory: Bool) -> [String] { ["--graphics"] + (withMemory ? ["--memory"] : []) }
}

extension GraphicsReport {
  /// On one line what there is, and, where no model can compute on it, why and what helps.
  package var words: String {
    let cards = cards.map { card in
      let total = String(format: "%.1f GiB", Self.gibibytes(card.totalMemory))
      let available = card.availableMemory.map { String(format: " (%.1f can be had)", Self.gibibytes($0)) } ?? ""
      return "\(Device.cuda(card.index)) is \(card.name), \(total)\(available)"
    }
    let driver = driver.map { "driver for CUDA \($0.version) (\($0.path))" }
    let compiler = compiler.map { "NVRTC \($0.version) (\($0.path))" }
    let found = (cards + [driver, compiler].compactMap(\.self)).joined(separator: "; ")
    let obstacles =
      [obstacle].compactMap(\.self)
      + self.cards.compactMap { card in
        card.obstacle.map { "\(Device.cuda(card.index)) cannot be used: \($0)" }
      }
    let isNone = usableCards.isEmpty
    return ([(found.isEmpty ? "none" : found) + (isNone ? "; cells run on the processor" : "")] + obstacles)
      .joined(separator: ". ")
  }

  private static func gibibytes(_ bytes: Int) -> Double { Double(bytes) / 1_073_741_824 }
}

/// NVIDIA's driver, as far as it can be known without opening it.
package enum GraphicsDriver {
  /// Names a file that is the driver, whatever is installed.
  package static let variable = "FOLIO_CUDA_DRIVER"

  /// Where its library may be, the first choice first: names for the dynamic loader. It comes with the kernel's driver, never from a package
  /// of Python's.
  /// - Parameter root: what stands before absolute paths of the system.
  package static func candidates(_ environment: [String: String], root: String = "") -> [String] {
    if let named = environment[variable], !named.isEmpty { return [named] }
    let name = "libcuda.so.1"
    // The loader does not know the folder of Windows' subsystem for Linux, nor that of NixOS.
    let folders = ["/usr/lib/wsl/lib", "/run/opengl-driver/lib"].map { "\(root)\($0)/\(name)" }
    return [name] + folders.filter { access($0, F_OK) == 0 }
  }

  /// Whether it may be there: if not, nobody need look for cards. The library is loaded for a moment, and not asked anything.
  package static func mayBeThere(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool {
    candidates(environment).contains { name in
      guard let library = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return false }
      dlclose(library)
      return true
    }
  }
}
