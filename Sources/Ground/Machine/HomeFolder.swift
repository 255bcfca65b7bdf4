import Foundation

/// The user's own folder.
package enum HomeFolder {
  /// `HOME`, or else what the system's list of users says. An empty `HOME` counts as none.
  package static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    if let home = environment["HOME"], !home.isEmpty { return home }
    return getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) } ?? "/"
  }

  /// A path in which `~` stands for this folder, as a shell would read it: `~/models`.
  package static func expanded(
    _ path: String, _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    path == "~" || path.hasPrefix("~/") ? Self.path(environment) + path.dropFirst() : path
  }
}
