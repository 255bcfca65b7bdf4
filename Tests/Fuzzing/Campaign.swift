import Foundation

/// Tries many inputs of some kinds, keeps what fails, makes it small, and sums up.
final class Campaign {
  struct Options {
    var seed: UInt64 = 1
    var kinds: [any Kind.Type] = Kinds.all
    /// How many of each kind.
    var count: (any Kind.Type) -> Int = { _ in 0 }
    /// Where inputs that failed are kept.
    var kept = "/tmp/folio-fuzz"
  }

  private let options: Options
  private let folder: String
  private let progress: Progress
  /// What has failed in which way, so that each way is made small once.
  private var seen: Set<String> = []
  private(set) var failures = 0

  init(_ options: Options) throws {
    self.options = options
    let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    folder = "\(memory)/folio-fuzz-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard let progress = Progress(file: folder + "/progress") else { throw Failure("\(folder) cannot be written") }
    self.progress = progress
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func run() throws {
    print("kind               inputs  failures  seconds")
    fflush(nil)
    let start = Date()
    var all = 0
    for kind in options.kinds {
      let (begun, before, count) = (Date(), failures, options.count(kind))
      try run(kind, count: count)
      all += count
      line(kind.name, count, failures - before, begun)
    }
    line("all", all, failures, start)
    if failures > 0 { print("What failed lies in \(options.kept); each of its folders can be tried again: --replay FOLDER") }
  }

  private func line(_ name: String, _ count: Int, _ failures: Int, _ start: Date) {
    func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
    let seconds = String(format: "%.1f", Date().timeIntervalSince(start))
    print(
      name.padding(toLength: 15, withPad: " ", startingAt: 0) + column("\(count)", 10) + column("\(failures)", 10)
        + column(seconds, 9))
    fflush(nil)
  }

  private func run(_ kind: any Kind.Type, count: Int) throws {
    var number = 0
    while number < count {
      progress.number = number
      let arguments = ["--attempt", kind.name, "\(options.seed)", "\(number)", "\(count)", folder + "/progress"]
      let end = try child(arguments)
      switch end.reason {
      case .done: return
      case .wantsRestart: number = progress.number
      case .failed(let reason):
        try note(kind, progress.number, reason, end.errors)
        number = progress.number + 1
      }
    }
  }

  private func child(_ arguments: [String], showsPlace: Bool = false) throws -> Child.End {
    let own = folder + "/files"
    try? FileManager.default.removeItem(atPath: own)
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    return try Child(arguments: arguments + [own], folder: folder, progress: progress, showsPlace: showsPlace).run()
  }

  // MARK: - What failed

  private func note(_ kind: any Kind.Type, _ number: Int, _ reason: String, _ errors: String) throws {
    failures += 1
    let saved = number
    defer { progress.number = saved }
    var chance = Chance(seed: options.seed, kind: kind.name, number: number)
    let input = try kind.init(folder: try emptyFolder("/seeds")).input(&chance)
    let isCrash = reason.hasPrefix("it ended by")
    let place = isCrash ? Child.place(try again(input, kind, showsPlace: true).errors) : nil
    let way = kind.name + (place ?? Self.withoutNumbers(reason))
    guard seen.insert(way).inserted else { return }
    print("  \(kind.name) \(number): \(reason)\(place.map { "\n    at \($0)" } ?? "")")
    let folder = "\(options.kept)/\(kind.name)-\(options.seed)-\(number)"
    let text = [reason, place ?? "", errors].joined(separator: "\n")
    try Kept.write(input, kind, reason: text, to: folder)
    var shrinking = Shrinking { candidate in
      guard let end = try? self.again(candidate, kind), case .failed(let other) = end.reason else { return false }
      return Self.withoutNumbers(other) == Self.withoutNumbers(reason)
    }
    if let small = shrinking.smallest(input) {
      try Kept.write(small, kind, reason: text, to: folder + "-small")
    } else {
      print("    by itself it does not fail: the inputs before it are needed, or more time")
    }
  }

  private static func withoutNumbers(_ text: String) -> String { text.prefix(80).filter { !$0.isNumber } }

  /// Tries an input by itself.
  private func again(_ input: Input, _ kind: any Kind.Type, showsPlace: Bool = false) throws -> Child.End {
    try Kept.write(input, kind, reason: "", to: folder + "/candidate")
    progress.number = 0
    return try child(["--attempt-kept", folder + "/candidate"], showsPlace: showsPlace)
  }

  private func emptyFolder(_ name: String) throws -> String {
    try? FileManager.default.removeItem(atPath: folder + name)
    try FileManager.default.createDirectory(atPath: folder + name, withIntermediateDirectories: true)
    return folder + name
  }
}

/// Inputs as folders: a file a part, their names in order, the kind, and why it is kept.
enum Kept {
  static func write(_ input: Input, _ kind: any Kind.Type, reason: String, to folder: String) throws {
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let texts = [".kind": kind.name, ".parts": input.map(\.name).joined(separator: "\n"), ".reason": reason]
    for (name, text) in texts { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    for part in input { try Data(part.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(part.name)")) }
  }

  static func read(_ folder: String) throws -> (kind: any Kind.Type, input: Input) {
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
    }
    let name = try text(".kind")
    guard let kind = Kinds.named(name) else { throw Failure("there is no kind \(name)") }
    let input = try text(".parts").split(separator: "\n").map { name in
      Part(String(name), [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
    }
    return (kind, input)
  }
}

/// Makes an input that fails small: parts of its bytes are left out as long as it fails in the same way.
struct Shrinking {
  let fails: (Input) -> Bool
  private let latest = Date(timeIntervalSinceNow: 25)

  init(fails: @escaping (Input) -> Bool) { self.fails = fails }

  /// Nil if the input does not fail by itself.
  mutating func smallest(_ input: Input) -> Input? {
    guard fails(input) else { return nil }
    var input = input
    for index in input.indices {
      var size = input[index].bytes.count
      while size > 0, latest.timeIntervalSinceNow > 0 {
        var place = 0
        while place < input[index].bytes.count, latest.timeIntervalSinceNow > 0 {
          var smaller = input
          smaller[index].bytes.removeSubrange(place..<min(place + size, smaller[index].bytes.count))
          if fails(smaller) { input = smaller } else { place += size }
        }
        size /= 2
      }
    }
    return input
  }
}
