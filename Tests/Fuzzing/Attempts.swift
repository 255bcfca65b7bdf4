import Foundation
import Glibc

/// The process in which inputs are tried: it says which one it is at, and ends by whatever the input does to it.
enum Attempts {
  /// How a process ends that did not fail.
  static let done: Int32 = 0, wantsRestart: Int32 = 10, brokenPromise: Int32 = 11

  /// How much memory an input may take beyond what the process has before, in bytes of its address space.
  static let memoryLimit = 500 << 20

  /// So many bytes may be left behind by former inputs before the process is replaced.
  private static let mostKept = 100 << 20

  /// Tries inputs of a kind by their numbers.
  static func run(_ kind: any Kind.Type, seed: UInt64, numbers: Range<Int>, progress: Progress, folder: String) throws -> Int32 {
    let subject = try kind.init(folder: folder)
    let size = limitMemory()
    for number in numbers {
      progress.number = number
      var chance = Chance(seed: seed, kind: kind.name, number: number)
      let input = subject.input(&chance)
      if let status = attempt(input, subject) { return status }
      if number % 64 == 0, addressSpace() > size + mostKept {
        progress.number = number + 1
        return wantsRestart
      }
    }
    progress.number = numbers.upperBound
    return done
  }

  /// Tries one input.
  static func replay(_ input: Input, _ kind: any Kind.Type, folder: String) throws -> Int32 {
    let subject = try kind.init(folder: folder)
    limitMemory()
    return attempt(input, subject) ?? done
  }

  private static func attempt(_ input: Input, _ subject: any Kind) -> Int32? {
    do {
      try subject.attempt(input)
      return nil
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      return brokenPromise
    }
  }

  /// Returns what the process has.
  @discardableResult private static func limitMemory() -> Int {
    let size = addressSpace()
    var limit = rlimit(rlim_cur: rlim_t(size + memoryLimit), rlim_max: rlim_t(size + memoryLimit))
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    return size
  }

  private static func addressSpace() -> Int {
    let pages =
      (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").first.flatMap { Int($0) } ?? 0
    return pages * Int(getpagesize())
  }
}

/// The number of the input that is tried, in memory that both processes see.
final class Progress {
  private let memory: UnsafeMutablePointer<Int64>

  init?(file: String) {
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, 8) == 0 else { return nil }
    let mapped = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    close(descriptor)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    memory = mapped.bindMemory(to: Int64.self, capacity: 1)
  }

  var number: Int {
    get { Int(memory.pointee) }
    set { memory.pointee = Int64(newValue) }
  }
}
