import Foundation

// Tries mutated inputs of every kind of file that Folio reads, in a process that is watched from outside; see .ci/fuzz.
//
//   folio-fuzz [--inputs N] [--each N] [--seed N] [--kinds a,b] [--keep FOLDER] [--replay FOLDER]

/// Runs something on a thread whose stack is half of what a program's is, and ends with its status.
func runOnSmallStack(_ body: @escaping @Sendable () throws -> Int32) -> Never {
  let thread = Thread {
    do { exit(try body()) } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }
  thread.stackSize = 4 << 20
  thread.start()
  while true { sleep(1000) }
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--attempt" where arguments.count == 7:
  runOnSmallStack {
    guard let kind = Kinds.named(arguments[1]), let seed = UInt64(arguments[2]), let first = Int(arguments[3]),
      let end = Int(arguments[4]), first <= end,
      let progress = Progress(file: arguments[5])
    else { throw Failure("not understood: \(arguments)") }
    return try Attempts.run(kind, seed: seed, numbers: first..<end, progress: progress, folder: arguments[6])
  }
case "--attempt-kept" where arguments.count == 3, "--replay" where arguments.count == 2:
  runOnSmallStack {
    let (kind, input) = try Kept.read(arguments[1])
    let folder = arguments.count == 3 ? arguments[2] : NSTemporaryDirectory() + "/folio-fuzz-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return try Attempts.replay(input, kind, folder: folder)
  }
default:
  do {
    let campaign = try Campaign(try Campaign.Options(arguments: arguments))
    try campaign.run()
    exit(campaign.failures == 0 ? 0 : 1)
  } catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
  }
}

extension Campaign.Options {
  /// - Throws: `Failure` for what is not understood.
  init(arguments: [String]) throws {
    self.init()
    var rest = arguments[...]
    var (each, all) = (Int?.none, 1_000_000)
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Failure("\(name) needs a value") }
      func number() throws -> Int {
        guard let number = Int(value), number >= 0 else { throw Failure("\(name) needs a number, 0 or above") }
        return number
      }
      switch name {
      case "--inputs": all = try number()
      case "--each": each = try number()
      case "--seed": seed = UInt64(try number())
      case "--keep": kept = value
      case "--kinds":
        kinds = try value.split(separator: ",").map { name in
          guard let kind = Kinds.named(String(name)) else {
            throw Failure("there is no kind '\(name)': \(Kinds.all.map { $0.name })")
          }
          return kind
        }
      default: throw Failure("'\(name)' is not understood")
      }
    }
    let shares = kinds.reduce(0) { $0 + $1.share }
    count = { kind in each ?? all * kind.share / max(1, shares) }
  }
}
