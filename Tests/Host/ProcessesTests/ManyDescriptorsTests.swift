import Foundation
import Processes
import Testing

/// As many files are open as no table of a library has room for.
@Suite struct ManyDescriptorsTests {
  @Test(.enabled(if: highestLimit() >= 6000, "the limit of this machine is lower"))
  func programsAreStartedBeyondEveryTable() throws {
    var former = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &former)
    var raised = rlimit(rlim_cur: 6000, rlim_max: former.rlim_max)
    if former.rlim_cur < 6000 { #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0) }
    let files = (0..<5000).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    defer { for file in files where file >= 0 { close(file) } }
    #expect(files.allSatisfy { $0 >= 0 })
    for _ in 0..<3 {
      var call = ChildProcess.Call("cat")
      call.input = Data("through".utf8)
      #expect(try ChildProcess.finish(call).text == "through")
    }
  }
}

private func highestLimit() -> rlim_t {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return limit.rlim_max
}
