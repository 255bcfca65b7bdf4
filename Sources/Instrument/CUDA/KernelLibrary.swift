import Foundation
import Keys
import Store
import Synchronization

/// The compiled programs of a card: each is compiled when its first kernel is asked for, by one thread, and kept in the store for the next
/// process.
///
/// The store's key is all that the machine code depends on: the program, the headers, the options with the architecture, and NVRTC's
/// version. The store notices what is damaged; what the driver refuses nevertheless is compiled again.
final class KernelLibrary: Sendable {
  private let settings: CUDASystem.Settings
  private let programs: Mutex<[String: Program]>

  /// A program, and its kernels as far as they have been asked for. Its lock is held while it is compiled, so that others wait for it and
  /// only for it.
  private final class Program: Sendable {
    struct State {
      var module: KernelModule?
      var kernels: [String: Kernel] = [:]
    }
    let state = Mutex(State())
  }

  init(_ settings: CUDASystem.Settings) {
    self.settings = settings
    programs = Mutex([:])
  }

  /// Loads a program, compiled if it is not kept. The context must be current.
  func prepare(_ file: String, of context: CardContext) throws(CUDAError) {
    try program(file).state.withLock { state throws(CUDAError) in _ = try loaded(&state, file, context) }
  }

  /// The context must be current.
  func kernel(_ name: String, in file: String, of context: CardContext) throws(CUDAError) -> Kernel {
    try program(file).state.withLock { state throws(CUDAError) in
      if let kernel = state.kernels[name] { return kernel }
      let kernel = try Kernel(name, in: loaded(&state, file, context), of: context)
      state.kernels[name] = kernel
      return kernel
    }
  }

  private func program(_ file: String) -> Program {
    programs.withLock { programs in
      if let program = programs[file] { return program }
      let program = Program()
      programs[file] = program
      return program
    }
  }

  private func loaded(_ state: inout Program.State, _ file: String, _ context: CardContext) throws(CUDAError) -> KernelModule {
    if let module = state.module { return module }
    let module = try module(of: file, context)
    state.module = module
    return module
  }

  /// Gives the programs back to the driver. No kernel may be used any more.
  func unload(from driver: Driver) {
    programs.withLock { programs in
      for program in programs.values {
        program.state.withLock { if let module = $0.module { _ = driver.moduleUnload(module.handle) } }
      }
      programs = [:]
    }
  }

  // MARK: - Compiling

  private func module(of file: String, _ context: CardContext) throws(CUDAError) -> KernelModule {
    let compiler = try context.libraries.compiler()
    CUDASystem.aside(true)
    defer { CUDASystem.aside(false) }
    let (sources, capability) = (settings.sources, context.card.capability)
    let key = Self.key(file, of: sources, options: Self.options(of: sources, for: capability), compiler: compiler.version)
    if let kept = settings.store?.data(.cubins, key), let module = try? load(kept, context, compiler) { return module }
    let made = try Self.machineCode(of: file, sources, for: capability, by: compiler)
    let module = try load(made, context, compiler)
    settings.store?.put(made, .cubins, key)
    return module
  }

  static func machineCode(
    of file: String, _ sources: KernelSources, for capability: Card.Capability, by compiler: Compiler
  ) throws(CUDAError) -> Data {
    try check(capability, compiler)
    return try compiler.compile(file, of: sources, options: options(of: sources, for: capability))
  }

  /// - Throws: `CUDAError.tooOld`, if a compiler does not know a card.
  static func check(_ capability: Card.Capability, _ compiler: Compiler) throws(CUDAError) {
    guard compiler.architectures.isEmpty || compiler.architectures.contains(capability.number) else {
      throw unknown(capability, compiler)
    }
  }

  /// An architecture of its own, and not a virtual one: the driver has nothing to translate.
  static func options(of sources: KernelSources, for capability: Card.Capability) -> [String] {
    ["--gpu-architecture=\(capability.architecture)"] + sources.options
  }

  static func key(_ file: String, of sources: KernelSources, options: [String], compiler: String) -> Key {
    var builder = KeyBuilder("cubin")
    builder.add("compiler", compiler)
    for option in options { builder.add("option", option) }
    for header in sources.headers {
      builder.add("header", header.name)
      builder.add("text", header.text)
    }
    builder.add("program", file)
    builder.add("text", sources.programs[file] ?? "")
    return builder.key
  }

  private func load(_ cubin: Data, _ context: CardContext, _ compiler: Compiler) throws(CUDAError) -> KernelModule {
    let driver = context.driver
    var module: OpaquePointer?
    let result = cubin.withUnsafeBytes { bytes in
      bytes.baseAddress.map { driver.moduleLoadData(&module, $0) } ?? Driver.Code.invalidImage
    }
    switch result {
    case Driver.Code.invalidImage, Driver.Code.noBinaryForGPU, Driver.Code.unsupportedPTXVersion:
      throw Self.refused(by: driver, context.card.capability, compiler)
    default:
      try driver.check(result, "cuModuleLoadData")
    }
    guard let module else { throw Self.refused(by: driver, context.card.capability, compiler) }
    return KernelModule(module)
  }

  private static func unknown(_ capability: Card.Capability, _ compiler: Compiler) -> CUDAError {
    .tooOld(
      cause: "NVRTC \(compiler.version) (\(compiler.path)) does not compile for this card's compute capability, \(capability)",
      advice: capability.number < (compiler.architectures.min() ?? 0)
        ? "An older one does: “pip install nvidia-cuda-nvrtc-cu12”, or name its file in FOLIO_NVRTC"
        : "A newer one does: “pip install --upgrade nvidia-cuda-nvrtc”, or name its file in FOLIO_NVRTC")
  }

  static func refused(by driver: Driver, _ capability: Card.Capability, _ compiler: Compiler) -> CUDAError {
    .tooOld(
      cause: """
        The NVIDIA driver, which is for CUDA \(driver.versionText), does not load what NVRTC \(compiler.version) \
        (\(compiler.path)) compiled for \(capability.architecture)
        """,
      advice: """
        The driver must be as new as the card, and its first number no less than NVRTC's: update the driver, or take an older NVRTC \
        (“pip install nvidia-cuda-nvrtc-cu12”, or name its file in FOLIO_NVRTC)
        """)
  }
}
