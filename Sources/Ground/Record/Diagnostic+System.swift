import Foundation

extension Diagnostic {
  /// A system call that failed. Where descriptors are short, it says how many there may be, and how to have more; the other advice would be
  /// wrong then.
  /// - Parameters:
  ///   - what: what could not be done, without a full stop.
  ///   - code: the errno.
  package static func system(_ what: String, code: Int32 = errno, advice: String? = nil) -> Diagnostic {
    Diagnostic(
      "\(what): \(String(cString: strerror(code)))",
      advice: code == EMFILE ? moreDescriptors : code == ENFILE ? fewerFiles : advice)
  }

  /// What to do where this process may open no more files.
  package static var moreDescriptors: String {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return
      "At most \(limit.rlim_cur) files may be open at a time here. Raise that by 'ulimit -n 1024' (as root, where the limit is a hard one)."
  }

  private static var fewerFiles: String { "The whole system has too many files open: end other programs." }
}
