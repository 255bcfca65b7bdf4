import Testing
import Text

@Suite struct NumbersTests {
  @Test(arguments: [
    (".3f", 0.8125, "0.812"), (".3f", -0.0001, "0.000"), (".4~g", 0.5, "0.5"), (".4~g", 12_345, "1.234e+4"),
    (".4g", 0.5, "0.5000"),
    (".4~g", 0.000_001_5, "0.0000015"), (".4~g", 1.5e-7, "1.5e−7"), (".1%", 0.256, "25.6%"), ("+.2f", 1, "+1.00"),
    (",.1f", 1_234_567.89, "1,234,567.9"), (".2e", 1234, "1.23e+3"), (".4~g", -15.666843, "−15.67"), (".4~g", 100, "100"),
    (".4~g", 0, "0"), ("nonsense", 0.25, "0.25"), (".99f", 0.25, "0.25"), (".3~f", 2, "2"), (".4~g", 99_999, "1e+5"),
  ])
  func numbersAreFormattedAsD3Does(_ specifier: String, _ value: Double, _ expected: String) {
    #expect(NumberFormat(specifier)(value) == expected)
  }

  @Test(arguments: [
    (-15.67...15.67, "−10 0 10"), (0.0...1, "0.0 0.2 0.4 0.6 0.8 1.0"),
    (-0.003...0.003, "−0.003 −0.002 −0.001 0.000 0.001 0.002 0.003"),
    (0.0...7e9, "0 2e+9 4e+9 6e+9"), (-1.0...1, "−1.0 −0.5 0.0 0.5 1.0"),
  ])
  func ticksStandAtRoundSteps(_ range: ClosedRange<Double>, _ expected: String) {
    #expect(Numbers.niceTicks(range, atMost: 6).map(\.text).joined(separator: " ") == expected)
  }

  @Test func coordinatesAreShort() {
    let numbers = [0, -0.001, 0.5, -0.25, 12, 12.345, 12.3, 1.05, .nan, .infinity, 1e300]
    #expect(numbers.map(Numbers.coordinate) == ["0", "0", ".5", "-.25", "12", "12.35", "12.3", "1.05", "0", "0", "0"])
  }
}
