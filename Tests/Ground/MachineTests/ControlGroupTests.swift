import Machine
import TestSupport
import Testing

/// What the kernel's files say of control groups.
@Suite struct ControlGroupTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func group(_ membership: String, _ files: [String: String]) throws -> ControlGroup {
    try folder.write(membership, to: "membership")
    for (path, text) in files { try folder.write(text + "\n", to: "cgroup/" + path) }
    return ControlGroup(membership: folder.path + "/membership", root: folder.path + "/cgroup")
  }

  @Test func withoutGroupsNothingIsLimited() throws {
    let none = ControlGroup(membership: folder.path + "/none", root: folder.path + "/none")
    #expect(none.memoryLimit == nil)
    #expect(none.memoryLeft == nil)
    #expect(none.processors == nil)
  }

  @Test func theNarrowestOfTheGroupsAroundAProcessCounts() throws {
    let group = try group(
      "0::/user/job\n",
      [
        "user/memory.max": "1000", "user/memory.current": "100", "user/job/memory.max": "max", "user/job/memory.current": "100",
        "user/cpu.max": "150000 100000", "user/job/cpu.max": "max 100000",
      ])
    #expect(group.memoryLimit == 1000)
    #expect(group.memoryLeft == 900)
    #expect(group.processors == 1.5)
  }

  @Test func aGroupThatIsFullLeavesNothingThoughAWiderOneHasRoom() throws {
    let group = try group(
      "0::/job\n",
      ["memory.max": "9000", "memory.current": "1000", "job/memory.max": "500", "job/memory.current": "600"])
    #expect(group.memoryLeft == 0)
  }

  @Test func pagesThatTheKernelCanTakeBackAreFree() throws {
    let group = try group(
      "0::/\n", ["memory.max": "1000", "memory.current": "800", "memory.stat": "anon 100\ninactive_file 600\nactive_file 100"])
    #expect(group.memoryLeft == 800)
  }

  @Test func inAContainerThePathOfTheOuterSystemIsNotThere() throws {
    #expect(try group("0::/docker/abc\n", ["memory.max": "1000", "memory.current": "1"]).memoryLimit == 1000)
  }

  @Test func theFirstVersionIsUnderstood() throws {
    let group = try group(
      "5:memory:/job\n4:cpu,cpuacct:/job\n",
      [
        "memory/job/memory.limit_in_bytes": "1000", "memory/job/memory.usage_in_bytes": "300",
        "memory/memory.limit_in_bytes": "9223372036854771712", "cpu/job/cpu.cfs_quota_us": "50000",
        "cpu/job/cpu.cfs_period_us": "100000", "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000",
      ])
    #expect(group.memoryLimit == 1000)
    #expect(group.memoryLeft == 700)
    #expect(group.processors == 0.5)
  }

  @Test(arguments: ["", "nonsense", "0::", "::::\n", "0::/../../etc\n"])
  func aStrangeMembershipLimitsNothing(text: String) throws {
    #expect(try group(text, [:]).memoryLimit == nil)
  }
}
