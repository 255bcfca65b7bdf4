import Foundation
import TestSupport
import Testing

/// Every program compiles for the cards that Folio runs on, without a warning, and without memory beside the registers. NVRTC needs no card:
/// `pip install nvidia-cuda-nvrtc` puts it where these tests look.
@Suite(.enabled(if: NVRTC.found != nil, "NVRTC is not installed: `pip install nvidia-cuda-nvrtc` brings it."))
struct NVRTCTests {
  @Test(arguments: KernelSource.programs.flatMap { source in source.architectures.map { (source, $0) } })
  func aProgramCompilesWithoutWarningsAndSpills(source: KernelSource, architecture: String) throws {
    let nvrtc = try #require(NVRTC.found)
    let compiled = nvrtc.compile(source, architecture)
    #expect(compiled.isCompiled, "\(compiled.log)")
    #expect(!compiled.log.contains("warning"), "\(compiled.log)")
    #expect(compiled.spills == [])
    let missing = source.kernels.filter { !compiled.log.contains("'\($0)'") }
    #expect(missing == [])
  }

  @Test func aProgramThatDoesNotCompileIsNoticed() throws {
    let nvrtc = try #require(NVRTC.found)
    let text = "#include \"Platform.cuh\"\nKERNEL(broken, 32, (int x)) { y; }"
    let compiled = nvrtc.compile(KernelSource(name: "Broken.cu", text: text), "sm_90")
    #expect(!compiled.isCompiled)
    #expect(compiled.log.contains("Broken.cu(2)"))
  }

  @Test func memoryBesideTheRegistersIsNoticed() throws {
    let nvrtc = try #require(NVRTC.found)
    let text = """
      #include "Platform.cuh"
      KERNEL(spilling, 32, (float *x, int n)) {
        float all[64];
        for (int i = 0; i < n; i++) all[i * 7 % 64] = x[i];
        for (int i = 0; i < n; i++) x[i] = all[i * 5 % 64];
      }
      """
    let compiled = nvrtc.compile(KernelSource(name: "Spilling.cu", text: text), "sm_90")
    #expect(compiled.isCompiled)
    #expect(!compiled.spills.isEmpty)
  }
}

/// NVRTC, as far as these tests need it.
struct NVRTC: @unchecked Sendable {
  struct Compiled {
    let isCompiled: Bool
    let log: String

    /// What the assembler says of kernels that need a stack or spill registers. A few bytes, which some versions of it spill around a loop and
    /// others do not, cost nothing.
    var spills: [Substring] {
      log.split(separator: "\n").filter { line in
        guard let sizes = line.firstMatch(of: /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/) else {
          return false
        }
        return [sizes.1, sizes.2, sizes.3].contains { Int($0).map { $0 > 64 } ?? true }
      }
    }
  }

  private typealias Text = UnsafePointer<CChar>
  private typealias Program = OpaquePointer
  private typealias Create =
    @convention(c) (
      UnsafeMutablePointer<Program?>, Text, Text, Int32, UnsafePointer<Text?>?, UnsafePointer<Text?>?
    ) -> Int32
  private typealias Compile = @convention(c) (Program?, Int32, UnsafePointer<Text?>?) -> Int32
  private typealias GetSize = @convention(c) (Program?, UnsafeMutablePointer<Int>) -> Int32
  private typealias GetText = @convention(c) (Program?, UnsafeMutablePointer<CChar>?) -> Int32
  private typealias Destroy = @convention(c) (UnsafeMutablePointer<Program?>) -> Int32

  private let create: Create
  private let compile: Compile
  private let logSize: GetSize
  private let log: GetText
  private let destroy: Destroy

  /// That of the file that FOLIO_TEST_NVRTC names, or of the packages of the Python that is found first.
  static let found: NVRTC? = {
    for path in places { if let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) { return NVRTC(library) } }
    return nil
  }()

  private static var places: [String] {
    if let named = ProcessInfo.processInfo.environment["FOLIO_TEST_NVRTC"], !named.isEmpty { return [named] }
    let script = "import glob, sys; [print(f) for p in sys.path for f in glob.glob(p + '/nvidia/*/lib/libnvrtc.so.1[0-9]')]"
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return [] }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }

  private init?(_ library: UnsafeMutableRawPointer) {
    guard let create = dlsym(library, "nvrtcCreateProgram"), let compile = dlsym(library, "nvrtcCompileProgram"),
      let logSize = dlsym(library, "nvrtcGetProgramLogSize"), let log = dlsym(library, "nvrtcGetProgramLog"),
      let destroy = dlsym(library, "nvrtcDestroyProgram")
    else { return nil }
    self.create = unsafeBitCast(create, to: Create.self)
    self.compile = unsafeBitCast(compile, to: Compile.self)
    self.logSize = unsafeBitCast(logSize, to: GetSize.self)
    self.log = unsafeBitCast(log, to: GetText.self)
    self.destroy = unsafeBitCast(destroy, to: Destroy.self)
  }

  /// Compiles a program with the headers and options of CCUDAKernels, and tells what the assembler needed.
  func compile(_ source: KernelSource, _ architecture: String) -> Compiled {
    let headers = KernelSource.headers
    let options = KernelSource.options + ["--gpu-architecture=\(architecture)", "--ptxas-options=-v"]
    var program: Program?
    let isMade = withTexts(headers.map(\.text)) { texts in
      withTexts(headers.map(\.name)) { names in create(&program, source.text, source.name, Int32(headers.count), texts, names) }
    }
    defer { _ = destroy(&program) }
    let isCompiled = isMade == 0 && withTexts(options) { compile(program, Int32(options.count), $0) } == 0
    var size = 0
    _ = logSize(program, &size)
    var text = [CChar](repeating: 0, count: size + 1)
    _ = log(program, &text)
    let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return Compiled(isCompiled: isCompiled, log: String(decoding: bytes, as: UTF8.self))
  }

  private func withTexts<Result>(_ texts: [String], _ body: (UnsafePointer<Text?>?) -> Result) -> Result {
    let copies = texts.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return copies.map { $0.map { UnsafePointer($0) } }.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
