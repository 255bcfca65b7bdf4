import CUDA
import CUDAStandIn
import Foundation
import Machine
import TestSupport
import Testing

/// What is told of a machine's cards to whoever chooses a device.
@Suite struct GraphicsReportTests {
  private func report(
    _ settings: [String: Int] = [:], _ variables: [String: String] = [:], withMemory: Bool = true
  ) throws -> GraphicsReport {
    GraphicsReport(try StandInMachine(settings).system(variables), withMemory: withMemory)
  }

  @Test func cardsTheDriverAndTheCompilerAreTold() throws {
    let report = try report(["cards": 2, "memory": 8 << 30, "taken": 3 << 30])
    #expect(report.cards.map(\.name) == ["Stand-in card 0", "Stand-in card 1"])
    #expect(report.cards.map(\.index) == [0, 1])
    #expect(report.cards.map(\.totalMemory) == [8 << 30, 8 << 30])
    #expect(report.cards.map(\.availableMemory) == [9 << 29, 9 << 29])
    #expect(report.usableCards == report.cards)
    #expect(report.driver?.version == "13.0")
    #expect(report.compiler?.path.hasSuffix("libNVRTCStandIn.so") == true)
  }

  @Test func memoryIsAskedForOnlyIfItIsWanted() throws {
    let machine = try StandInMachine()
    #expect(GraphicsReport(machine.system(), withMemory: false).cards.map(\.availableMemory) == [nil])
    #expect(machine.driver.get("cuDevicePrimaryCtxRetain") == 0)
    #expect(GraphicsReport(machine.system(), withMemory: true).cards.map(\.availableMemory) == [7 << 29])
    #expect(machine.driver.get("cuDevicePrimaryCtxRetain") == 1)
  }

  @Test func whatMayBeTakenOfACardIsWhatCanBeHad() throws {
    let limited = try report([:], ["FOLIO_CUDA_MEMORY": "1G"])
    #expect(limited.cards.map(\.availableMemory) == [1 << 30])
    let generous = try report(["memory": 4 << 30, "taken": 1 << 30], ["FOLIO_CUDA_MEMORY": "100G"])
    #expect(generous.cards.map(\.availableMemory) == [3 << 30])
    let unreadable = try report([:], ["FOLIO_CUDA_MEMORY": "much"])
    #expect(unreadable.usableCards.isEmpty)
    expect(unreadable.cards.first?.obstacle, contains: "FOLIO_CUDA_MEMORY is “much”")
  }

  @Test func aCardThatIsTooOldIsToldAndNotUsable() throws {
    let report = try report(["capability": 75])
    #expect(report.usableCards.isEmpty)
    expect(report.cards.first?.obstacle, contains: "Stand-in card 0 has compute capability 7.5", "need 8.0")
    #expect(try self.report(["capability": 80]).usableCards.count == 1)
  }

  @Test func aCardThatTheCompilerOrTheDriverIsTooOldForIsNotUsable() throws {
    let machine = try StandInMachine(["capability": 120])
    machine.compiler.set("newest architecture", 100)
    let unknown = GraphicsReport(machine.system(), withMemory: true)
    #expect(unknown.usableCards.isEmpty)
    expect(unknown.cards.first?.obstacle, contains: "does not compile for", "--upgrade nvidia-cuda-nvrtc")
    let older = try report(["driver version": 12040])
    #expect(older.usableCards.isEmpty)
    expect(older.cards.first?.obstacle, contains: "for CUDA 12.4", "update the driver")
  }

  @Test func withoutADriverThatIsToldWithWhatHelps() throws {
    let report = try report([:], ["FOLIO_CUDA_DRIVER": "/no/such/driver"])
    #expect(report.cards.isEmpty)
    #expect(report.driver == nil)
    expect(report.obstacle, contains: "There is no NVIDIA driver", "/no/such/driver", "Install the driver")
  }

  @Test func withoutACompilerTheCardIsToldAndNotUsable() throws {
    let report = try report([:], ["FOLIO_NVRTC": "/no/such/compiler"])
    #expect(report.cards.count == 1)
    #expect(report.usableCards.isEmpty)
    expect(report.obstacle, contains: "pip install nvidia-cuda-nvrtc")
  }

  @Test func withoutACardThatIsTold() throws {
    let report = try report(["cards": 0])
    #expect(report.driver != nil)
    expect(report.obstacle, contains: "sees no card", "nvidia-smi")
  }
}
