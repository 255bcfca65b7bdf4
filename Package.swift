// swift-tools-version: 6.1
// Folio: literate notebooks for taking language models apart.
//
// The folders of Sources are floors. A target imports only what stands on its own floor or on one below it, and never in a circle:
//
//     C -> Ground -> Instrument -> Host
//                               -> Worker
//
// Tests/FloorTests holds the sources to it.

import Foundation
import PackageDescription

/// What the modules of one kind of analysis stand on, and their tests.
let analysis: [Target.Dependency] = [
  "Attribution", "Checkpoints", "Files", "Randomness", "Statistics", "Tensors", "Text", "Transformer",
]
let analysisTests: [Target.Dependency] = [
  "Attribution", "Checkpoints", "ModelFixture", "Randomness", "Statistics", "Tensors", "Transformer",
]

let package = Package(
  name: "folio",
  products: [
    .executable(name: "folio", targets: ["folio"]),
    .executable(name: "folio-worker", targets: ["folio-worker"]),
    .executable(name: "folio-bench", targets: ["folio-bench"]),
    .library(name: "FolioKit", targets: ["FolioKit"]),
    // Stand-ins for NVIDIA's libraries, which the tests open at run time.
    .library(name: "CUDADriverStandIn", type: .dynamic, targets: ["CUDADriverStandIn"]),
    .library(name: "NVRTCStandIn", type: .dynamic, targets: ["NVRTCStandIn"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // What C gives: the system's libraries, and our own code where Swift cannot go.
    .systemLibrary(name: "CCmark", path: "Sources/C/CCmark", pkgConfig: "libcmark", providers: [.apt(["libcmark-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/C/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "COpenSSL", path: "Sources/C/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CSentencePiece", path: "Sources/C/CSentencePiece", linkerSettings: [.linkedLibrary("sentencepiece")]),
    .systemLibrary(name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .c("CFiles"),
    .c("CKernels"),
    // Sources of kernels are data here: NVRTC compiles them, and the tests do.
    .target(name: "CCUDAKernels", path: "Sources/C/CCUDAKernels", exclude: ["Kernels"]),
    .c("CSpawn"),
    .c("CWorker", ["CSpawn"]),

    // The ground: values, hashes, texts, files. The host and the worker both stand on it.
    .ground("Text"),
    .ground("Machine"),
    .ground("Randomness"),
    .ground("Files", ["CFiles"]),
    .ground("Record", ["Files", "Machine", "Text"]),
    .ground("Keys", ["COpenSSL"]),
    .ground("Store", ["Keys", "Machine"]),

    // The instrument: the model and its taking apart. It knows nothing of notebooks.
    .instrument("Tensors", ["Machine", "Text", "COpenBLAS", "CKernels"]),
    .instrument("BackendConformance", ["Randomness", "Tensors"]),
    .instrument("Checkpoints", ["Files", "Machine", "Tensors", "Text", "CSentencePiece", "CKernels"]),
    .instrument(
      "Transformer", ["CUDA", "Checkpoints", "Machine", "Randomness", "Tensors", "CKernels"]),
    // The same model in Double, plain and slow: what passes are measured against.
    .instrument("ModelTwin", ["Checkpoints", "Tensors", "Transformer"]),
    .instrument("Attribution", ["Checkpoints", "Transformer", "Randomness", "Statistics", "Tensors"]),
    // Numbers over examples: their means, intervals and controls.
    .instrument("Statistics", ["Randomness", "Text"]),
    .instrument("Circuits", analysis),
    .instrument("Lenses", analysis),
    .instrument("Probing", analysis + ["COpenBLAS"]),
    .instrument("SparseAutoencoders", analysis + ["CZlib", "Machine"]),
    .instrument("PrOntoQADataset", ["Files", "Randomness", "Tensors"]),
    .instrument("Figures", ["Files", "Text"]),
    .instrument("CUDA", ["CCUDAKernels", "Keys", "Machine", "Store", "Tensors", "Text"]),

    // The host: Markdown -> document -> cells -> records -> pages.
    .host("Document", ["Keys", "Machine", "Record", "CCmark", yams]),
    .host("Planning", ["Document", "Keys", "Record", "Store"]),
    .host("Processes", ["Record", "CSpawn"]),
    .host("Session", ["Document", "Files", "Keys", "Machine", "Planning", "Processes", "Record", "Store"]),
    // Which job runs next, and beside which: values alone.
    .host("Scheduling", ["Record"]),
    .host("Mathematics", ["Document", "Keys", "Machine", "Processes", "Record", "Store", "Text"]),
    .host("Bibliography", ["Document", "Record"]),
    .host("Review", ["Document", "Files", "Processes", "Record", "Text"]),
    .host("Rendering", ["Bibliography", "Document", "Record", "Figures", "Files", "Keys", "Processes", "Review", "Text"]),
    .host(
      "Building",
      [
        "Bibliography", "Document", "Figures", "Files", "Interchange", "Keys", "Machine", "Mathematics", "Processes", "Record",
        "Rendering", "Scheduling",
        "Session", "Store", "Text",
      ]),
    // Many runs of one notebook, here or on a cluster.
    .host(
      "Sweeping",
      [
        "Building", "Document", "Files", "Keys", "Machine", "Processes", "Record", "Rendering", "Scheduling", "Session", "Store",
        "Text",
      ]),
    .host("Live", ["Building", "Document", "Files", "Processes", "Record", "Rendering", "Session", "Text"]),
    .host("Interchange", ["Document", "Figures", "Files", "Machine", "Planning", "Record", "Rendering", "Text"]),
    .executableTarget(
      name: "folio",
      dependencies: [
        "Building", "Document", "Figures", "Files", "Interchange", "Live", "Machine", "Mathematics", "Processes", "Record",
        "Rendering",
        "Review",
        "Scheduling", "Session", "Store", "Sweeping", "Text", argumentParser,
      ],
      path: "Sources/Host/folio", swiftSettings: Toolchain.compiling),
    .executableTarget(
      name: "folio-bench",
      dependencies: [
        "Attribution", "BackendConformance", "CUDA", "Circuits", "Lenses", "Machine", "ModelTwin", "SparseAutoencoders",
        "Building", "Document", "Figures", "Checkpoints", "Transformer", "Keys", "Live", "Planning", "Processes",
        "Randomness", "Record", "Session", "Store", "Sweeping",
        "Tensors", "Text", "COpenBLAS", argumentParser,
      ],
      path: "Sources/Host/folio-bench", swiftSettings: Toolchain.compiling),

    // The worker: what a cell's process is, and what a cell sees.
    .worker("CellRuntime", ["Record", "CWorker"]),
    .worker(
      "FolioKit",
      [
        "CellRuntime", "Record", "Figures", "Tensors", "Checkpoints", "Machine", "Transformer", "Attribution", "PrOntoQADataset",
        "Randomness", "Statistics", "Circuits", "Lenses", "SparseAutoencoders", "Probing", "Text",
      ]),
    .executableTarget(
      name: "folio-worker",
      dependencies: ["CUDA", "CellRuntime", "FolioKit", "CSpawn", "CWorker", "Keys", "Machine", "Record", "Store", "Tensors"],
      path: "Sources/Worker/folio-worker",
      // A cell is compiled against the worker's own FolioKit, so the worker exports every symbol that it links.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"])]),

    // The tests: one target a module, on the same floors.
    .target(name: "TestSupport", dependencies: ["Randomness"], path: "Tests/TestSupport"),
    .test("Ground", "Text"),
    .test("Ground", "Machine"),
    .test("Ground", "Files"),
    .test("Ground", "Record"),
    .test("Ground", "Keys"),
    .test("Ground", "Store", ["Keys"]),

    .test("Instrument", "Tensors", ["BackendConformance", "CKernels", "ModelFixture"]),
    .target(
      name: "ModelFixture",
      dependencies: ["CUDA", "CUDAStandIn", "Checkpoints", "ModelTwin", "Transformer", "Tensors", "TestSupport"],
      path: "Tests/Instrument/ModelFixture"),
    .test("Instrument", "Checkpoints", ["Transformer", "Tensors", "ModelFixture"], exclude: ["Fixtures"]),
    .test(
      "Instrument", "Transformer", ["CUDA", "CUDAStandIn", "Checkpoints", "Tensors", "ModelFixture"], exclude: ["Fixtures"]),
    .test("Instrument", "Attribution", ["Checkpoints", "Transformer", "Statistics", "Tensors", "ModelFixture"]),
    .test("Instrument", "Statistics", ["Randomness"]),
    .test("Instrument", "Circuits", analysisTests, exclude: ["Fixtures"]),
    .test("Instrument", "Lenses", analysisTests, exclude: ["Fixtures"]),
    .test("Instrument", "SparseAutoencoders", analysisTests, exclude: ["Fixtures"]),
    .test("Instrument", "Probing", analysisTests + ["ModelTwin"]),
    .test("Instrument", "PrOntoQADataset", ["Randomness", "Tensors"], exclude: ["Fixtures"]),
    .test("Instrument", "Figures"),

    // The kernels of CCUDAKernels as C++, for the processor.
    .target(name: "CUDAHostKernels", path: "Tests/Instrument/CUDAStandIn/Kernels"),
    // A driver that runs them, and a compiler that knows their sources. Each copy of these libraries uses its own symbols.
    .target(
      name: "CUDADriverStandIn", dependencies: ["CUDAHostKernels"], path: "Tests/Instrument/CUDAStandIn/Driver",
      linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic", "-Xlinker", "--strip-all"])]),
    .target(
      name: "NVRTCStandIn", dependencies: ["CCUDAKernels"], path: "Tests/Instrument/CUDAStandIn/Compiler",
      linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic", "-Xlinker", "--strip-all"])]),
    .target(name: "CUDAStandIn", dependencies: ["CUDA", "Store", "TestSupport"], path: "Tests/Instrument/CUDAStandIn/Machine"),
    .test("Instrument", "CUDA", ["CUDAStandIn", "Keys", "Store"]),
    .test("Instrument", "CCUDAKernels", ["CUDAHostKernels"]),

    .test("Host", "Document", ["CCmark", "Machine"], exclude: ["Fixtures"]),
    .test("Host", "Planning", ["Document", "Keys", "Store"]),
    .test("Host", "Processes", ["Record"]),
    // Sessions start the worker that lies beside the tests.
    .test("Host", "Session", ["Document", "Keys", "Machine", "Planning", "Processes", "Record", "Store", "folio-worker"]),
    .test("Host", "Scheduling", ["Record"]),
    .test("Host", "Sweeping", ["Building", "Document", "Keys", "Processes", "Record", "Session", "Store", "folio-worker"]),
    .test("Host", "Mathematics", ["Document", "Processes", "Record", "Store"]),
    .test("Host", "Bibliography", ["Document", "Record"]),
    .test("Host", "Review", ["CCmark", "Figures", "Processes", "Record", "Rendering"], exclude: ["Snapshots"]),
    .test("Host", "Rendering", ["Document", "Record", "Figures"], exclude: ["Snapshots"]),
    .test("Host", "Building", ["Document", "Figures", "Record", "Rendering", "Session", "folio-worker"]),
    .test(
      "Host", "Live",
      ["Building", "Document", "Figures", "Machine", "Processes", "Record", "Rendering", "Session", "folio-worker"]),
    .test("Host", "Interchange", ["Document", "Figures", "Record"], exclude: ["Snapshots"]),
    .test("Host", "folio", ["folio-worker", "Processes", "Store", yams], exclude: ["Slurm"]),

    .test("Worker", "CellRuntime", ["Record"]),
    .test("Worker", "FolioKit", ["CellRuntime", "Record", "ModelFixture"]),

    // Tries mutated inputs of every kind of file that is read: .ci/fuzz.
    .executableTarget(
      name: "folio-fuzz",
      dependencies: [
        "Document", "Figures", "Checkpoints", "Transformer", "Interchange", "Live", "Planning", "PrOntoQADataset", "Randomness",
        "Record", "Rendering",
        "Keys", "Review", "SparseAutoencoders", "Store", "Tensors", "TestSupport", "Text",
      ],
      path: "Tests/Fuzzing", swiftSettings: Toolchain.compiling),
    .testTarget(
      name: "FuzzingTests", dependencies: ["folio-fuzz", "Processes", "TestSupport"], path: "Tests/FuzzingTests",
      swiftSettings: Toolchain.compiling),
    .testTarget(name: "FloorTests", dependencies: ["TestSupport"], path: "Tests/FloorTests"),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

var argumentParser: Target.Dependency { .product(name: "ArgumentParser", package: "swift-argument-parser") }
var yams: Target.Dependency { .product(name: "Yams", package: "Yams") }

extension Target {
  static func c(_ name: String, _ dependencies: [Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/C/\(name)")
  }

  static func ground(_ name: String, _ dependencies: [Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Ground/\(name)")
  }

  static func instrument(_ name: String, _ dependencies: [Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Instrument/\(name)")
  }

  static func host(_ name: String, _ dependencies: [Dependency] = []) -> Target {
    .target(
      name: name, dependencies: dependencies, path: "Sources/Host/\(name)", swiftSettings: Toolchain.compiling,
      linkerSettings: Toolchain.linking)
  }

  static func worker(_ name: String, _ dependencies: [Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Worker/\(name)")
  }

  /// The tests of a module.
  static func test(_ floor: String, _ module: String, _ dependencies: [Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
      name: module + "Tests", dependencies: [.byName(name: module), "TestSupport"] + dependencies,
      path: "Tests/\(floor)/\(module)Tests", exclude: exclude, swiftSettings: floor == "Host" ? Toolchain.compiling : [])
  }
}

/// The toolchain that builds this package. It brings SwiftSyntax as libraries: to use them saves two thirds of a first build.
enum Toolchain {
  /// The folder of these libraries and their interfaces.
  static let host: String = {
    // The library by which this manifest talks to SwiftPM lies in the toolchain, wherever that is.
    let maps = FileHandle(forReadingAtPath: "/proc/self/maps")?.readDataToEndOfFile() ?? Data()
    let libraries = String(decoding: maps, as: UTF8.self).split(separator: "\n").compactMap { $0.split(separator: " ").last }
    let own = libraries.first { $0.hasSuffix("/pm/ManifestAPI/libPackageDescription.so") }
    let folder = own.map { $0.dropLast("/pm/ManifestAPI/libPackageDescription.so".count) + "/host" } ?? ""
    for part in ["libSwiftSyntax.so", "libSwiftParser.so", "libSwiftIDEUtils.so", "SwiftSyntax.swiftmodule"]
    where !FileManager.default.fileExists(atPath: "\(folder)/\(part)") {
      fatalError(
        """
        This Swift toolchain has no '\(part)' in '\(folder)', and Folio parses cells with it. \
        Install a complete toolchain of Swift 6.3 from https://www.swift.org/install/linux.
        """)
    }
    return folder
  }()

  /// For what imports them, and whatever imports that.
  static let compiling: [SwiftSetting] = [.unsafeFlags(["-I", host])]
  static let linking: [LinkerSetting] = [
    .unsafeFlags(["-L", host, "-Xlinker", "-rpath", "-Xlinker", host]),
    .linkedLibrary("SwiftSyntax"), .linkedLibrary("SwiftParser"), .linkedLibrary("SwiftIDEUtils"),
  ]
}
