import Foundation
import Machine

/// Whether a folder is safe to keep code in that will be loaded: nobody else may put something there, or put another folder in its place.
///
/// Who may is the folder's owner, and whoever its permissions allow to write; and for each folder on the way to it the same, since who may
/// rename in it can put another one there. Root is trusted, since it can do everything anyway; so is a group that has no other member than
/// the user, as many systems give to each.
extension EntryStore {
  /// Why a folder is not safe, and what helps.
  package struct Danger: Error, Equatable {
    package var message: String
    package var advice: String
  }

  /// Makes the store's folder, for the user alone, if it is not there, and looks whether it is safe.
  /// - Returns: why it is not; nil also if there is no folder and none can be made, since nothing is then kept.
  package func makeSafeFolder() -> Danger? {
    makeFolder()
    return danger
  }

  /// Why the store's folder is not safe; nil if it is, or is not there.
  package var danger: Danger? {
    guard !folder.isEmpty else { return nil }
    let trust = Trust(user: geteuid())
    let way = trust.firstDanger(onTheWayTo: folder)
    guard
      let danger = way?.danger ?? Kind.allCases.lazy.compactMap({ trust.danger(ofFolder: "\(self.folder)/\($0.rawValue)") }).first
    else { return nil }
    let place = way.map { $0.place == folder ? "" : "on the way to it, " } ?? "in it, "
    return Danger(
      message: "the cache folder '\(folder)' is not safe to load code from: \(place)\(danger.message)", advice: danger.advice)
  }

  /// Makes the store's folder, for the user alone. Returns whether it is there.
  @discardableResult
  package func makeFolder() -> Bool { !folder.isEmpty && EntryFile.makeFolder(folder) }
}

/// Whom a user need not fear.
package struct Trust {
  let user: uid_t
  /// What the kernel calls owners that are not of this user namespace; nil if that may also be a user in it.
  private let stranger: uid_t?

  /// Whose home root runs in: by sudo, or in a container with a mounted home it has put itself into that user's hands.
  private let host: uid_t?

  package init(user: uid_t, home: String = HomeFolder.path()) {
    self.user = user
    var status = stat()
    host = user == 0 && stat(home, &status) == 0 ? status.st_uid : nil
    stranger = Self.strangersNumber
  }

  /// Whether an owner is the user or root, or root's host.
  func holds(_ owner: uid_t) -> Bool { owner == 0 || owner == user || owner == host }

  /// The first folder on the way, the last one among them, in which others may change things; links are followed.
  package func firstDanger(onTheWayTo path: String) -> (place: String, danger: EntryStore.Danger)? {
    var left = Array(path.split(separator: "/").map(String.init).reversed())
    var place = "/"
    var links = 0
    while true {
      var status = stat()
      // What is not there cannot be changed; who may make it is told by what is above it.
      guard lstat(place, &status) == 0 else { return nil }
      if status.st_mode & S_IFMT == S_IFLNK {
        links += 1
        guard links < 40, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else { return nil }
        if !holds(status.st_uid) { return (path, owned(by: status.st_uid, "the link '\(place)'")) }
        left += target.split(separator: "/").map(String.init).reversed()
        place = target.hasPrefix("/") ? "/" : (place as NSString).deletingLastPathComponent
        continue
      }
      if let danger = danger(of: place, status, isLast: left.isEmpty) { return (left.isEmpty ? path : place, danger) }
      guard let next = left.popLast() else { return nil }
      switch next {
      case ".": continue
      case "..": place = (place as NSString).deletingLastPathComponent
      default: place = place == "/" ? "/\(next)" : "\(place)/\(next)"
      }
    }
  }

  /// The danger of a folder whose way is safe; nil also if there is none.
  func danger(ofFolder path: String) -> EntryStore.Danger? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    if status.st_mode & S_IFMT == S_IFLNK { return firstDanger(onTheWayTo: path)?.danger }
    return danger(of: path, status, isLast: true)
  }

  /// - Parameter isLast: whether it is the folder itself: of those above it only what is on the way matters, which in a folder with the sticky
  ///   bit its owner alone can rename.
  private func danger(of path: String, _ status: stat, isLast: Bool) -> EntryStore.Danger? {
    // In what is no folder nothing is kept.
    guard status.st_mode & S_IFMT == S_IFDIR else { return nil }
    let isOutside = !isLast && status.st_uid == stranger
    guard holds(status.st_uid) || isOutside else { return owned(by: status.st_uid, "'\(path)'") }
    let isSticky = !isLast && status.st_mode & S_ISVTX != 0
    let others = status.st_mode & S_IWOTH != 0
    let group = status.st_mode & S_IWGRP != 0 && !isPrivate(status.st_gid)
    guard others || group, !isSticky else { return nil }
    let who = others ? "others" : "the group \(Self.groupName(status.st_gid))"
    let mode = "0" + String(status.st_mode & 0o7777, radix: 8)
    let rights = others ? "go-w" : "g-w"
    let mayChange = user == 0 || status.st_uid == user
    return EntryStore.Danger(
      message: "\(who) may write to '\(path)' (its mode is \(mode))",
      advice: (mayChange ? "Take that right away: chmod \(rights) '\(path)'. Or name" : "Name")
        + " a folder of your own by the environment variable FOLIO_CACHE.")
  }

  private func owned(by owner: uid_t, _ what: String) -> EntryStore.Danger {
    let name = getpwuid(owner).map { "'\(String(cString: $0.pointee.pw_name))'" } ?? "number \(owner)"
    return EntryStore.Danger(
      message: "\(what) belongs to another user, \(name)",
      advice: "Name a folder of your own by the environment variable FOLIO_CACHE.")
  }

  /// Whether a group has no member but the user.
  private func isPrivate(_ group: gid_t) -> Bool {
    guard let entry = getpwuid(user), entry.pointee.pw_gid == group else { return false }
    let name = String(cString: entry.pointee.pw_name)
    guard let members = getgrgid(group), String(cString: members.pointee.gr_name) == name else { return false }
    var next = members.pointee.gr_mem
    while let list = next, let member = list.pointee {
      if String(cString: member) != name { return false }
      next = list + 1
    }
    return true
  }

  private static func groupName(_ group: gid_t) -> String {
    getgrgid(group).map { "'\(String(cString: $0.pointee.gr_name))'" } ?? "number \(group)"
  }

  /// In a container without root's rights, what belongs to the machine's root is shown as of this number.
  private static var strangersNumber: uid_t? {
    func numbers(_ file: String) -> [[UInt64]] {
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) } }
    }
    guard let number = numbers("/proc/sys/kernel/overflowuid").first?.first, let owner = uid_t(exactly: number) else {
      return nil
    }
    let isOurs = numbers("/proc/self/uid_map").contains { $0.count == 3 && $0[0] <= number && number - $0[0] < $0[2] }
    return isOurs ? nil : owner
  }
}
