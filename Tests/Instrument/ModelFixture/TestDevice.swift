import CUDA
import CUDAStandIn
import Foundation
import Tensors
import Transformer

/// Where the models of tests compute: on the processor, or, within `onCard`, on a graphics card that the stand-ins for its driver and its
/// compiler make of the processor.
///
/// In the environment, `FOLIO_TEST_DEVICE=stand-in` makes all tests' models compute on such a card, and `FOLIO_TEST_DEVICE=cuda` on the first
/// true card of this machine.
package enum TestDevice {
  /// The generations of cards whose kernels differ.
  package enum Generation: String, Sendable, CaseIterable {
    /// Ampere and later, by what all of them have.
    case ampere
    /// Hopper, by what only that has.
    case hopper

    var capability: [String: Int] {
      switch self {
      case .ampere: ["capability": 80]
      case .hopper: ["capability": 90]
      }
    }
  }

  @TaskLocal package static var generation: Generation? = asked == nil ? nil : .hopper

  private static let asked = ProcessInfo.processInfo.environment["FOLIO_TEST_DEVICE"]

  /// Does something with models on a card.
  package static func onCard<Result>(_ generation: Generation = .hopper, _ body: () throws -> Result) throws -> Result {
    try $generation.withValue(generation) { try body() }
  }

  /// A card's backend, one of each generation for all tests.
  package static func backend(_ generation: Generation) throws -> CUDABackend {
    try (generation == .hopper ? hopper : ampere).get()
  }

  private static let hopper = Result { try card(.hopper) }
  private static let ampere = Result { try card(.ampere) }

  private static func card(_ generation: Generation) throws -> CUDABackend {
    if asked == "cuda" { return try CUDABackend.of(0) }
    return try CUDABackend(StandInMachine(generation.capability).system().context(0))
  }
}

extension LanguageModel {
  /// The model where the test computes.
  package func onTestDevice() throws -> LanguageModel {
    guard let generation = TestDevice.generation else { return self }
    return try LanguageModel(self, on: TestDevice.backend(generation))
  }
}
