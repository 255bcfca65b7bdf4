import Machine
import TestSupport
import Testing

@Suite struct ProcessorTests {
  /// Four cores of two hardware threads each.
  private static func system() throws -> TestFolder {
    let folder = try TestFolder()
    for processor in 0..<8 {
      try folder.write(
        "\(processor % 4),\(processor % 4 + 4)\n", to: "devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
    }
    return folder
  }

  @Test(arguments: [(Set(0..<8), 4), ([0, 4, 5], 2)] as [(Set<Int>, Int)])
  func hardwareThreadsOfOneCoreCountOnce(allowed: Set<Int>, cores: Int) throws {
    let system = try Self.system()
    #expect(Processor.cores(system: system.path, allowed: allowed, share: nil) == cores)
  }

  @Test(arguments: [(1.5, 2), (0.1, 1), (4, 4), (64, 4)])
  func theShareOfAControlGroupIsNotExceeded(share: Double, cores: Int) throws {
    let system = try Self.system()
    #expect(Processor.cores(system: system.path, allowed: Set(0..<8), share: share) == cores)
  }

  @Test func whereNothingIsToldEachProcessorIsACore() {
    #expect(Processor.cores(system: "/nowhere", allowed: [3], share: nil) == 1)
  }

  @Test func thisMachineHasACore() { #expect(Processor.cores >= 1) }
}
