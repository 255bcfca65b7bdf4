import Foundation
import Session
import Testing

@Suite("The worker's environment")
struct WorkerEnvironmentTests {
  @Test("the fastest BLAS kernels that the processor can run are chosen, whatever is preset")
  func kernels() {
    let skylake: Set = ["avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]
    #expect(WorkerEnvironment.blasCoreType(flags: skylake) == "SkylakeX")
    #expect(WorkerEnvironment.blasCoreType(flags: skylake.union(["avx512_bf16"])) == "Cooperlake")
    #expect(WorkerEnvironment.blasCoreType(flags: ["avx2", "fma"]) == "Haswell")
    #expect(WorkerEnvironment.blasCoreType(flags: ["sse2"]) == nil)
    let chosen = WorkerEnvironment.blasCoreType(flags: WorkerEnvironment.processorFlags())
    #expect(WorkerEnvironment.make(["OPENBLAS_CORETYPE": "Prescott"])["OPENBLAS_CORETYPE"] == chosen)
  }

  @Test("there is one thread a core, unless FOLIO_THREADS says otherwise, and OpenBLAS has as many")
  func threads() {
    let environment = WorkerEnvironment.make(["OMP_NUM_THREADS": "64", "OPENBLAS_NUM_THREADS": "64"])
    #expect(environment["FOLIO_THREADS"] == String(WorkerEnvironment.coreCount()))
    #expect(environment["OPENBLAS_NUM_THREADS"] == environment["FOLIO_THREADS"])
    #expect(environment["OMP_NUM_THREADS"] == nil)
    #expect(WorkerEnvironment.make(["FOLIO_THREADS": "3"])["OPENBLAS_NUM_THREADS"] == "3")
    #expect(WorkerEnvironment.make(["FOLIO_THREADS": "many"])["FOLIO_THREADS"] == String(WorkerEnvironment.coreCount()))
  }

  @Test("hardware threads of one core count once, and a control group's share is not exceeded")
  func cores() throws {
    let system = FileManager.default.temporaryDirectory.appendingPathComponent("folio-cores-\(UUID())")
    defer { try? FileManager.default.removeItem(at: system) }
    func write(_ text: String, _ path: String) throws {
      let file = system.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    for processor in 0..<8 {
      try write("\(processor % 4),\(processor % 4 + 4)\n", "devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
    }
    #expect(WorkerEnvironment.coreCount(system: system.path, allowed: Set(0..<8)) == 4)
    #expect(WorkerEnvironment.coreCount(system: system.path, allowed: [0, 4, 5]) == 2)
    try write("max 100000\n", "fs/cgroup/cpu.max")
    #expect(WorkerEnvironment.coreCount(system: system.path, allowed: Set(0..<8)) == 4)
    try write("150000 100000\n", "fs/cgroup/cpu.max")
    #expect(WorkerEnvironment.coreCount(system: system.path, allowed: Set(0..<8)) == 2)
    #expect(WorkerEnvironment.coreCount(system: system.path + "/none", allowed: [3]) == 1)
  }
}
