import CCUDAKernels
import CUDAHostKernels
import Foundation
import TestSupport
import Testing

/// The table of sources against the folder that they come from, and against what was compiled for the host.
@Suite struct SourceTests {
  static let folder = "\(Repository.top)/Sources/C/CCUDAKernels/Kernels"

  @Test func everyFileOfTheFolderIsInTheTable() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
    #expect(KernelSource.all.map(\.name).sorted() == files)
  }

  @Test(arguments: KernelSource.all)
  func aSourceIsItsFileByteForByte(source: KernelSource) throws {
    let file = try String(contentsOfFile: "\(Self.folder)/\(source.name)", encoding: .utf8)
    #expect(source.text == file)
  }

  @Test(arguments: KernelSource.programs)
  func everyKernelIsAlsoCompiledForTheHost(source: KernelSource) {
    #expect(!source.kernels.isEmpty)
    for kernel in source.kernels { #expect(host_has(kernel) == 1, "\(kernel) is not in the host build") }
  }

  @Test func aKernelThatIsNotThereIsNotFound() {
    #expect(host_has("no_such_kernel") == 0)
    #expect(host_parameters("no_such_kernel", nil, 0) == 0)
  }

  @Test func theHostKnowsTheSizesOfAKernelsParameters() {
    var sizes = [Int](repeating: 0, count: 8)
    #expect(host_parameters("rms_normalize", &sizes, 8) == 6)
    #expect(sizes == [8, 8, 8, 8, 8, 4, 0, 0])
  }
}

/// A file of the table.
struct KernelSource: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  var testDescription: String { name }

  static let all = (0..<cuda_source_count).map { index in
    let source = cuda_source_at(index).pointee
    let text = UnsafeRawBufferPointer(start: source.text, count: source.length)
    return KernelSource(name: String(cString: source.name), text: String(decoding: text, as: UTF8.self))
  }
  static let programs = all.filter { $0.name.hasSuffix(".cu") }
  static let headers = all.filter { $0.name.hasSuffix(".cuh") }
  static let options = (0..<cuda_option_count).map { String(cString: cuda_option_at($0)) }

  /// What it is compiled for. Products by warpgroups are instructions of one architecture alone.
  var architectures: [String] {
    text.contains("#include \"Warpgroups.cuh\"") ? ["sm_90a"] : ["sm_80", "sm_90", "sm_90a", "sm_100"]
  }

  /// The names of the kernels that it defines.
  var kernels: [String] { text.matches(of: /(?m)^KERNEL\((\w+)/).map { String($0.1) } }
}
