import Foundation

/// A library that was opened at run time. It stays open: what it gave out may be in use anywhere.
final class SharedLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - name: a path, or a name that the system's loader looks for.
  ///   - onlyIfLoaded: take it only if something has opened it already.
  init(_ name: String, onlyIfLoaded: Bool = false) throws(CannotOpen) {
    guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | (onlyIfLoaded ? RTLD_NOLOAD : 0)) else {
      throw CannotOpen(reason: dlerror().map { String(cString: $0) } ?? "\(name) is not loaded")
    }
    self.handle = handle
  }

  /// Why a library is not opened, in the loader's words.
  struct CannotOpen: Error { var reason: String }

  /// The function of a name, as a C function of this type; nil if there is none.
  func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
    dlsym(handle, name).map { unsafeBitCast($0, to: type) }
  }

  /// The file that it was read from, which has this function.
  func path(ofFileWith function: String) -> String? {
    // GNU's and BSD's `dladdr` is not among what Swift imports. It fills four pointers, of which the first is the file's name.
    typealias Locate = @convention(c) (UnsafeRawPointer, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    guard let address = dlsym(handle, function), let locate = dlsym(nil, "dladdr") else { return nil }
    return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: 4) { found in
      found.initialize(repeating: nil)
      guard let base = found.baseAddress, unsafeBitCast(locate, to: Locate.self)(address, base) != 0 else { return nil }
      return found[0].map { String(cString: $0) }
    }
  }
}
