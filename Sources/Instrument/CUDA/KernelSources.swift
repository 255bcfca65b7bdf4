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
  package static let own = KernelSources(programs: [:])
}
