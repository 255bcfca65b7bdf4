import Synchronization

/// The driver and NVRTC as one `CUDASystem` uses them, each opened when it is first needed.
///
/// A driver that does not start will not start later in the same process, so that is remembered; NVRTC may be installed meanwhile.
final class CUDALibraries: Sendable {
  let settings: CUDASystem.Settings
  private let opened = Mutex(Opened())

  private struct Opened {
    var driver: Result<Driver, CUDAError>?
    var compiler: Compiler?
  }

  init(_ settings: CUDASystem.Settings) { self.settings = settings }

  /// The driver, opened and started.
  func driver() throws(CUDAError) -> Driver {
    try opened.withLock { opened throws(CUDAError) in
      if let driver = opened.driver { return try driver.get() }
      CUDASystem.aside(true)
      defer { CUDASystem.aside(false) }
      let driver = Result { () throws(CUDAError) in
        try Driver(LibrarySearch(environment: settings.environment).driver)
      }
      opened.driver = driver
      return try driver.get()
    }
  }

  /// The compiler of kernels, opened.
  func compiler() throws(CUDAError) -> Compiler {
    // Where there is no driver, the newest compiler is as good as any.
    let newest = (try? driver()).map { $0.version / 1000 } ?? Int.max
    return try opened.withLock { opened throws(CUDAError) in
      if let compiler = opened.compiler { return compiler }
      CUDASystem.aside(true)
      defer { CUDASystem.aside(false) }
      let search = LibrarySearch(environment: settings.environment)
      let compiler = try Compiler(search.compiler(newest: newest), places: search.compilerPlaces)
      opened.compiler = compiler
      return compiler
    }
  }
}
