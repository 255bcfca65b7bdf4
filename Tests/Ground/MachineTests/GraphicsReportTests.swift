import Foundation
import Machine
import TestSupport
import Testing

/// What is known of a machine's graphics cards, and how it is told.
@Suite struct GraphicsReportTests {
  private static let gibibyte = 1 << 30
  private static let h200 = GraphicsReport.Card(
    index: 0, name: "NVIDIA H200", totalMemory: 140 * gibibyte, availableMemory: 100 * gibibyte)
  private static let old = GraphicsReport.Card(
    index: 1, name: "NVIDIA K80", totalMemory: 12 * gibibyte, availableMemory: nil, obstacle: "It is too old.")
  private static let driver = GraphicsReport.Library(version: "13.0", path: "/lib/libcuda.so.1")
  private static let compiler = GraphicsReport.Library(version: "13.2", path: "/lib/libnvrtc.so.13")

  @Test func aCardWithAnObstacleIsNotUsable() {
    #expect(GraphicsReport(cards: [Self.h200, Self.old]).usableCards == [Self.h200])
  }

  @Test func nothingIsUsableWhereSomethingIsLacking() {
    #expect(GraphicsReport(cards: [Self.h200], driver: Self.driver, obstacle: "There is no NVRTC.").usableCards.isEmpty)
  }

  @Test func cardsAreToldWithTheirMemoryTheDriverAndTheCompiler() {
    let report = GraphicsReport(cards: [Self.h200, Self.old], driver: Self.driver, compiler: Self.compiler)
    #expect(
      report.words
        == "cuda:0 is NVIDIA H200, 140.0 GiB (100.0 can be had); cuda:1 is NVIDIA K80, 12.0 GiB; driver for CUDA 13.0 "
        + "(/lib/libcuda.so.1); NVRTC 13.2 (/lib/libnvrtc.so.13). cuda:1 cannot be used: It is too old.")
  }

  @Test func whereNothingIsFoundItIsToldWhyAndThatCellsRunAllTheSame() {
    let report = GraphicsReport(obstacle: "There is no NVIDIA driver. Install it.")
    #expect(report.words == "none; cells run on the processor. There is no NVIDIA driver. Install it.")
  }

  @Test func whatACardLacksIsToldWithWhatHelps() {
    let report = GraphicsReport(
      cards: [Self.h200], driver: Self.driver, obstacle: "There is no NVRTC. Install it (pip install nvidia-cuda-nvrtc).")
    #expect(
      report.words
        == "cuda:0 is NVIDIA H200, 140.0 GiB (100.0 can be had); driver for CUDA 13.0 (/lib/libcuda.so.1); cells run on the processor. "
        + "There is no NVRTC. Install it (pip install nvidia-cuda-nvrtc).")
  }

  @Test func aCardThatIsTheOnlyOneAndNotUsableSaysWhy() {
    expect(
      GraphicsReport(cards: [Self.old]).words, contains: "; cells run on the processor", "cuda:1 cannot be used: It is too old.")
  }

  @Test func aDriverThatIsNamedIsTheOnlyOneThatIsLookedFor() {
    #expect(GraphicsDriver.candidates(["FOLIO_CUDA_DRIVER": "/my/libcuda.so"]) == ["/my/libcuda.so"])
    #expect(GraphicsDriver.candidates(["FOLIO_CUDA_DRIVER": ""]).first == "libcuda.so.1")
  }

  @Test func aDriverMayBeThereWhereItsLibraryCanBeLoaded() {
    #expect(!GraphicsDriver.mayBeThere(["FOLIO_CUDA_DRIVER": "/no/such/driver"]))
    // Any library will do: it is not asked anything.
    #expect(GraphicsDriver.mayBeThere(["FOLIO_CUDA_DRIVER": "libm.so.6"]))
  }
}
