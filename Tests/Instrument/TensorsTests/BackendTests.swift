import BackendConformance
import ModelFixture
import Tensors
import Testing

/// Every backend that can be had without a graphics card, held to what `Backend` promises.
@Suite struct BackendTests {
  /// The processor, and the generations of graphics cards, whose kernels run on the processor here.
  enum Kind: CaseIterable {
    case processor, ampere, hopper

    func backend() throws -> any Backend {
      switch self {
      case .processor: CPUBackend.shared
      case .ampere: try TestDevice.backend(.ampere)
      case .hopper: try TestDevice.backend(.hopper)
      }
    }
  }

  @Test(arguments: Kind.allCases, ConformanceCheck.all)
  func keepsItsPromise(kind: Kind, check: ConformanceCheck) throws {
    let backend = try kind.backend()
    let report = check(backend, .small)
    for finding in report.findings.prefix(10) { Issue.record("\(backend.device): \(finding)") }
    #expect(report.findings.count == 0)
  }

  @Test(arguments: ErrorBounds.Kind.allCases)
  func isHeldAgainstNumbersInEveryKindOfOperation(kind: ErrorBounds.Kind) {
    let backend = CPUBackend.shared
    let reports = ConformanceCheck.all.lazy.map { $0(backend, .small, bounds: ErrorBounds([:])) }
    let isMeasured = reports.contains { ($0.errors[kind] ?? 0) > 0 && !$0.findings.isEmpty }
    #expect(isMeasured, "No error is found, even where none is allowed.")
  }
}

/// The suite notices what is wrong with any operation.
@Suite struct ConformanceTests {
  @Test(arguments: DisturbedBackend.operations)
  func findsANumberThatIsOff(operation: String) {
    let backend = DisturbedBackend(operation, .error)
    #expect(ConformanceCheck.all.contains { !$0(backend, .small).findings.isEmpty })
  }

  @Test(arguments: DisturbedBackend.rowOperations)
  func findsARowWhoseLastBitDependsOnHowManyThereAre(operation: String) {
    let backend = DisturbedBackend(operation, .bits)
    #expect(ConformanceCheck.all.contains { !$0(backend, .small).findings.isEmpty })
  }

  @Test
  func saysWhatIsOffByHowMuch() {
    let findings = ConformanceCheck.all.flatMap { $0(DisturbedBackend("centerRows", .error), .small).findings }
    let words = findings.first?.description ?? ""
    #expect(words.hasPrefix("centerRows, [1, 1]: the error is ") && words.hasSuffix(", and the bound is 5e-07."), "\(words)")
  }
}
