import Foundation

/// The functions of NVIDIA's driver that are used here, from its library (<https://docs.nvidia.com/cuda/cuda-driver-api>).
///
/// There is no header and nothing is linked: a machine without a card has no such library. The types are those of the driver's ABI: a
/// result is an `Int32`, an address on the card a `UInt64`, and a context, stream, event, module or function a pointer.
final class Driver: @unchecked Sendable {
  typealias Handle = OpaquePointer
  typealias Result = Int32

  private let library: SharedLibrary
  /// The file that was opened.
  let path: String
  /// What the driver supports, as 1000 · major + 10 · minor.
  let version: Int
  /// Whether it started; without a card it does not.
  let isStarted: Bool

  // Devices
  let deviceGetCount: @convention(c) (UnsafeMutablePointer<Int32>) -> Result
  let deviceGet: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Result
  let deviceGetName: @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Result
  let deviceGetUuid: @convention(c) (UnsafeMutablePointer<UInt8>, Int32) -> Result
  let deviceTotalMem: @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Result
  let deviceGetAttribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Result
  // Contexts
  let primaryContextRetain: @convention(c) (UnsafeMutablePointer<Handle?>, Int32) -> Result
  let primaryContextRelease: @convention(c) (Int32) -> Result
  let contextSetCurrent: @convention(c) (Handle?) -> Result
  // Memory
  let memGetInfo: @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> Result
  let memAlloc: @convention(c) (UnsafeMutablePointer<UInt64>, Int) -> Result
  let memFree: @convention(c) (UInt64) -> Result
  let memHostAlloc: @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int, UInt32) -> Result
  let memFreeHost: @convention(c) (UnsafeMutableRawPointer) -> Result
  let memcpyHtoDAsync: @convention(c) (UInt64, UnsafeRawPointer, Int, Handle?) -> Result
  let memcpyDtoHAsync: @convention(c) (UnsafeMutableRawPointer, UInt64, Int, Handle?) -> Result
  let memcpyDtoDAsync: @convention(c) (UInt64, UInt64, Int, Handle?) -> Result
  let memsetD8Async: @convention(c) (UInt64, UInt8, Int, Handle?) -> Result
  // Streams and events
  let streamCreate: @convention(c) (UnsafeMutablePointer<Handle?>, UInt32) -> Result
  let streamDestroy: @convention(c) (Handle) -> Result
  let streamSynchronize: @convention(c) (Handle) -> Result
  let eventCreate: @convention(c) (UnsafeMutablePointer<Handle?>, UInt32) -> Result
  let eventDestroy: @convention(c) (Handle) -> Result
  let eventRecord: @convention(c) (Handle, Handle?) -> Result
  let eventSynchronize: @convention(c) (Handle) -> Result
  let eventElapsedTime: @convention(c) (UnsafeMutablePointer<Float>, Handle, Handle) -> Result
  // Modules and kernels
  let moduleLoadData: @convention(c) (UnsafeMutablePointer<Handle?>, UnsafeRawPointer) -> Result
  let moduleUnload: @convention(c) (Handle) -> Result
  let moduleGetFunction: @convention(c) (UnsafeMutablePointer<Handle?>, Handle, UnsafePointer<CChar>) -> Result
  let functionGetAttribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Handle) -> Result
  let functionSetAttribute: @convention(c) (Handle, Int32, Int32) -> Result
  let launchKernel:
    @convention(c) (
      Handle, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Handle?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Result
  // Errors
  private let errorName: @convention(c) (Result, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Result
  private let errorString: @convention(c) (Result, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Result

  /// Opens the first of the candidates that there is, and starts it.
  convenience init(_ candidates: [LibrarySearch.Candidate]) throws(CUDAError) {
    var reasons: [String] = []
    for candidate in candidates {
      do {
        try self.init(SharedLibrary(candidate.name, onlyIfLoaded: candidate.onlyIfLoaded))
        return
      } catch let error as SharedLibrary.CannotOpen {
        reasons.append(error.reason)
      } catch let error as CUDAError {
        throw error
      } catch {
        reasons.append("\(error)")
      }
    }
    throw .noDriver(cause: reasons.joined(separator: "; "))
  }

  private init(_ library: SharedLibrary) throws {
    func find<Function>(_ name: String) throws(CUDAError) -> Function {
      if let function = library.function(name, as: Function.self) { return function }
      throw .tooOld(cause: "The NVIDIA driver has no function “\(name)”", advice: "Install a newer driver")
    }
    self.library = library
    path = library.path(ofFileWith: "cuInit") ?? "libcuda.so.1"
    deviceGetCount = try find("cuDeviceGetCount")
    deviceGet = try find("cuDeviceGet")
    deviceGetName = try find("cuDeviceGetName")
    deviceGetUuid = try library.function("cuDeviceGetUuid_v2") ?? find("cuDeviceGetUuid")
    deviceTotalMem = try find("cuDeviceTotalMem_v2")
    deviceGetAttribute = try find("cuDeviceGetAttribute")
    primaryContextRetain = try find("cuDevicePrimaryCtxRetain")
    primaryContextRelease = try library.function("cuDevicePrimaryCtxRelease_v2") ?? find("cuDevicePrimaryCtxRelease")
    contextSetCurrent = try find("cuCtxSetCurrent")
    memGetInfo = try find("cuMemGetInfo_v2")
    memAlloc = try find("cuMemAlloc_v2")
    memFree = try find("cuMemFree_v2")
    memHostAlloc = try find("cuMemHostAlloc")
    memFreeHost = try find("cuMemFreeHost")
    memcpyHtoDAsync = try find("cuMemcpyHtoDAsync_v2")
    memcpyDtoHAsync = try find("cuMemcpyDtoHAsync_v2")
    memcpyDtoDAsync = try find("cuMemcpyDtoDAsync_v2")
    memsetD8Async = try find("cuMemsetD8Async")
    streamCreate = try find("cuStreamCreate")
    streamDestroy = try find("cuStreamDestroy_v2")
    streamSynchronize = try find("cuStreamSynchronize")
    eventCreate = try find("cuEventCreate")
    eventDestroy = try find("cuEventDestroy_v2")
    eventRecord = try find("cuEventRecord")
    eventSynchronize = try find("cuEventSynchronize")
    eventElapsedTime = try find("cuEventElapsedTime")
    moduleLoadData = try find("cuModuleLoadData")
    moduleUnload = try find("cuModuleUnload")
    moduleGetFunction = try find("cuModuleGetFunction")
    functionGetAttribute = try find("cuFuncGetAttribute")
    functionSetAttribute = try find("cuFuncSetAttribute")
    launchKernel = try find("cuLaunchKernel")
    errorName = try find("cuGetErrorName")
    errorString = try find("cuGetErrorString")
    let start: @convention(c) (UInt32) -> Result = try find("cuInit")
    let getVersion: @convention(c) (UnsafeMutablePointer<Int32>) -> Result = try find("cuDriverGetVersion")
    var version: Int32 = 0
    _ = getVersion(&version)
    self.version = Int(version)
    let result = start(0)
    // Without a card it does not start; to say that there are none is the caller's matter.
    isStarted = result == Code.success
    guard isStarted || result == Code.noDevice else {
      throw CUDAError.noDriver(cause: error(result, "cuInit").description.trimmingSuffix("."))
    }
  }

  /// The driver's codes that mean something here.
  enum Code {
    static let success: Result = 0
    static let outOfMemory: Result = 2
    static let notInitialized: Result = 3
    static let noDevice: Result = 100
    static let invalidImage: Result = 200
    static let noBinaryForGPU: Result = 209
    static let unsupportedPTXVersion: Result = 222
  }

  /// The numbers of attributes and flags, as in `cuda.h`.
  enum Constant {
    static let multiprocessorCount: Int32 = 16
    static let capabilityMajor: Int32 = 75
    static let capabilityMinor: Int32 = 76
    static let sharedMemoryPerBlockOptIn: Int32 = 97
    static let functionSharedSize: Int32 = 1
    static let functionMaxDynamicSharedSize: Int32 = 8
    static let streamNonBlocking: UInt32 = 1
    static let eventDefault: UInt32 = 0
    static let eventDisableTiming: UInt32 = 2
  }

  /// `13.0`.
  var versionText: String { "\(version / 1000).\(version % 1000 / 10)" }

  /// What a call's result says.
  func error(_ result: Result, _ call: @autoclosure () -> String) -> CUDAError {
    func text(_ function: @convention(c) (Result, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Result) -> String? {
      var text: UnsafePointer<CChar>?
      return function(result, &text) == Code.success ? text.map { String(cString: $0) } : nil
    }
    return .driver(
      call: call(), code: Int(result), name: text(errorName) ?? "an unknown error",
      message: text(errorString) ?? "the driver says no more")
  }

  /// Throws what a call's result says, if it is not success.
  @inline(__always)
  func check(_ result: Result, _ call: @autoclosure () -> String) throws(CUDAError) {
    if result != Code.success { throw error(result, call()) }
  }
}

extension String {
  /// The text without this end, if it has it.
  func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
