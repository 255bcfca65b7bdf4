import Document
import Files
import Foundation
import Keys
import Processes
import Record
import Store

/// Local Swift packages, built for the cells of a notebook.
package struct BuiltPackages: Sendable, Equatable, Codable {
  /// Stands for all that was built: equal keys, equal code.
  package var key: Key
  /// The folder with the compiled interfaces of their modules.
  var modules: String
  /// The files that describe their modules of C.
  var moduleMaps: [String]
  /// The library with the code of all of them.
  var library: String

  /// What the compiler is told so that cells can import them.
  var compilerArguments: [String] { ["-I", modules] + moduleMaps.flatMap { ["-Xcc", "-fmodule-map-file=" + $0] } }

  /// What the linker is told so that cells find their code.
  var linkerArguments: [String] {
    let file = URL(fileURLWithPath: library)
    let folder = file.deletingLastPathComponent().path
    return ["-L", folder, "-l:" + file.lastPathComponent, "-rpath", folder]
  }
}

/// Builds the packages that a notebook names by `packages`, by SwiftPM: a package that depends on all of them, and is one dynamic library.
///
/// What is built is kept under the key of its content, and never changed: cells that were compiled against it find it as it was. SwiftPM is asked
/// only if a file of the packages, or of the local ones that these depend on, has another content than when it was asked last.
struct LocalPackages {
  let toolchain: Toolchain
  /// Below which everything is kept.
  let folder: String
  let digests: FileDigests
  let isCancelled: () -> Bool

  /// A package as the front matter names it.
  struct Request {
    /// Of its folder, absolute.
    var folder: String
    var place: Place

    var name: String { URL(fileURLWithPath: folder).lastPathComponent }
  }

  /// What was built last.
  private struct Known: Codable {
    /// The folders of the packages, and of the local ones that they depend on.
    var folders: [String]
    var digest: Key
    var built: BuiltPackages
  }

  static func requests(_ notebook: Notebook) -> [Request] {
    notebook.frontMatter.packages.map { request in
      let url = URL(fileURLWithPath: request.path, relativeTo: URL(fileURLWithPath: notebook.folder, isDirectory: true))
      return Request(folder: url.standardizedFileURL.path, place: Place(file: notebook.file, line: request.line))
    }
  }

  /// - Throws: `Diagnostics`, with what SwiftPM says at its places.
  func build(_ requests: [Request]) throws -> BuiltPackages {
    let wrapper = "\(folder)/packages/\(self.key(requests.map(\.folder)).short)"
    let kept = "\(wrapper)/known.json"
    if let data = FileManager.default.contents(atPath: kept), let known = try? JSONDecoder().decode(Known.self, from: data),
      access(known.built.library, R_OK) == 0, digest(known.folders) == known.digest
    {
      return known.built
    }
    var (folders, descriptions) = (requests.map(\.folder), [PackageDescription]())
    for request in requests { descriptions.append(try description(request)) }
    // Packages that they depend on, however far away.
    var open = descriptions.flatMap(\.localDependencies)
    while let next = open.popLast() {
      guard !folders.contains(next) else { continue }
      folders.append(next)
      open += (try? description(Request(folder: next, place: requests[0].place)))?.localDependencies ?? []
    }
    let digest = digest(folders)
    try write(wrapper, requests, descriptions)
    let output = try run("swift-build", ["-c", "release", "--package-path", wrapper, "--product", Self.name])
    guard output.termination == .exited(0) else { throw Self.failure(output.text, requests) }
    let built = try keep(wrapper, folders)
    let encoder = JSONEncoder()
    if let data = try? encoder.encode(Known(folders: folders, digest: digest, built: built)) {
      try? WholeFile.write([(kept, Array(data))])
    }
    return built
  }

  private static let name = "FolioPackages"

  private func key(_ folders: [String]) -> Key {
    var builder = KeyBuilder("packages")
    builder.add("toolchain", toolchain.frontend)
    for folder in folders { builder.add("folder", folder) }
    return builder.key
  }

  /// A key of the content of all files in folders, without hidden ones, among which is what SwiftPM builds.
  private func digest(_ folders: [String]) -> Key {
    var builder = KeyBuilder("package sources")
    builder.add("toolchain", digests.digest(toolchain.frontend) ?? toolchain.frontend)
    for folder in folders {
      for path in PackageFiles.all(in: folder) {
        builder.add("path", path)
        builder.add("content", digests.digest(path) ?? "")
      }
    }
    return builder.key
  }

  // MARK: - SwiftPM

  /// What `swift package dump-package` says of a package.
  private struct PackageDescription: Decodable {
    struct Product: Decodable {
      /// One key, whose value says more of it.
      struct Kind: Decodable { var library: [String]? }
      var name: String
      var type: Kind
    }
    struct Dependency: Decodable {
      struct Local: Decodable { var path: String }
      var fileSystem: [Local]?
    }
    var products: [Product]
    var dependencies: [Dependency]

    var libraries: [String] { products.filter { $0.type.library != nil }.map(\.name) }
    var localDependencies: [String] { dependencies.flatMap { $0.fileSystem ?? [] }.map(\.path) }
  }

  private func description(_ request: Request) throws -> PackageDescription {
    guard access("\(request.folder)/Package.swift", R_OK) == 0 else {
      throw Diagnostic(
        at: request.place, "there is no Swift package in '\(request.folder)'",
        advice: "Give the folder that holds 'Package.swift', from the notebook's folder.")
    }
    let output = try run("swift-package", ["--package-path", request.folder, "dump-package"], joinsStreams: false)
    // What is no JSON comes before it, as a note that something was fetched.
    let text = output.text.drop { $0 != "{" }
    guard output.termination == .exited(0),
      let description = try? JSONDecoder().decode(PackageDescription.self, from: Data(text.utf8))
    else { throw Self.failure(output.errorText + output.text, [request]) }
    guard !description.libraries.isEmpty else {
      throw Diagnostic(
        at: request.place, "the package '\(request.name)' has no library to import",
        advice: "Add a product '.library(…)' to its Package.swift.")
    }
    return description
  }

  /// The package that depends on all of them.
  private func write(_ wrapper: String, _ requests: [Request], _ descriptions: [PackageDescription]) throws {
    func literal(_ text: String) -> String { "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
    let dependencies = requests.map { ".package(path: \(literal($0.folder)))" }.joined(separator: ", ")
    let products = zip(requests, descriptions).flatMap { request, description in
      description.libraries.map { ".product(name: \(literal($0)), package: \(literal(request.name)))" }
    }.joined(separator: ", ")
    let manifest = """
      // swift-tools-version: 5.9
      import PackageDescription
      let package = Package(
        name: "\(Self.name)", products: [.library(name: "\(Self.name)", type: .dynamic, targets: ["\(Self.name)"])],
        dependencies: [\(dependencies)], targets: [.target(name: "\(Self.name)", dependencies: [\(products)])])

      """
    for (path, text) in [("Package.swift", manifest), ("Sources/\(Self.name)/\(Self.name).swift", "\n")]
    where FileManager.default.contents(atPath: "\(wrapper)/\(path)") != Data(text.utf8) {
      do {
        try WholeFile.write([("\(wrapper)/\(path)", Array(text.utf8))])
      } catch let error as WholeFile.CannotWrite {
        throw Diagnostic(
          error.description, advice: "Packages are built in the cache's folder: make room there, or name another by FOLIO_CACHE.")
      }
    }
  }

  private func run(_ tool: String, _ arguments: [String], joinsStreams: Bool = true) throws -> ChildProcess.Finished {
    let folder = URL(fileURLWithPath: toolchain.frontend).deletingLastPathComponent().path
    var call = ChildProcess.Call("\(folder)/\(tool)", arguments)
    call.joinsStreams = joinsStreams
    call.isCancelled = isCancelled
    call.advice = "Install a complete Swift toolchain: packages are built by its '\(tool)'."
    return try ChildProcess.finish(call)
  }

  /// Copies what was built to a place of its own, which nothing changes any more.
  private func keep(_ wrapper: String, _ folders: [String]) throws -> BuiltPackages {
    let files = FileManager.default
    let release = "\(wrapper)/.build/release"
    let library = "\(release)/lib\(Self.name).so"
    let interfaces = ((try? files.contentsOfDirectory(atPath: "\(release)/Modules")) ?? []).filter {
      $0.hasSuffix(".swiftmodule")
    }.sorted()
    var builder = KeyBuilder("built packages")
    for path in [library] + interfaces.map({ "\(release)/Modules/\($0)" }) { builder.add(path, digests.digest(path) ?? "") }
    let own = "\(wrapper)/built/\(builder.key.short)"
    let kept = "\(own)/lib\(Self.name)-\(builder.key.short).so"
    // The library comes last: where it is, all is.
    if access(kept, R_OK) != 0 {
      let parts = interfaces.map { ("\(release)/Modules/\($0)", "\(own)/Modules/\($0)") } + [(library, kept)]
      for (source, target) in parts {
        guard let data = files.contents(atPath: source) else {
          throw Diagnostic("\(source), which SwiftPM should have written, cannot be read")
        }
        try WholeFile.write([(target, Array(data))])
      }
    }
    return BuiltPackages(key: builder.key, modules: own + "/Modules", moduleMaps: moduleMaps(release, folders), library: kept)
  }

  /// Those that SwiftPM has made for modules of C, and those that their authors have written.
  private func moduleMaps(_ release: String, _ folders: [String]) -> [String] {
    let made = ((try? FileManager.default.contentsOfDirectory(atPath: release)) ?? []).map { "\(release)/\($0)/module.modulemap" }
    let written = folders.flatMap { PackageFiles.all(in: $0) }.filter { $0.hasSuffix("/include/module.modulemap") }
    return (made.filter { access($0, R_OK) == 0 } + written).sorted()
  }

  /// What SwiftPM says, with errors at their places; all of its last words if it names none.
  private static func failure(_ output: String, _ requests: [Request]) -> Diagnostics {
    let names = requests.map { "'\($0.name)'" }.joined(separator: ", ")
    let note = Diagnostic(.note, at: requests.first?.place, "the notebook names \(names) here")
    var seen: Set<String> = []
    let errors = output.split(separator: "\n").filter { seen.insert(String($0)).inserted }.compactMap { line -> Diagnostic? in
      guard let match = line.wholeMatch(of: /(\/.*?):(\d+):(\d+): error: (.*?)(?: \[#[\w-]+\])?/), let number = Int(match.2)
      else { return nil }
      let lines = FileManager.default.contents(atPath: String(match.1)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      let excerpt = lines.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(number - 1).first.map(String.init)
      return Diagnostic(
        .error, at: Place(file: String(match.1), line: number, column: Int(match.3)), String(match.4), excerpt: excerpt,
        notes: [note])
    }
    if !errors.isEmpty { return Diagnostics(errors) }
    let words = output.split(separator: "\n").suffix(12).joined(separator: "\n")
    return Diagnostics([Diagnostic(.error, at: requests.first?.place, "the packages \(names) cannot be built:\n\(words)")])
  }
}
