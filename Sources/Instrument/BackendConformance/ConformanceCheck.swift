import Tensors

/// One promise of a `Backend`, held against twins in Double or against the backend's own bits.
///
/// The same checks run in the tests, on every backend that a machine without a graphics card can have, and in `folio-bench device` on a card.
package struct ConformanceCheck: Sendable, CustomStringConvertible {
  /// The promise.
  package let name: String
  private let body: @Sendable (Trial) -> Void

  init(_ name: String, _ body: @escaping @Sendable (Trial) -> Void) { (self.name, self.body) = (name, body) }

  package var description: String { name }

  /// Holds a backend to the promise.
  /// - Parameter bounds: Instead of the backend's own; with bounds of nothing, whatever is rounded is a finding.
  package func callAsFunction(
    _ backend: any Backend, _ size: ConformanceSize, bounds: ErrorBounds? = nil
  ) -> ConformanceReport {
    let trial = Trial(backend, size, bounds ?? backend.bounds)
    body(trial)
    return trial.report()
  }

  /// All of them.
  package static let all: [ConformanceCheck] =
    memory + elements + rows + reductions + products + attention + wholeAttention + notFinite
    + rowInvariance + attentionInvariance + ownBounds

  /// What a backend says of itself.
  private static let ownBounds = [
    ConformanceCheck("products are as exact as the processor's, or more") { trial in
      for kind in [ErrorBounds.Kind.products, .decoding, .tensorProducts] {
        let (own, limit) = (trial.backend.bounds[kind], CPUBackend.shared.bounds[kind])
        if own > limit { trial.find(kind.rawValue, "the bound", .error(own, bound: limit)) }
      }
    },
    ConformanceCheck("a backend has memory, and nothing has gone wrong") { trial in
      if trial.backend.availableBytes <= 0 || trial.backend.rowsAtOnce <= 0 { trial.find("availableBytes", "", .other("none")) }
    },
  ]
}

/// How much is computed.
package enum ConformanceSize: String, Sendable, CaseIterable {
  /// Odd shapes, some 10⁷ multiplications and additions in all: an emulated card can bear them.
  case small
  /// The shapes of a real model, for the processor and for real cards.
  case large
}

/// What came of a check.
package struct ConformanceReport: Sendable {
  package let findings: [ConformanceFinding]
  /// The largest error of each kind of operation that was held against a twin.
  package let errors: [ErrorBounds.Kind: Double]
  /// How many numbers were compared.
  package let comparisons: Int
}

/// Something that is not as it was promised.
package struct ConformanceFinding: Sendable, CustomStringConvertible {
  package enum Fault: Sendable {
    /// Off by more than the bound.
    case error(Double, bound: Double)
    /// So many numbers of so many have other bits.
    case bits(Int, of: Int)
    case other(String)
  }

  package let operation: String
  package let situation: String
  package let fault: Fault

  package var description: String {
    let place = situation.isEmpty ? operation : "\(operation), \(situation)"
    switch fault {
    case .error(let error, let bound): return "\(place): the error is \(Float(error)), and the bound is \(Float(bound))."
    case .bits(let count, let all): return "\(place): \(count) of \(all) numbers have other bits."
    case .other(let words): return "\(place): \(words)."
    }
  }
}
