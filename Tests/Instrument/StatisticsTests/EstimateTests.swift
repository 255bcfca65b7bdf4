import Randomness
import Statistics
import Testing

@Suite
struct EstimateTests {
  /// Skewed, so that BCa and plain percentiles differ.
  private let values = [0.1, 0.4, 0.35, 2.5, 0.9, 0.7, 0.2, 1.1, 0.05, 0.6, 3.0, 0.45]

  @Test
  func theIntervalOfABootstrapIsThatOfSciPysBCa() throws {
    let estimate = try Estimate.bootstrap(of: values, resamples: 100_000) { $0.reduce(0, +) / Double($0.count) }
    // scipy 1.x: bootstrap((v,), np.mean, n_resamples=1_000_000, method="BCa"); percentiles would be 0.412 and 1.421.
    #expect(abs(estimate.value - 0.8625) < 1e-12)
    let interval = try #require(estimate.interval)
    #expect(abs(interval.lowerBound - 0.4708) < 0.01)
    #expect(abs(interval.upperBound - 1.5667) < 0.02)
    #expect(abs(try #require(estimate.standardError) - 0.2600) < 0.003)
    #expect(estimate.n == 12)
  }

  @Test
  func anyStatisticHasAnInterval() throws {
    let estimate = try Estimate.bootstrap(of: values, resamples: 20_000) { sample in
      let sorted = sample.sorted()
      return (sorted[5] + sorted[6]) / 2
    }
    let interval = try #require(estimate.interval)
    // The median of 11 or 12 values; SciPy's interval is 0.275 to 1.0 with its own medians of what is left.
    #expect(abs(interval.lowerBound - 0.275) < 0.1)
    #expect(abs(interval.upperBound - 1.0) < 0.15)
    #expect(estimate.value == 0.525)
  }

  @Test
  func theMeanIsTheSameAsAStatisticAndAsItself() throws {
    let values = values + values.map { $0 + 0.01 }
    let mean = try Estimate.mean(of: values, resamples: 2000, seed: 7)
    let written = try Estimate.bootstrap(of: values, resamples: 2000, seed: 7) { $0.reduce(0, +) / Double($0.count) }
    #expect(abs(mean.value - written.value) < 1e-12)
    #expect(abs(try #require(mean.interval).lowerBound - (try #require(written.interval)).lowerBound) < 1e-9)
    #expect(abs(try #require(mean.interval).upperBound - (try #require(written.interval)).upperBound) < 1e-9)
  }

  @Test
  func aSeedRepeatsAnIntervalAndAnotherSeedDoesNot() throws {
    let values = values + values.map { $0 + 0.01 }
    let first = try Estimate.mean(of: values, resamples: 1000, seed: 3)
    #expect(try Estimate.mean(of: values, resamples: 1000, seed: 3) == first)
    #expect(try Estimate.mean(of: values, resamples: 1000, seed: 4) != first)
  }

  @Test
  func theIntervalHoldsTheTrueMeanAboutAsOftenAsItSays() throws {
    var random = SeededGenerator(seed: 11)
    let held = try (0..<400).count { trial in
      let sample = (0..<30).map { _ in random.normal() * 2 + 5 }
      return try #require(Estimate.mean(of: sample, resamples: 500, seed: UInt64(trial)).interval).contains(5)
    }
    // 95 % of 400 is 380, with a deviation of 4.4; a bootstrap of 30 examples is known to hold a little less often.
    #expect((355...395).contains(held), "\(held) of 400")
  }

  @Test(arguments: [2, 3, 5, 8, 14])
  func theIntervalOfFewExamplesHoldsTheTrueMeanAsOftenAsItSays(_ count: Int) throws {
    var random = SeededGenerator(seed: 23)
    let held = try (0..<4000).count { _ in
      try !Estimate.mean(of: (0..<count).map { _ in random.normal() * 2 + 5 }, resamples: 40).differs(from: 5)
    }
    // 95 % of 4000 is 3800, with a deviation of 14.
    #expect((3730...3870).contains(held), "\(held) of 4000")
  }

  @Test
  func theIntervalOfFewExamplesIsStudents() throws {
    // scipy.stats.t.interval(0.95, 4, loc=mean, scale=scipy.stats.sem([1, 2, 4, 4, 9]))
    let estimate = try Estimate.mean(of: [1.0, 2, 4, 4, 9])
    let interval = try #require(estimate.interval)
    #expect(estimate.value == 4)
    #expect(abs(interval.lowerBound - 0.17293453124513514) < 1e-9)
    #expect(abs(interval.upperBound - 7.827065468754865) < 1e-9)
    #expect(abs(try #require(estimate.standardError) - 1.378404875209022) < 1e-12)
    #expect(try Estimate.mean(of: [1.0, 2, 4, 4, 9], seed: 9) == estimate, "it has no resamples that a seed could change")
  }

  @Test(arguments: [
    (0.95, 1, 12.7062047362), (0.95, 2, 4.30265272975), (0.95, 3, 3.18244630528), (0.99, 4, 4.60409487135),
    (0.9, 7, 1.89457860509), (0.95, 13, 2.16036865646), (0.999, 1, 636.619248769), (0.5, 6, 0.717558196491),
  ])
  func quantilesOfStudentsDistributionAreSciPys(_ share: Double, _ degrees: Int, _ value: Double) {
    #expect(abs(StudentDistribution.reach(share, degrees: degrees) / value - 1) < 1e-9)
  }

  @Test
  func oneExampleHasNoIntervalAndDiffersFromNothing() throws {
    let estimate = try Estimate.mean(of: [4.0])
    #expect(estimate.interval == nil)
    #expect(estimate.standardError == nil)
    #expect(!estimate.differs(from: 0))
    #expect("\(estimate)" == "4, n = 1")
  }

  @Test
  func equalExamplesHaveAnIntervalOfOnePoint() throws {
    let estimate = try Estimate.mean(of: [2.0, 2, 2])
    #expect(estimate.interval == 2...2)
    #expect(estimate.differs(from: 0))
  }

  @Test(arguments: [
    (8, 10, 0.490162, 0.943318), (0, 12, 0, 0.242494), (26, 26, 0.871271, 1), (1, 2, 0.094531, 0.905469),
  ])
  func aShareHasWilsonsInterval(_ hits: Int, _ trials: Int, _ lower: Double, _ upper: Double) throws {
    // scipy.stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    let interval = try #require(Estimate.proportion(hits, of: trials).interval)
    #expect(abs(interval.lowerBound - lower) < 1e-6)
    #expect(abs(interval.upperBound - upper) < 1e-6)
  }

  @Test
  func itIsWrittenWithItsIntervalAndCount() throws {
    #expect("\(try Estimate.proportion(8, of: 10))" == "0.8 [0.49, 0.943], n = 10")
  }

  @Test(arguments: [(0.975, 1.9599639845), (0.9, 1.2815515655), (0.001, -3.0902323062), (1e-12, -7.0344838253)])
  func quantilesOfTheNormalDistributionAreSciPys(_ share: Double, _ value: Double) {
    #expect(abs(NormalDistribution.quantile(share) - value) < 1e-8)
    #expect(abs(NormalDistribution.cumulative(value) / share - 1) < 1e-8)
  }

  @Test
  func whatCannotBeEstimatedIsRefusedWithItsPlace() {
    #expect(throws: StatisticsError.noExamples(of: "values")) { try Estimate.mean(of: [Double]()) }
    #expect(throws: StatisticsError.notFinite(value: "nan", index: 1, of: "values")) { try Estimate.mean(of: [1.0, .nan]) }
    #expect(throws: StatisticsError.badConfidence(95)) { try Estimate.mean(of: values, confidence: 95) }
    #expect(throws: StatisticsError.badConfidence(1)) { try Estimate.proportion(1, of: 2, confidence: 1) }
    #expect(throws: StatisticsError.badResamples(10, atLeast: 40)) { try Estimate.mean(of: values, resamples: 10) }
    #expect(throws: StatisticsError.badConfidence(1)) { try Estimate.mean(of: [1.0, 2], confidence: 1) }
    #expect(throws: StatisticsError.badStatistic("inf")) { try Estimate.mean(of: [-1e300, 1e300]) }
    #expect(throws: StatisticsError.badHits(3, of: 2)) { try Estimate.proportion(3, of: 2) }
    #expect(throws: StatisticsError.noExamples(of: "trials")) { try Estimate.proportion(0, of: 0) }
    #expect(throws: StatisticsError.badStatistic("nan")) {
      try Estimate.bootstrap(of: values) { $0.max() == 3 ? 1 : .nan }
    }
  }
}
