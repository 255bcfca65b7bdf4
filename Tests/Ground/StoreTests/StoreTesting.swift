import Foundation
import Keys
import Store
import TestSupport
import Testing

extension TestFolder {
  /// A store in it, whose folder is not there yet.
  var store: EntryStore { EntryStore(folder: path + "/cache") }
}

func key(_ name: String) -> Key {
  var builder = KeyBuilder("test")
  builder.add("name", name)
  return builder.key
}

extension EntryStore {
  /// Where an entry lies, as the store's documentation says.
  func file(_ kind: Kind, _ key: Key) -> String {
    "\(folder)/\(kind.rawValue)/\(key.description.prefix(2))/\(key.description.dropFirst(2))"
  }

  /// All files in its folder, whatever they are.
  var allFiles: [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return names.filter { name in
      var status = stat()
      return lstat("\(folder)/\(name)", &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
    }
  }
}

func exists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0
}

func contents(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Replaces what is in a file, in place: it stays the same file.
func overwrite(_ path: String, with bytes: some Sequence<UInt8>) throws {
  let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  try file.truncate(atOffset: 0)
  try file.write(contentsOf: Data(bytes))
  try file.close()
}

/// Says that a file was changed so many seconds ago.
func setAge(_ path: String, seconds: Int, nanoseconds: Int = 0) {
  let time = timespec(tv_sec: Int(Date().timeIntervalSince1970) - seconds, tv_nsec: nanoseconds)
  #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
}

func age(_ path: String) -> Double {
  var status = stat()
  #expect(lstat(path, &status) == 0)
  return Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec) - Double(status.st_mtim.tv_nsec) / 1e9
}
