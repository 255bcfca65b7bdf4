/// Which job runs next, and beside which: a value that knows nothing of what jobs do.
///
/// Promises: no job begins before those that it waits for have ended, unless jobs wait for each other: then the first of them, in the order given, begins.
/// Jobs that run side by side take no more than there is; one alone may always run. Every job begins once or is dropped: after one that failed, if the
/// schedule does not keep going, or when it is stopped. A step takes a time that grows with the groups, and not with the jobs.
package struct Schedule: Sendable {
  /// What a job takes of a machine while it runs, or what a machine has left.
  package struct Resources: Sendable, Equatable {
    /// In bytes.
    package var memory: Int
    package var cores: Int

    package init(memory: Int = 0, cores: Int = 1) { (self.memory, self.cores) = (memory, cores) }
  }

  /// A job, known by its place among those of the schedule.
  package struct Job: Sendable {
    /// Jobs of one group take the same, and can share what the first of them has made ready.
    package var group: String
    /// The places of the jobs that must have ended before it begins.
    package var after: [Int]

    package init(group: String, after: [Int] = []) { (self.group, self.after) = (group, after) }
  }

  package enum State: Sendable, Equatable {
    case waiting, ready, running, ended, dropped
  }

  package let jobs: [Job]
  package private(set) var states: [State]
  package private(set) var running: Set<Int> = []
  private let keepsGoing: Bool
  /// How many jobs each still waits for, and which wait for it.
  private var awaited: [Int]
  private var followers: [[Int]]
  /// By group, the jobs that may begin.
  private var ready: [String: Places] = [:]
  private var needs: [String: Resources]
  /// How many jobs have neither begun nor been dropped.
  package private(set) var open: Int
  /// How many of them each group has.
  private var openOfGroup: [String: Int]
  /// No job before this place waits: where jobs wait for each other, the first is looked for from here on.
  private var firstOpen = 0

  /// - Parameters:
  ///   - needs: what a job of each group takes; those of other groups take a core.
  ///   - keepsGoing: whether others begin after one that failed.
  package init(_ jobs: [Job], needs: [String: Resources] = [:], keepsGoing: Bool = false) {
    (self.jobs, self.needs, self.keepsGoing) = (jobs, needs, keepsGoing)
    states = Array(repeating: .waiting, count: jobs.count)
    awaited = Array(repeating: 0, count: jobs.count)
    followers = Array(repeating: [], count: jobs.count)
    open = jobs.count
    openOfGroup = jobs.reduce(into: [:]) { $0[$1.group, default: 0] += 1 }
    for (place, job) in jobs.enumerated() {
      for other in Set(job.after) where other != place && jobs.indices.contains(other) {
        awaited[place] += 1
        followers[other].append(place)
      }
    }
    for place in jobs.indices where awaited[place] == 0 { makeReady(place) }
  }

  // MARK: - Steps

  /// Begins the next job that may run; nil if none may now, or none is left.
  /// - Parameters:
  ///   - free: what the machine has left beside the jobs that run.
  ///   - prepared: groups for which something is ready that another job has used: their next job takes no memory that is not taken already.
  package mutating func next(free: Resources, prepared: Set<String> = []) -> Int? {
    var first: Int?
    for (group, places) in ready {
      guard let place = places.first, running.isEmpty || fits(group, free, isPrepared: prepared.contains(group)) else { continue }
      first = min(first ?? place, place)
    }
    if first == nil, running.isEmpty, open > 0 { first = firstWaiting }
    guard let first else { return nil }
    begin(first)
    return first
  }

  /// A job has ended: those that waited for it may begin.
  package mutating func end(_ place: Int, succeeded: Bool) {
    guard states[place] == .running else { return }
    states[place] = .ended
    running.remove(place)
    if !succeeded && !keepsGoing { return stop() }
    for follower in followers[place] {
      awaited[follower] -= 1
      if awaited[follower] == 0, states[follower] == .waiting { makeReady(follower) }
    }
  }

  /// Drops all jobs that have not begun.
  package mutating func stop() {
    for place in jobs.indices where states[place] == .waiting || states[place] == .ready { states[place] = .dropped }
    (ready, open, openOfGroup) = ([:], 0, [:])
  }

  /// What the jobs of a group take turns out to be something else.
  package mutating func setNeed(_ need: Resources, of group: String) { needs[group] = need }

  package func need(of group: String) -> Resources { needs[group] ?? Resources() }

  /// Whether a job of the group has not begun.
  package func hasOpen(_ group: String) -> Bool { openOfGroup[group, default: 0] > 0 }

  // MARK: - What may begin

  private func fits(_ group: String, _ free: Resources, isPrepared: Bool) -> Bool {
    let need = need(of: group)
    return need.cores <= free.cores && (isPrepared || need.memory <= free.memory)
  }

  private mutating func makeReady(_ place: Int) {
    states[place] = .ready
    ready[jobs[place].group, default: Places()].insert(place)
  }

  /// Jobs that are left and wait for each other: one of them must begin.
  private var firstWaiting: Int? {
    mutating get {
      while firstOpen < jobs.count, states[firstOpen] != .waiting { firstOpen += 1 }
      return firstOpen < jobs.count ? firstOpen : nil
    }
  }

  private mutating func begin(_ place: Int) {
    let group = jobs[place].group
    if states[place] == .ready {
      ready[group]?.removeFirst()
      if ready[group]?.first == nil { ready[group] = nil }
    }
    states[place] = .running
    running.insert(place)
    open -= 1
    openOfGroup[group, default: 1] -= 1
  }
}

/// Places, the least of which is at hand: a binary heap.
private struct Places: Sendable {
  private var places: [Int] = []

  var first: Int? { places.first }

  mutating func insert(_ place: Int) {
    places.append(place)
    var index = places.count - 1
    while index > 0, places[(index - 1) / 2] > places[index] {
      places.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard let last = places.popLast(), !places.isEmpty else { return }
    places[0] = last
    var index = 0
    while true {
      let children = [2 * index + 1, 2 * index + 2].filter { $0 < places.count }
      guard let least = children.min(by: { places[$0] < places[$1] }), places[least] < places[index] else { return }
      places.swapAt(index, least)
      index = least
    }
  }
}
