import Foundation
import Glibc
import Processes
import Record

/// The Swift toolchain that compiles cells, found once.
package struct Toolchain: Sendable {
  /// `swift-frontend`: cells go to it directly, since the driver would cost more than a cell.
  package var frontend: String
  package var linker: String
  package var autolinkExtract: String
  package var symbolizer: String
  package var demangler: String
  /// The folder of the Swift runtime's libraries.
  package var runtime: String
  package var target: String

  /// Finds the toolchain whose `swiftc` comes first on the `PATH`.
  package static func find(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Toolchain {
    let candidates = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/swiftc" }
    guard let compiler = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw Diagnostic(
        "there is no 'swiftc' on the PATH",
        advice: "Install a Swift toolchain (https://www.swift.org/install/linux), or add its folder usr/bin to PATH.")
    }
    let folder = try binaryFolder(of: compiler)
    let toolchain = Toolchain(
      frontend: folder + "/swift-frontend", linker: folder + "/ld.lld", autolinkExtract: folder + "/swift-autolink-extract",
      symbolizer: folder + "/llvm-symbolizer", demangler: folder + "/swift-demangle",
      runtime: folder.replacing(/\/bin$/, with: "") + "/lib/swift/linux",
      target: "\(architecture)-unknown-linux-gnu")
    for tool in [toolchain.frontend, toolchain.linker, toolchain.autolinkExtract] where access(tool, X_OK) != 0 {
      throw Diagnostic(
        "the Swift toolchain in \(folder) has no '\(tool.split(separator: "/").last ?? "")'",
        advice: "Install a complete toolchain of Swift 6.1 or later.")
    }
    return toolchain
  }

  /// The folder with the real tools: `swiftc` may be a link to them, or a proxy that knows where they are.
  private static func binaryFolder(of compiler: String) throws -> String {
    if let resolved = realpath(compiler, nil) {
      defer { free(resolved) }
      let folder = URL(fileURLWithPath: String(cString: resolved)).deletingLastPathComponent().path
      if access(folder + "/swift-frontend", X_OK) == 0 { return folder }
    }
    struct TargetInfo: Decodable {
      struct Paths: Decodable { var runtimeResourcePath: String }
      var paths: Paths
    }
    let (_, output) = try ChildProcess.run(compiler, ["-print-target-info"])
    guard let info = try? JSONDecoder().decode(TargetInfo.self, from: Data(output.utf8)) else {
      throw Diagnostic("'\(compiler) -print-target-info' does not say where its toolchain is:\n\(output)")
    }
    let root = URL(fileURLWithPath: info.paths.runtimeResourcePath).deletingLastPathComponent().deletingLastPathComponent()
    return root.path + "/bin"
  }

  /// `Swift version 6.3.1 (swift-6.3.1-RELEASE)`
  package func version() throws -> String {
    let (_, output) = try ChildProcess.run(frontend, ["--version"])
    return output.split(separator: "\n").first.map(String.init) ?? "unknown"
  }

  /// The object file by which a library registers itself with the runtime.
  var registrar: String { "\(runtime)/\(Self.architecture)/swiftrt.o" }

  /// Where a library that an author imports may lie.
  static var systemLibraryFolders: [String] {
    ["/usr/lib/\(architecture)-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"]
  }

  private static var architecture: String {
    #if arch(arm64)
      "aarch64"
    #else
      "x86_64"
    #endif
  }
}

/// Where Folio's own parts lie: beside the running program, whatever name it was started by.
package struct Installation: Sendable {
  /// The path of the program that runs, without links.
  package var program: String
  /// The worker's path.
  package var worker: String
  /// The folder with the compiled interface of FolioKit and of the modules below it.
  package var modules: String

  package init(worker: String, modules: String, program: String = "") {
    self.program = program
    self.worker = worker
    self.modules = modules
  }

  /// The parts beside the program that runs now: as SwiftPM builds them, or as `folio install` has put them.
  package static func find() throws -> Installation {
    guard let path = realpath("/proc/self/exe", nil) else { throw Diagnostic.system("the path of this program is unknown") }
    defer { free(path) }
    let program = String(cString: path)
    let folder = URL(fileURLWithPath: program).deletingLastPathComponent().path
    let installation = Installation(worker: folder + "/folio-worker", modules: folder + "/Modules", program: program)
    for part in [installation.worker, installation.modules + "/FolioKit.swiftmodule"] where access(part, R_OK) != 0 {
      throw Diagnostic(
        "\(part) is missing",
        advice: "Build the whole package (swift build -c release), and let 'folio install' copy it or make a link to it.")
    }
    return installation
  }

  /// The C modules below FolioKit. Its interface names them, so the compiler wants a module map for each, but no declaration that a
  /// cell can reach uses their types: empty ones do, and cost nothing to read.
  static let hiddenModules = [
    "CCUDAKernels", "CFiles", "CKernels", "COpenBLAS", "COpenSSL", "CSentencePiece", "CWorker", "CZlib",
  ]

  /// The text of a module map that has them.
  package static var hiddenModuleMap: String { hiddenModules.map { "module \($0) {}\n" }.joined() }
}
