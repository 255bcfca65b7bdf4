// swift-tools-version: 6.1
// Folio: literate notebooks for taking language models apart. The house and the direction of its imports are drawn in README.md.

import PackageDescription

/// A cell is compiled against the worker's own FolioKit, so the worker exports every symbol that it links.
let exportsItsSymbols: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "--export-dynamic"])]

let package = Package(
  name: "folio",
  products: [
    .executable(name: "folio", targets: ["folio"]),
    .executable(name: "folio-worker", targets: ["folio-worker"]),
    .executable(name: "folio-bench", targets: ["folio-bench"]),
    .library(name: "FolioKit", targets: ["FolioKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "3.12.0"),
  ],
  targets: [
    // The system's libraries.
    .systemLibrary(name: "CCmark", pkgConfig: "libcmark", providers: [.apt(["libcmark-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .target(name: "CSentencePiece", linkerSettings: [.linkedLibrary("sentencepiece")]),

    // The vocabulary that host and worker share.
    .target(name: "Text"),
    .target(name: "Files"),
    .target(name: "Record", dependencies: ["Files", "Text"]),
    .target(name: "Store", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "Figures", dependencies: ["Files", "Text"]),

    // The host: Markdown -> Document -> cells -> records -> pages.
    .target(
      name: "Document",
      dependencies: [
        "Record", "CCmark", .product(name: "Yams", package: "Yams"),
        .product(name: "SwiftSyntax", package: "swift-syntax"),
        .product(name: "SwiftParser", package: "swift-syntax"),
      ]),
    .target(
      name: "Planning",
      dependencies: [
        "Document", "Store",
        .product(name: "SwiftSyntax", package: "swift-syntax"),
        .product(name: "SwiftParser", package: "swift-syntax"),
      ]),
    .target(name: "CSpawn"),
    .target(name: "Processes", dependencies: ["Record", "CSpawn"]),
    .target(name: "Session", dependencies: ["Document", "Files", "Planning", "Processes", "Record", "Store"]),
    .target(name: "Review", dependencies: ["Document", "Files", "Processes", "Record", "Text"]),
    .target(
      name: "Rendering",
      dependencies: [
        "Document", "Record", "Figures", "Files", "Review", "Text",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftParser", package: "swift-syntax"),
        .product(name: "SwiftIDEUtils", package: "swift-syntax"),
      ]),
    .target(name: "Preview", dependencies: ["Processes", "Record"]),
    .target(
      name: "Building",
      dependencies: [
        "Document", "Figures", "Files", "Preview", "Processes", "Record", "Rendering", "Review", "Session", "Store",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(name: "Interchange", dependencies: ["Document", "Figures", "Files", "Planning", "Record", "Rendering"]),
    .executableTarget(
      name: "folio",
      dependencies: [
        "Building", "Document", "Figures", "Interchange", "Processes", "Record", "Rendering", "Review", "Session", "Store",
        "Text",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "folio-bench",
      dependencies: [
        "Attribution", "Building", "Document", "Figures", "Gemma", "Planning", "Processes", "Session", "Store", "Tensors",
        "COpenBLAS",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // The worker: the model, its taking apart, and what a cell sees.
    .target(name: "CKernels"),
    .target(name: "Tensors", dependencies: ["COpenBLAS", "CKernels"]),
    .target(name: "Gemma", dependencies: ["Files", "Tensors", "CSentencePiece", "CKernels"]),
    .target(name: "Attribution", dependencies: ["Gemma", "Tensors"]),
    .target(name: "PrOntoQA", dependencies: ["Files", "Tensors"]),
    .target(name: "CWorker", dependencies: ["CSpawn"]),
    .target(
      name: "FolioKit", dependencies: ["Record", "Figures", "Tensors", "Gemma", "Attribution", "PrOntoQA", "CWorker"]),
    .executableTarget(
      name: "folio-worker",
      dependencies: [
        "FolioKit", "CSpawn", "CWorker", "Record", "Store", "Tensors", .product(name: "Crypto", package: "swift-crypto"),
      ],
      linkerSettings: exportsItsSymbols),

    // One test target a module.
    .testTarget(name: "DocumentTests", dependencies: ["Document"]),
    .testTarget(name: "StoreTests", dependencies: ["Store", "TestThreads"]),
    .testTarget(name: "PlanningTests", dependencies: ["Planning", "Document", "Store"]),
    // Sessions start the worker that lies beside the tests.
    .testTarget(name: "ProcessesTests", dependencies: ["Processes", "Record", "TestThreads"]),
    .testTarget(name: "SessionTests", dependencies: ["Session", "Document", "Processes", "Record", "Store", "folio-worker"]),
    .testTarget(
      name: "BuildingTests",
      dependencies: [
        "Building", "Document", "Figures", "Preview", "Processes", "Record", "Rendering", "Review", "Session", "Store",
        "TestThreads", "folio-worker",
      ]),
    .testTarget(name: "InterchangeTests", dependencies: ["Interchange", "Document", "Figures", "Record"]),
    .testTarget(name: "PreviewTests", dependencies: ["Preview", "Processes", "Record", "TestThreads"]),
    .testTarget(name: "ReviewTests", dependencies: ["CCmark", "Figures", "Record", "Rendering", "Review"]),
    .testTarget(name: "TextTests", dependencies: ["Text"]),
    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "RecordTests", dependencies: ["Record"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures"]),
    .testTarget(name: "RenderingTests", dependencies: ["Rendering", "Document", "Record", "Figures"]),
    .target(name: "TestThreads", path: "Tests/TestThreads"),
    .target(name: "GemmaFixture", dependencies: ["Gemma", "Tensors"], path: "Tests/GemmaFixture"),
    // Tries mutated inputs of every kind of file that is read: .ci/fuzz.
    .executableTarget(
      name: "folio-fuzz",
      dependencies: [
        "Document", "Figures", "Gemma", "Interchange", "Planning", "Preview", "PrOntoQA", "Record", "Rendering", "Review",
        "Store",
        "Tensors",
      ],
      path: "Tests/Fuzzing"),
    .testTarget(name: "FuzzingTests", dependencies: ["folio-fuzz", "Processes", "TestThreads"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"]),
    .testTarget(name: "GemmaTests", dependencies: ["Gemma", "Tensors", "GemmaFixture"], exclude: ["Fixtures"]),
    .testTarget(name: "AttributionTests", dependencies: ["Attribution", "Gemma", "Tensors", "GemmaFixture"]),
    .testTarget(name: "PrOntoQATests", dependencies: ["PrOntoQA", "Tensors"], exclude: ["Fixtures"]),
    .testTarget(name: "FolioKitTests", dependencies: ["FolioKit", "Record", "GemmaFixture"]),
    .testTarget(name: "folioTests", dependencies: ["folio", "folio-worker", "Processes", "Store", "TestThreads"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
