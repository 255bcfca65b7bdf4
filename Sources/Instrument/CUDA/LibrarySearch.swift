import Foundation
import Machine

/// Where NVIDIA's libraries are looked for: as NVIDIA's own `cuda.pathfinder` does, and without starting Python.
package struct LibrarySearch {
  /// The process's environment variables.
  package var environment: [String: String]
  /// What stands before absolute paths of the system.
  package var root: String

  package init(environment: [String: String], root: String = "") {
    self.environment = environment
    self.root = root
  }

  /// One place, to be tried with `SharedLibrary`.
  package struct Candidate: Equatable {
    package var name: String
    package var onlyIfLoaded = false

    package init(name: String, onlyIfLoaded: Bool = false) {
      self.name = name
      self.onlyIfLoaded = onlyIfLoaded
    }
  }

  // MARK: - Driver

  /// Names for the driver's library, the first choice first.
  package var driver: [Candidate] { GraphicsDriver.candidates(environment, root: root).map { Candidate(name: $0) } }

  // MARK: - NVRTC

  /// The major versions that are known to work, the first choice first.
  package static let compilerVersions = [13, 12]

  /// Names for NVRTC, the first choice first.
  /// - Parameter newest: the driver's major version. It loads what a compiler of this version or an older one makes, so these come first.
  package func compiler(newest: Int) -> [Candidate] {
    if let file = setting("FOLIO_NVRTC") { return [Candidate(name: file)] }
    let versions = Self.compilerVersions.filter { $0 <= newest } + Self.compilerVersions.filter { $0 > newest }
    return versions.flatMap { version in
      let name = "libnvrtc.so.\(version)"
      let packaged = packageFolders.flatMap { ["\($0)/nvidia/cu\(version)/lib/\(name)", "\($0)/nvidia/cuda_nvrtc/lib/\(name)"] }
      let toolkits = toolkitFolders.map { "\($0)/\(name)" }
      return [Candidate(name: name, onlyIfLoaded: true)] + packaged.filter(exists).map { Candidate(name: $0) }
        + [Candidate(name: name)] + toolkits.filter(exists).map { Candidate(name: $0) }
    }
  }

  /// What was searched, for a message that says that nothing was found.
  package var compilerPlaces: String {
    let names = Self.compilerVersions.map { "libnvrtc.so.\($0)" }.joined(separator: " and ")
    let folders = packageFolders.isEmpty ? "" : ", in the Python packages of \(packageFolders.joined(separator: ", "))"
    return "neither the system's loader finds \(names)\(folders), nor are they in CUDA_HOME, CUDA_PATH or /usr/local/cuda*"
  }

  /// The folders of installed Python packages: of the environment in use, of the first `python3` on the path, the user's, the system's.
  package var packageFolders: [String] {
    var prefixes = ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap(setting)
    let programs = (setting("PATH") ?? "").split(separator: ":").map { "\($0)/python3" }
    if let python = programs.first(where: exists) {
      let real = URL(fileURLWithPath: python).resolvingSymlinksInPath().path
      prefixes += [python, real].map { URL(fileURLWithPath: $0).deletingLastPathComponent().deletingLastPathComponent().path }
    }
    prefixes += [HomeFolder.path(environment) + "/.local", "\(root)/usr/local", "\(root)/usr"]
    var folders: [String] = []
    for prefix in prefixes {
      for pattern in ["lib/python3*/site-packages", "lib64/python3*/site-packages", "lib/python3*/dist-packages"] {
        for folder in matches("\(prefix)/\(pattern)") where !folders.contains(folder) { folders.append(folder) }
      }
    }
    return folders
  }

  /// The folders of libraries of installed CUDA toolkits.
  private var toolkitFolders: [String] {
    let homes = ["CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX"].compactMap(setting) + matches("\(root)/usr/local/cuda*").reversed()
    return homes.flatMap { ["\($0)/lib64", "\($0)/lib", "\($0)/targets/x86_64-linux/lib", "\($0)/targets/sbsa-linux/lib"] }
  }

  // MARK: - Parts

  private func setting(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The paths that a shell's pattern stands for, in order.
  private func matches(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }
}
