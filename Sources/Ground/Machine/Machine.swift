// What this computer has for us: memory (`SystemMemory`), processor cores (`Processor`), and the folder of downloaded models (`ModelHub`).
//
// The host and the worker ask here, so that both give the same answer, also in a container or under a cluster's scheduler, where a process
// may use less than the machine has.

import Foundation

/// Files that the kernel makes up as they are read.
enum SystemFile {
  /// The text of a file. Its size is said to be 0, so it is read to its end.
  static func text(_ file: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file), let bytes = try? handle.readToEnd() else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The number that a file holds; nil also for one that says `max`.
  static func number(_ file: String) -> Int? {
    text(file).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// By name, the values of a file of lines as `name value` or `name: value unit`.
  static func values(_ file: String) -> [Substring: Int] {
    let lines = (text(file) ?? "").split(separator: "\n").map { $0.split { $0 == " " || $0 == ":" || $0 == "\t" } }
    let pairs = lines.compactMap { words in words.count > 1 ? Int(words[1]).map { (words[0], $0) } : nil }
    return Dictionary(pairs) { first, _ in first }
  }
}
