import CUDA
import Foundation
import Store
import TestSupport

/// A machine with cards that there are not: the stand-ins for NVIDIA's driver and for NVRTC, which run the kernels on the processor.
///
/// Each is a copy of the libraries in a folder of its own, so that it has its own state, and tests may run at once. It is found by the same
/// search as the true libraries, through the environment's variables.
package final class StandInMachine: Sendable {
  private let folder: TestFolder
  package let driver: StandInLibrary
  package let compiler: StandInLibrary
  private let store: EntryStore?

  /// - Parameters:
  ///   - settings: of the driver; see `Machine.h`.
  ///   - store: where compiled kernels are kept; nil to keep none.
  package init(_ settings: [String: Int] = [:], store: EntryStore? = nil) throws {
    folder = try TestFolder()
    driver = try StandInLibrary("libCUDADriverStandIn.so", in: folder.path)
    compiler = try StandInLibrary("libNVRTCStandIn.so", in: folder.path)
    self.store = store
    for (name, value) in settings { driver.set(name, value) }
  }

  /// The variables by which Folio finds it.
  package var environment: [String: String] { ["FOLIO_CUDA_DRIVER": driver.path, "FOLIO_NVRTC": compiler.path] }

  /// Folio's view of it. Each is as a process of its own would see it.
  /// - Parameter variables: further ones of the environment.
  package func system(_ variables: [String: String] = [:]) -> CUDASystem {
    CUDASystem(.init(environment: environment.merging(variables) { $1 }, store: store, poisonsMemory: true))
  }

  /// What was done that a card must not be asked to do; empty if nothing was.
  package var fault: String { driver.fault }
}

/// A stand-in's library. It stays open when nobody holds it any more, as those that it stands for do.
package final class StandInLibrary: @unchecked Sendable {
  package let path: String
  private let handle: UnsafeMutableRawPointer
  private let setter: @convention(c) (UnsafePointer<CChar>, Int64) -> Int32
  private let getter: @convention(c) (UnsafePointer<CChar>) -> Int64
  private let faultText: (@convention(c) () -> UnsafePointer<CChar>)?

  /// Copies a library that lies beside the tests into a folder, and opens the copy.
  init(_ name: String, in folder: String) throws {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    path = "\(folder)/\(name)"
    try FileManager.default.copyItem(atPath: tests.appendingPathComponent(name).path, toPath: path)
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL), let set = dlsym(handle, "stand_in_set"),
      let get = dlsym(handle, "stand_in_get")
    else { throw CannotOpen(reason: dlerror().map { String(cString: $0) } ?? "\(name) is no stand-in") }
    self.handle = handle
    setter = unsafeBitCast(set, to: (@convention(c) (UnsafePointer<CChar>, Int64) -> Int32).self)
    getter = unsafeBitCast(get, to: (@convention(c) (UnsafePointer<CChar>) -> Int64).self)
    faultText = dlsym(handle, "stand_in_fault").map { unsafeBitCast($0, to: (@convention(c) () -> UnsafePointer<CChar>).self) }
  }

  /// One of the functions of the library that it stands for, as a C function of this type.
  package func function<Function>(_ name: String, as type: Function.Type = Function.self) throws -> Function {
    guard let address = dlsym(handle, name) else { throw CannotOpen(reason: "the stand-in has no function “\(name)”") }
    return unsafeBitCast(address, to: type)
  }

  struct CannotOpen: Error { var reason: String }

  /// Changes a setting.
  package func set(_ name: String, _ value: Int) {
    precondition(setter(name, Int64(value)) != 0, "the stand-in has no setting “\(name)”")
  }

  /// A setting or a count.
  package func get(_ name: String) -> Int { Int(getter(name)) }

  fileprivate var fault: String { faultText.map { String(cString: $0()) } ?? "" }
}
