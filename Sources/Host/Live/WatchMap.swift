import Foundation
import Glibc

/// Which names in which folders concern which of the watched paths.
struct WatchMap {
  /// The watched paths, as they were named, and how their files looked when last seen.
  var paths: [String: FileMark] = [:]
  /// By watch of a folder, then by name in it: the watched paths whose file that is.
  private(set) var files: [Int32: [String: Set<String>]] = [:]
  /// The watched paths that are, or lead over, symbolic links.
  private(set) var links: Set<String> = []
  /// By watch of a folder, the names in it that are folders on the way to a file; when they come or go, all is looked up anew.
  private var steps: [Int32: Set<String>] = [:]
  /// By watch of a folder that is itself a watched path: it changes when something in it comes or goes.
  private(set) var listings: [Int32: Set<String>] = [:]

  /// Watches the folders that there are now.
  mutating func arm(_ inotify: Inotify) {
    let old = Set(files.keys).union(steps.keys).union(listings.keys)
    files = [:]
    steps = [:]
    listings = [:]
    links = []
    for path in paths.keys {
      let whole = URL(fileURLWithPath: path).standardizedFileURL.path
      add(whole, for: path, inotify)
      if let real = realpath(whole, nil) {
        defer { free(real) }
        let target = String(cString: real)
        if target != whole {
          links.insert(path)
          add(target, for: path, inotify)
        }
      }
    }
    for watch in old.subtracting(files.keys).subtracting(steps.keys).subtracting(listings.keys) { inotify.remove(watch) }
  }

  /// Watches the folder of a file, and all above it, as far as they exist.
  private mutating func add(_ file: String, for path: String, _ inotify: Inotify) {
    // Only a folder can be watched like this.
    if let watch = inotify.watch(file, forWrites: false) { listings[watch, default: []].insert(path) }
    let names = file.split(separator: "/").map(String.init)
    guard let name = names.last else { return }
    for depth in names.indices {
      let isLast = depth == names.count - 1
      guard let watch = inotify.watch("/" + names[..<depth].joined(separator: "/"), forWrites: isLast) else { continue }
      if isLast {
        files[watch, default: [:]][name, default: []].insert(path)
      } else {
        steps[watch, default: []].insert(names[depth])
      }
    }
  }

  /// Whether after this event other folders must be watched.
  func changesFolders(_ event: Inotify.Event) -> Bool {
    if event.has(IN_Q_OVERFLOW) { return true }
    guard files[event.watch] != nil || steps[event.watch] != nil || listings[event.watch] != nil else { return false }
    if event.has(IN_IGNORED) || event.has(IN_DELETE_SELF) || event.has(IN_MOVE_SELF) { return true }
    let comesOrGoes = [IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO].contains { event.has($0) }
    return comesOrGoes && steps[event.watch]?.contains(event.name) == true
  }

  /// The paths whose file is not as it was when last seen.
  var changedPaths: Set<String> { Set(paths.filter { $0.value != FileMark($0.key) }.keys) }
}

/// What tells a file from its successor.
struct FileMark: Equatable {
  private var numbers: [Int] = []

  /// Empty for a file that does not exist.
  init(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    numbers = [Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }
}
