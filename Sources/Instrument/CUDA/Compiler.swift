import Foundation

/// NVRTC: NVIDIA's compiler of CUDA C++ as a library (<https://docs.nvidia.com/cuda/nvrtc>). It needs no card, and no other file.
final class Compiler: @unchecked Sendable {
  private typealias Program = OpaquePointer
  private typealias Result = Int32
  private typealias Texts = UnsafePointer<UnsafePointer<CChar>?>?

  private let library: SharedLibrary
  /// The file that was opened.
  let path: String
  /// Its version: `13.2`.
  let version: String
  /// Its major version: 13.
  let major: Int
  /// The architectures that it compiles for, as 10 · major + minor; empty if it does not say.
  let architectures: [Int]

  private let createProgram:
    @convention(c) (UnsafeMutablePointer<Program?>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32, Texts, Texts) -> Result
  private let destroyProgram: @convention(c) (UnsafeMutablePointer<Program?>) -> Result
  private let compileProgram: @convention(c) (Program, Int32, Texts) -> Result
  private let cubinSize: @convention(c) (Program, UnsafeMutablePointer<Int>) -> Result
  private let cubin: @convention(c) (Program, UnsafeMutablePointer<CChar>) -> Result
  private let logSize: @convention(c) (Program, UnsafeMutablePointer<Int>) -> Result
  private let log: @convention(c) (Program, UnsafeMutablePointer<CChar>) -> Result
  private let errorString: @convention(c) (Result) -> UnsafePointer<CChar>?

  /// Opens the first of the candidates that there is.
  /// - Parameter places: what was searched, for the message if there is none.
  convenience init(_ candidates: [LibrarySearch.Candidate], places: String) throws(CUDAError) {
    var reasons: [String] = []
    for candidate in candidates {
      do {
        try self.init(SharedLibrary(candidate.name, onlyIfLoaded: candidate.onlyIfLoaded))
        return
      } catch let error as SharedLibrary.CannotOpen {
        // That the loader knows no such name is the usual case; that a file cannot be opened is told.
        if candidate.name.contains("/") { reasons.append(error.reason) }
      } catch let error as CUDAError {
        throw error
      } catch {
        reasons.append("\(error)")
      }
    }
    throw .noCompiler(cause: reasons.isEmpty ? places : reasons.joined(separator: "; "))
  }

  private init(_ library: SharedLibrary) throws {
    func find<Function>(_ name: String) throws(CUDAError) -> Function {
      if let function = library.function(name, as: Function.self) { return function }
      throw .tooOld(
        cause: "The NVRTC that was found has no function “\(name)”", advice: "“pip install nvidia-cuda-nvrtc” brings a newer one")
    }
    self.library = library
    path = library.path(ofFileWith: "nvrtcVersion") ?? "libnvrtc.so"
    createProgram = try find("nvrtcCreateProgram")
    destroyProgram = try find("nvrtcDestroyProgram")
    compileProgram = try find("nvrtcCompileProgram")
    cubinSize = try find("nvrtcGetCUBINSize")
    cubin = try find("nvrtcGetCUBIN")
    logSize = try find("nvrtcGetProgramLogSize")
    log = try find("nvrtcGetProgramLog")
    errorString = try find("nvrtcGetErrorString")
    let getVersion: @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Result = try find("nvrtcVersion")
    var (major, minor): (Int32, Int32) = (0, 0)
    _ = getVersion(&major, &minor)
    version = "\(major).\(minor)"
    self.major = Int(major)
    architectures = Self.architectures(library)
  }

  private static func architectures(_ library: SharedLibrary) -> [Int] {
    typealias Function = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
    guard let getCount: Function = library.function("nvrtcGetNumSupportedArchs"),
      let getAll: Function = library.function("nvrtcGetSupportedArchs")
    else { return [] }
    var count: Int32 = 0
    guard getCount(&count) == 0, count > 0 else { return [] }
    var all = [Int32](repeating: 0, count: Int(count))
    return getAll(&all) == 0 ? all.map(Int.init) : []
  }

  /// Machine code for one architecture, which the driver loads.
  /// - Parameters:
  ///   - file: the program's name among the sources.
  ///   - options: as for `nvcc`.
  func compile(_ file: String, of sources: KernelSources, options: [String]) throws(CUDAError) -> Data {
    guard let text = sources.programs[file] else {
      throw .compilation(file: file, log: "There is no kernel source of this name.")
    }
    var program: Program?
    let created = withCStrings(sources.headers.map(\.text)) { texts in
      withCStrings(sources.headers.map(\.name)) { names in
        createProgram(&program, text, file, Int32(sources.headers.count), texts, names)
      }
    }
    try check(created, "nvrtcCreateProgram")
    guard let made = program else { throw .compilation(file: file, log: "NVRTC made no program of it.") }
    defer { _ = destroyProgram(&program) }
    let compiled = withCStrings(options) { compileProgram(made, Int32(options.count), $0) }
    guard compiled == 0 else {
      let words = errorString(compiled).map { String(cString: $0) } ?? "error \(compiled)"
      throw .compilation(file: file, log: logText(of: made).isEmpty ? words : logText(of: made))
    }
    var size = 0
    try check(cubinSize(made, &size), "nvrtcGetCUBINSize")
    var data = Data(count: size)
    let result = data.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map { cubin(made, $0.assumingMemoryBound(to: CChar.self)) }
    }
    guard let result, size > 0 else { throw .compilation(file: file, log: "NVRTC made no machine code of it.") }
    try check(result, "nvrtcGetCUBIN")
    return data
  }

  private func logText(of program: Program) -> String {
    var size = 0
    guard logSize(program, &size) == 0, size > 1 else { return "" }
    var bytes = [CChar](repeating: 0, count: size + 1)
    guard log(program, &bytes) == 0 else { return "" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func check(_ result: Result, _ call: String) throws(CUDAError) {
    guard result != 0 else { return }
    let words = errorString(result).map { String(cString: $0) } ?? "an unknown error"
    throw .driver(call: call, code: Int(result), name: words, message: "NVRTC says no more")
  }

  /// Lends C an array of C strings.
  private func withCStrings<Value>(_ strings: [String], _ body: (Texts) -> Value) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
