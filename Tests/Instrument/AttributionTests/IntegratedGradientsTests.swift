import Attribution
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite
struct IntegratedGradientsTests {
  private static let fixture = Result { try ModelFixture.all.get()[0] }

  private func integrate(
    _ component: HookPoint.Component, _ fixture: ModelFixture, last: Int? = nil, steps: Int = 16, rule: Quadrature? = nil
  ) throws -> ComponentAttribution {
    let count = fixture.expectations.tokensClean.count
    return try fixture.model.integratedGradients(
      clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
      component: component, positions: last.map { count - $0..<count }, steps: steps, rule: rule)
  }

  @Test(arguments: ["q", "k", "v", "z", "resid_pre", "mlp_out", "attn_out"])
  func agreeWithTransformerLenssMidpointRuleOfAsManySteps(_ name: String) throws {
    let fixture = try Self.fixture.get()
    let expected = try fixture.tensor("ig_\(name)_midpoint5_last128")
    let result = try integrate(fixtureComponents[name]!, fixture, last: 128, rule: .midpoint(5))
    #expect(relativeDifference(result.rows, expected) < 1e-4, "\(relativeDifference(result.rows, expected))")
  }

  @Test(arguments: ["q", "k", "v", "z", "resid_pre", "mlp_out", "attn_out"])
  func _16GaussLegendreStepsAgreeWith50Midpoints(_ name: String) throws {
    let fixture = try Self.fixture.get()
    let expected = try fixture.tensor("ig_\(name)_midpoint50_last128")
    let result = try integrate(fixtureComponents[name]!, fixture, last: 128)
    #expect(relativeDifference(result.rows, expected) < 1e-3, "\(relativeDifference(result.rows, expected))")
  }

  @Test
  func agreeOnGroupedQueriesAndWhereEveryPositionIsReplaced() throws {
    let fixture = try ModelFixture.all.get()[1]
    for (name, last) in [("q", 128), ("resid_pre", 128), ("resid_pre", nil)] as [(String, Int?)] {
      let expected = try fixture.tensor("ig_\(name)_midpoint16_last\(last.map(String.init) ?? "all")")
      let result = try integrate(fixtureComponents[name]!, fixture, last: last, rule: .midpoint(16))
      #expect(relativeDifference(result.rows, expected) < 1e-4, "\(name): \(relativeDifference(result.rows, expected))")
    }
  }

  @Test(arguments: [HookPoint.Component.residualPre, .query, .pattern, .mlpOutput])
  func areCompleteTheDeltaShrinksWithTheSteps(_ component: HookPoint.Component) throws {
    let fixture = try Self.fixture.get()
    let deltas = try [2, 8, 32].map { steps in
      try #require(integrate(component, fixture, steps: steps).completeness).map { abs($0.delta) }.max()!
    }
    let difference = try #require(integrate(component, fixture, steps: 8).completeness).map { abs($0.difference) }.max()!
    #expect(deltas[1] < deltas[0] || deltas[1] < 2e-5)
    #expect(deltas[2] < 1e-4 * max(difference, 1), "\(deltas), of \(difference)")
  }

  @Test(arguments: [HookPoint.Component.query, .value, .residualMid, .z])
  func oneNodeAt1IsAttributionPatching(_ component: HookPoint.Component) throws {
    let fixture = try Self.fixture.get()
    let patching = try fixture.model.attributionPatching(
      clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
      component: component)
    let result = try integrate(component, fixture, rule: .clean)
    #expect(relativeDifference(result.values, patching.values) < 2e-5)
  }

  @Test(arguments: 1...20)
  func gaussLegendreNodesIntegratePolynomialsOfDegree2n1Exactly(_ steps: Int) {
    let rule = Quadrature.gaussLegendre(steps)
    for degree in 0..<2 * steps {
      var sum = 0.0
      for (node, weight) in zip(rule.nodes, rule.weights) {
        sum += weight * (0..<degree).reduce(1.0) { power, _ in power * node }
      }
      #expect(abs(sum - 1 / Double(degree + 1)) < 1e-13)
    }
  }

  @Test
  func noStepAndPositionsOutsideOfThePromptsAreErrors() throws {
    let model = try Self.fixture.get().model
    let answer = LogitDifference(clean: " a", corrupted: " is")
    #expect(throws: AttributionError.badSteps(0)) {
      try model.integratedGradients(clean: "Fae", corrupted: "Rex", toward: answer, component: .query, steps: 0)
    }
    #expect(throws: AttributionError.badPositions(0..<9, tokens: 2)) {
      try model.integratedGradients(clean: "Fae", corrupted: "Rex", toward: answer, component: .query, positions: 0..<9)
    }
  }
}
