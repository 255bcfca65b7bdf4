import BackendConformance
import Tensors
import Testing

/// Every backend that can be had without a graphics card, held to what `Backend` promises.
@Suite struct BackendTests {
  private static let backends: [any Backend] = [CPUBackend.shared]

  @Test(arguments: backends, ConformanceCheck.all)
  func keepsItsPromise(backend: any Backend, check: ConformanceCheck) {
    let report = check(backend, .small)
    for finding in report.findings.prefix(10) { Issue.record("\(backend.device): \(finding)") }
    #expect(report.findings.count == 0)
  }

  @Test(arguments: backends, ErrorBounds.Kind.allCases)
  func isHeldAgainstNumbersInEveryKindOfOperation(backend: any Backend, kind: ErrorBounds.Kind) {
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
