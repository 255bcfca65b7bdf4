import Foundation
import Machine
import Testing

/// What is known of a machine's graphics cards, and how it is told.
@Suite struct GraphicsReportTests {
  private static let gibibyte = 1 << 30
  private static let h200 = GraphicsReport.Card(
    index: 0, name: "NVIDIA H200", totalMemory: 140 * gibibyte, freeMemory: 100 * gibibyte)
  private static let old = GraphicsReport.Card(
    index: 1, name: "NVIDIA K80", totalMemory: 12 * gibibyte, freeMemory: 11 * gibibyte, obstacle: .init("it is too old"))

  @Test func aCardWithAnObstacleIsNotUsable() {
    #expect(GraphicsReport(cards: [Self.h200, Self.old]).usableCards == [Self.h200])
  }

  @Test func nothingIsUsableWhereSomethingIsLacking() {
    var report = GraphicsReport(cards: [Self.h200], driver: "580.65")
    report.obstacle = .init("there is no NVRTC")
    #expect(report.usableCards.isEmpty)
  }

  @Test func cardsAreToldWithTheirMemoryTheDriverAndTheCompiler() {
    let report = GraphicsReport(cards: [Self.h200, Self.old], driver: "580.65", compiler: "13.2 in /lib/libnvrtc.so.13")
    #expect(
      report.words
        == "cuda:0 is NVIDIA H200, 100.0 GiB free of 140.0; cuda:1 is NVIDIA K80, 11.0 GiB free of 12.0 (it is too old); driver "
        + "580.65; NVRTC 13.2 in /lib/libnvrtc.so.13")
  }

  @Test func whereNothingIsFoundItIsToldWhyAndThatCellsRunAllTheSame() {
    let report = GraphicsReport(obstacle: .init("there is no NVIDIA driver", advice: "Install it."))
    #expect(report.words == "none: there is no NVIDIA driver; cells run on the processor. Install it.")
  }

  @Test func whatACardLacksIsToldWithWhatHelps() {
    var report = GraphicsReport(cards: [Self.h200], driver: "580.65")
    report.obstacle = .init("there is no NVRTC", advice: "pip install nvidia-cuda-nvrtc")
    #expect(
      report.words
        == "cuda:0 is NVIDIA H200, 100.0 GiB free of 140.0; driver 580.65: there is no NVRTC; cells run on the processor. "
        + "pip install nvidia-cuda-nvrtc")
  }

  @Test func aDriverWithoutCardsIsTold() {
    #expect(GraphicsReport(cards: [], driver: "580.65").words.contains("driver 580.65: there is no graphics card"))
  }

  @Test func aCardThatIsTheOnlyOneAndNotUsableSaysWhy() {
    expectOneLine(GraphicsReport(cards: [Self.old]).words, ending: ": it is too old; cells run on the processor")
  }

  private func expectOneLine(_ text: String, ending: String) {
    #expect(text.hasSuffix(ending), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test func aDriverThatIsNamedMayBeThereWhateverIsInstalled() {
    #expect(GraphicsDriver.mayBeThere(["FOLIO_CUDA_DRIVER": "/my/libcuda.so"]))
    #expect(GraphicsDriver.mayBeThere(["FOLIO_CUDA_DRIVER": ""]) == GraphicsDriver.mayBeThere([:]))
  }
}
