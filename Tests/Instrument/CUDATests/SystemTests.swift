import CUDA
import CUDAStandIn
import Foundation
import Synchronization
import TestSupport
import Testing

/// What a machine has and lacks is said in whole sentences, each with an advice.
@Suite struct SystemTests {
  // MARK: - What lacks

  @Test func aMachineWithoutADriverIsTold() throws {
    let system = CUDASystem(.init(environment: ["FOLIO_CUDA_DRIVER": "/no/libcuda.so.1"]))
    let error = #expect(throws: CUDAError.self) { try system.cards() }
    expect(
      error?.description, contains: "There is no NVIDIA driver", "/no/libcuda.so.1", "https://www.nvidia.com/drivers", "“cpu”")
    #expect(throws: try #require(error)) { try system.context(0) }
  }

  @Test func aLibraryThatIsNoDriverIsTold() throws {
    let machine = try StandInMachine()
    let system = CUDASystem(.init(environment: ["FOLIO_CUDA_DRIVER": machine.compiler.path]))
    let error = #expect(throws: CUDAError.self) { try system.cards() }
    expect(error?.description, contains: "no function “cuDeviceGetCount”", "Install a newer driver.")
  }

  @Test func aDriverThatDoesNotStartIsTold() throws {
    let machine = try StandInMachine(["start result": 803])
    let error = #expect(throws: CUDAError.self) { try machine.system().cards() }
    expect(error?.description, contains: "cuInit failed with CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)", "driver")
  }

  @Test func aMachineWithoutACardIsTold() throws {
    let system = try StandInMachine(["cards": 0]).system()
    #expect(try system.cards().isEmpty)
    let error = #expect(throws: CUDAError.noCard(index: 0, count: 0)) { try system.context(0) }
    expect(error?.description, contains: "sees no card", "CUDA_VISIBLE_DEVICES", "nvidia-smi")
  }

  @Test(arguments: [(1, 1), (2, 7), (2, -1)]) func aCardThatIsNotThereIsTold(count: Int, index: Int) throws {
    let system = try StandInMachine(["cards": count]).system()
    let error = #expect(throws: CUDAError.noCard(index: index, count: count)) { try system.context(index) }
    expect(error?.description, contains: "“cuda:\(index)”", "“cuda:\(count == 1 ? 0 : count - 1)”")
  }

  @Test(arguments: [(46, "CUDA_ERROR_DEVICE_UNAVAILABLE (46)"), (2, "CUDA_ERROR_OUT_OF_MEMORY (2)")])
  func aCardThatOthersHaveIsTold(result: Int, words: String) throws {
    let system = try StandInMachine(["context result": result]).system()
    let error = #expect(throws: CUDAError.self) { try system.context(0) }
    expect(error?.description, contains: "The card “cuda:0” cannot be used", words, "nvidia-smi")
    // It is there all the same, and has no room.
    #expect(try system.cards().map(\.freeMemory) == [0])
  }

  @Test func aMachineWithoutNVRTCIsTold() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_NVRTC": "/no/libnvrtc.so"]).context(0)
    let error = #expect(throws: CUDAError.self) { try card.kernel("fill", in: "Elementwise.cu") }
    expect(error?.description, contains: "There is no NVRTC", "/no/libnvrtc.so", "pip install nvidia-cuda-nvrtc", "FOLIO_NVRTC")
    // All else works.
    #expect(try card.numbers(card.memory([1]), 1) == [1])
  }

  @Test func aLibraryThatIsNoNVRTCIsTold() throws {
    let machine = try StandInMachine()
    let card = try machine.system(["FOLIO_NVRTC": machine.driver.path]).context(0)
    let error = #expect(throws: CUDAError.self) { try card.kernel("fill", in: "Elementwise.cu") }
    expect(error?.description, contains: "no function “nvrtcCreateProgram”", "pip install nvidia-cuda-nvrtc")
  }

  @Test func nVRTCThatIsInstalledMeanwhileIsFound() throws {
    let folder = try TestFolder()
    let machine = try StandInMachine()
    let path = folder.path + "/libnvrtc.so"
    let card = try machine.system(["FOLIO_NVRTC": path]).context(0)
    #expect(throws: CUDAError.self) { try card.kernel("fill", in: "Elementwise.cu") }
    try FileManager.default.copyItem(atPath: machine.compiler.path, toPath: path)
    #expect(throws: Never.self) { try card.kernel("fill", in: "Elementwise.cu") }
  }

  @Test func nothingIsOpenedBeforeItIsNeeded() throws {
    let machine = try StandInMachine()
    let system = machine.system()
    #expect(machine.driver.get("cuInit") == 0)
    _ = try system.cards(asksForMemory: false)
    #expect(machine.driver.get("cuInit") == 1)
    #expect(machine.driver.get("cuDevicePrimaryCtxRetain") == 0)
  }

  /// What a process notes of files: nothing of where the libraries are, nor of what they read, on the thread that needs them.
  @Test func whatIsDoneAsideIsTold() throws {
    let own = pthread_self()
    let depth = Mutex((now: 0, times: 0))
    CUDASystem.whenAside { begins in
      guard pthread_self() == own else { return }
      depth.withLock {
        $0.now += begins ? 1 : -1
        if begins { $0.times += 1 }
      }
    }
    defer { CUDASystem.whenAside { _ in } }
    let card = try StandInMachine().system().context(0)
    let opened = depth.withLock { $0.times }
    #expect(opened >= 2)
    _ = try card.kernel("fill", in: "Elementwise.cu")
    #expect(depth.withLock { $0.times } > opened)
    #expect(depth.withLock { $0.now } == 0)
  }

  // MARK: - What is there

  @Test func cardsAreDescribed() throws {
    let machine = try StandInMachine(["cards": 2, "memory": 8 << 30, "taken": 1 << 30, "capability": 80])
    let cards = try machine.system().cards()
    #expect(cards.map(\.index) == [0, 1])
    let card = try #require(cards.last)
    #expect(card.name == "Stand-in card 1")
    #expect(card.totalMemory == 8 << 30)
    #expect(card.freeMemory == 7 << 30)
    #expect(card.capability == .init(8, 0))
    #expect(card.multiprocessors == 4)
    #expect(card.uuid == "GPU-10111213-1415-1617-1819-1a1b1c1d1e1f")
    #expect(machine.driver.get("contexts") == 0)
  }

  @Test func freeMemoryIsAskedOnlyIfItIsWanted() throws {
    #expect(try StandInMachine().system().cards(asksForMemory: false).first?.freeMemory == nil)
  }

  @Test(arguments: [(8, 0, "sm_80"), (8, 6, "sm_86"), (9, 0, "sm_90a"), (10, 0, "sm_100"), (12, 1, "sm_121")])
  func aCapabilityHasAnArchitecture(major: Int, minor: Int, name: String) {
    #expect(Card.Capability(major, minor).architecture == name)
  }

  @Test func capabilitiesHaveAnOrder() {
    #expect(Card.Capability(8, 9) < .init(9, 0))
    #expect(Card.Capability(9, 0) < .init(10, 0))
    #expect(Card.Capability(12, 0) < .init(12, 1))
  }

  @Test func aCardHasOneContextInAProcess() async throws {
    let machine = try StandInMachine()
    let system = machine.system()
    await concurrently(6) { _ in #expect(throws: Never.self) { try system.context(0) } }
    #expect(try system.context(0) === system.context(0))
    #expect(machine.driver.get("streams") == 1)
  }

  /// This machine's own, whatever it has: it is asked without harm.
  @Test func anyMachineMayBeAsked() {
    do throws(CUDAError) {
      for card in try CUDASystem(.init()).cards(asksForMemory: false) { #expect(!card.name.isEmpty) }
    } catch {
      #expect(!error.description.isEmpty)
    }
  }
}
