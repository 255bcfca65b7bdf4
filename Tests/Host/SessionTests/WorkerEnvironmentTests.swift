import Foundation
import Machine
import Session
import Testing

@Suite struct WorkerEnvironmentTests {
  @Test func theFastestBLASKernelsThatTheProcessorCanRunAreChosenWhateverIsPreset() {
    let skylake: Set = ["avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]
    #expect(WorkerEnvironment.blasCoreType(flags: skylake) == "SkylakeX")
    #expect(WorkerEnvironment.blasCoreType(flags: skylake.union(["avx512_bf16"])) == "Cooperlake")
    #expect(WorkerEnvironment.blasCoreType(flags: ["avx2", "fma"]) == "Haswell")
    #expect(WorkerEnvironment.blasCoreType(flags: ["sse2"]) == nil)
    let chosen = WorkerEnvironment.blasCoreType(flags: Processor.flags())
    #expect(WorkerEnvironment.make(["OPENBLAS_CORETYPE": "Prescott"])["OPENBLAS_CORETYPE"] == chosen)
  }

  @Test func thereIsOneThreadForEachCoreUnlessFOLIO_THREADSSaysOtherwise() {
    let environment = WorkerEnvironment.make(["OMP_NUM_THREADS": "64", "OPENBLAS_NUM_THREADS": "64"])
    #expect(environment["FOLIO_THREADS"] == String(Processor.cores))
    #expect(environment["OPENBLAS_NUM_THREADS"] == environment["FOLIO_THREADS"])
    #expect(environment["OMP_NUM_THREADS"] == nil)
    #expect(WorkerEnvironment.make(["FOLIO_THREADS": "3"])["OPENBLAS_NUM_THREADS"] == "3")
    #expect(WorkerEnvironment.make(["FOLIO_THREADS": "many"])["FOLIO_THREADS"] == String(Processor.cores))
  }
}
