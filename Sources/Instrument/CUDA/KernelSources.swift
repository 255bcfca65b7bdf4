import CCUDAKernels

/// CUDA C++ sources: programs, each compiled by itself, and the headers that they include.
package struct KernelSources: Sendable {
  /// By file name, as `Elementwise.cu`.
  package var programs: [String: String]
  /// The name is that in the `#include`.
  package var headers: [(name: String, text: String)]

  /// What the compiler is told besides the architecture.
  package var options: [String]

  package init(programs: [String: String], headers: [(name: String, text: String)] = [], options: [String] = []) {
    self.programs = programs
    self.headers = headers
    self.options = options
  }

  /// Those that Folio brings.
  package static let own: KernelSources = {
    var sources = KernelSources(programs: [:])
    for index in 0..<cuda_source_count {
      let file = cuda_source_at(index).pointee
      let (name, text) = (String(cString: file.name), String(cString: file.text))
      if name.hasSuffix(".cu") { sources.programs[name] = text } else { sources.headers.append((name, text)) }
    }
    sources.options = (0..<cuda_option_count).map { String(cString: cuda_option_at($0)) }
    return sources
  }()
}
