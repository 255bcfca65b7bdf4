import Scheduling
import TestSupport
import Testing

@Suite struct ScheduleTests {
  private typealias Job = Schedule.Job
  private typealias Resources = Schedule.Resources

  private let plenty = Schedule.Resources(memory: 1000, cores: 100)

  /// Runs everything, as many at a time as fit, in a random order of ends.
  /// - Returns: the order of beginnings, and what was wrong.
  private func run(_ schedule: Schedule, machine: Schedule.Resources, seed: UInt64) -> (order: [Int], problems: [String]) {
    var (schedule, random) = (schedule, SeededGenerator(seed: seed))
    var (order, problems, running) = ([Int](), [String](), [Int]())
    func taken() -> Schedule.Resources {
      running.reduce(into: Schedule.Resources(memory: 0, cores: 0)) { sum, place in
        let need = schedule.need(of: schedule.jobs[place].group)
        sum = .init(memory: sum.memory + need.memory, cores: sum.cores + need.cores)
      }
    }
    while true {
      let now = taken()
      let free = Schedule.Resources(memory: machine.memory - now.memory, cores: machine.cores - now.cores)
      if let place = schedule.next(free: free) {
        for other in schedule.jobs[place].after where schedule.states[other] != .ended {
          problems.append("\(place) begins before \(other) has ended")
        }
        order.append(place)
        running.append(place)
        let sum = taken()
        if running.count > 1, sum.memory > machine.memory || sum.cores > machine.cores { problems.append("too much runs") }
        continue
      }
      guard !running.isEmpty else { return (order, problems) }
      schedule.end(running.remove(at: random.below(running.count)), succeeded: true)
    }
  }

  @Test func jobsBeginInTheirOrder() {
    #expect(run(Schedule((0..<5).map { _ in Job(group: "a") }), machine: plenty, seed: 1).order == [0, 1, 2, 3, 4])
  }

  @Test(arguments: 1...40)
  func everyJobBeginsOnceAfterThoseItWaitsForAndBesideWhatFits(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = 1 + random.below(60)
    let jobs = (0..<count).map { place in
      // Only earlier ones in a shuffled sense: those with a smaller remainder come first, so no circle arises.
      Job(
        group: "g\(random.below(4))",
        after: (0..<random.below(4)).map { _ in random.below(count) }.filter { $0 * 7919 % 61 < place * 7919 % 61 })
    }
    let needs = Dictionary(
      uniqueKeysWithValues: (0..<4).map { ("g\($0)", Resources(memory: random.below(9), cores: 1 + random.below(3))) })
    let schedule = Schedule(jobs, needs: needs)
    let (order, problems) = run(schedule, machine: Resources(memory: 8, cores: 3), seed: seed)
    #expect(problems == [])
    #expect(order.sorted() == Array(0..<count))
  }

  @Test func oneThatFitsNowhereRunsAlone() {
    let schedule = Schedule([Job(group: "a"), Job(group: "large")], needs: ["large": Resources(memory: 5000, cores: 500)])
    #expect(run(schedule, machine: plenty, seed: 1).order == [0, 1])
  }

  @Test func aSmallOneOvertakesALargeOneThatDoesNotFit() {
    var schedule = Schedule(
      [Job(group: "a"), Job(group: "large"), Job(group: "a")],
      needs: ["large": Resources(memory: 900), "a": Resources(memory: 200)])
    #expect(schedule.next(free: plenty) == 0)
    #expect(schedule.next(free: Resources(memory: 800, cores: 1)) == 2)
  }

  @Test func jobsThatWaitForEachOtherBeginInTheirOrder() {
    let jobs = [Job(group: "a", after: [1]), Job(group: "a", after: [0]), Job(group: "a", after: [1])]
    var schedule = Schedule(jobs)
    #expect(schedule.next(free: plenty) == 0)
    #expect(schedule.next(free: plenty) == nil)
    schedule.end(0, succeeded: true)
    #expect(schedule.next(free: plenty) == 1)
  }

  @Test func afterAFailureNoOtherBegins() {
    var schedule = Schedule([Job(group: "a"), Job(group: "a", after: [0]), Job(group: "a")])
    #expect(schedule.next(free: plenty) == 0)
    schedule.end(0, succeeded: false)
    #expect(schedule.next(free: plenty) == nil)
    #expect(schedule.states == [.ended, .dropped, .dropped])
  }

  @Test func whereItKeepsGoingThoseBehindAFailureBegin() {
    var schedule = Schedule([Job(group: "a"), Job(group: "a", after: [0])], keepsGoing: true)
    _ = schedule.next(free: plenty)
    schedule.end(0, succeeded: false)
    #expect(schedule.next(free: plenty) == 1)
  }

  @Test func afterAStopNothingBegins() {
    var schedule = Schedule([Job(group: "a"), Job(group: "a")])
    _ = schedule.next(free: plenty)
    schedule.stop()
    schedule.end(0, succeeded: true)
    #expect(schedule.next(free: plenty) == nil)
    #expect(!schedule.hasOpen("a"))
  }

  @Test func whatIsPreparedTakesNoMemoryAgain() {
    var schedule = Schedule([Job(group: "a"), Job(group: "b")], needs: ["a": Resources(memory: 9), "b": Resources(memory: 9)])
    _ = schedule.next(free: Resources(memory: 9, cores: 2))
    #expect(schedule.next(free: Resources(memory: 0, cores: 1)) == nil)
    #expect(schedule.next(free: Resources(memory: 0, cores: 1), prepared: ["b"]) == 1)
  }

  @Test func whatAGroupTakesMayTurnOutToBeLess() {
    var schedule = Schedule([Job(group: "a"), Job(group: "a")], needs: ["a": Resources(memory: 900)])
    _ = schedule.next(free: plenty)
    #expect(schedule.next(free: Resources(memory: 100, cores: 1)) == nil)
    schedule.setNeed(Resources(memory: 50), of: "a")
    #expect(schedule.next(free: Resources(memory: 100, cores: 1)) == 1)
  }

  @Test func aHundredThousandJobsAreScheduledOneByOne() {
    var schedule = Schedule((0..<100_000).map { Job(group: "g\($0 % 3)", after: $0 > 10 ? [$0 - 10] : []) })
    var count = 0
    while let place = schedule.next(free: plenty) {
      schedule.end(place, succeeded: true)
      count += 1
    }
    #expect(count == 100_000)
  }
}
