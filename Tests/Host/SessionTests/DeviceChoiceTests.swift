import Document
import Foundation
import Machine
import Record
import Session
import TestSupport
import Testing

/// Who says on which device models compute, and what comes of it on machines of various cards.
@Suite struct DeviceChoiceTests {
  private static let gibibyte = 1 << 30

  static func card(_ index: Int, _ name: String = "NVIDIA H200", free: Int = 100) -> GraphicsReport.Card {
    GraphicsReport.Card(index: index, name: name, totalMemory: 140 * gibibyte, availableMemory: free * gibibyte)
  }

  private func notebook(_ device: String? = nil) throws -> Notebook {
    try Notebook(markdown: device.map { "---\ntitle: a\ndevice: \($0)\n---\n" } ?? "", file: "n.md")
  }

  private func choice(_ device: String? = nil, commandLine: Device? = nil, _ environment: String? = nil) throws -> DeviceChoice {
    try DeviceChoice(
      notebook(device), commandLine: commandLine, environment: environment.map { ["FOLIO_DEVICE": $0] } ?? [:])
  }

  private func resolved(_ choice: DeviceChoice, _ report: GraphicsReport, needing gibibytes: Int = 2) throws -> ResolvedDevice {
    try choice.resolved(needing: { gibibytes * Self.gibibyte }, on: { _ in report })
  }

  private func problem(_ choice: DeviceChoice, _ report: GraphicsReport) -> Diagnostic? {
    #expect(throws: Diagnostic.self) { try resolved(choice, report) }
  }

  // MARK: - Who says it

  @Test func theCommandLineOutranksTheFrontMatterAndThatTheEnvironment() throws {
    #expect(try choice("cuda:1", commandLine: .cpu, "cuda:2").device == .cpu)
    #expect(try choice("cuda:1", "cuda:2").device == .cuda(1))
    #expect(try choice(nil, "cuda:2").device == .cuda(2))
    #expect(try choice().device == .auto)
  }

  @Test func anEnvironmentWhoseValueIsNoDeviceIsAnErrorOnlyWhereItDecides() throws {
    let problem = #expect(throws: Diagnostic.self) { try choice(nil, "gpu") }
    #expect(problem?.message == "the environment variable FOLIO_DEVICE is 'gpu', which is no device")
    expect(problem?.advice, contains: "'cpu'", "'cuda:1'")
    #expect(try choice("cpu", "gpu").device == .cpu)
    #expect(try choice(nil, "").device == .auto)
  }

  // MARK: - The processor

  @Test func theProcessorIsTakenWithoutALookAtCards() throws {
    struct Looked: Error {}
    let device = try choice(nil, commandLine: .cpu).resolved(needing: { 0 }, on: { _ in throw Looked() })
    #expect(device == .processor)
    #expect(device.kind == "cpu")
    #expect(throws: Looked.self) { try choice().resolved(needing: { 0 }, on: { _ in throw Looked() }) }
  }

  // MARK: - Any card

  @Test func ofSeveralCardsTheOneWithTheMostRoomIsTaken() throws {
    let report = GraphicsReport(cards: [Self.card(0, free: 20), Self.card(1, "NVIDIA H100", free: 70), Self.card(2, free: 60)])
    let device = try resolved(choice(), report)
    #expect(device.device == .cuda(1))
    #expect(device.kind == "NVIDIA H100")
  }

  @Test func ofEqualCardsTheFirstIsTaken() throws {
    #expect(try resolved(choice(), GraphicsReport(cards: [Self.card(0), Self.card(1)])).device == .cuda(0))
  }

  @Test func withoutACardThatHasRoomTheProcessorIsTaken() throws {
    let report = GraphicsReport(cards: [Self.card(0, free: 20), Self.card(1, free: 30)])
    #expect(try resolved(choice(), report, needing: 30).device == .cuda(1))
    #expect(try resolved(choice(), report, needing: 31) == .processor)
  }

  @Test func withoutAUsableCardTheProcessorIsTakenAndNothingIsSaid() throws {
    #expect(try resolved(choice(), GraphicsReport(cards: [])) == .processor)
    #expect(try resolved(choice(), GraphicsReport(cards: [Self.card(0)], obstacle: "There is no NVRTC.")) == .processor)
    var old = Self.card(0)
    old.obstacle = "It is too old."
    #expect(try resolved(choice(), GraphicsReport(cards: [old])) == .processor)
    #expect(try resolved(choice(), GraphicsReport(cards: [old, Self.card(1)])).device == .cuda(1))
  }

  // MARK: - One card

  @Test func theCardThatIsAskedForIsTakenWhateverRoomItHas() throws {
    let report = GraphicsReport(cards: [Self.card(0), Self.card(1, "NVIDIA H100", free: 1)])
    let device = try resolved(choice("cuda:1"), report, needing: 50)
    #expect(device.device == .cuda(1))
    #expect(device.kind == "NVIDIA H100")
  }

  @Test func aCardThatIsNotThereIsAnErrorAtItsLineWithTheCardsThatAre() throws {
    let report = GraphicsReport(cards: [Self.card(0), Self.card(1, "NVIDIA H100")])
    let found = try problem(choice("cuda:2"), report)
    #expect(found?.place == Place(file: "n.md", line: 3))
    #expect(found?.message == "'device' asks for cuda:2, and there is no such graphics card")
    expect(found?.advice, contains: "cuda:0 (NVIDIA H200), cuda:1 (NVIDIA H100)", "--device cpu")
  }

  @Test func whoAskedForACardThatCannotBeHadIsNamed() throws {
    let none = GraphicsReport()
    let ofCommand = try problem(choice("cpu", commandLine: .cuda(0)), none)
    #expect(ofCommand?.message == "'--device' asks for cuda:0, and there is no such graphics card")
    #expect(ofCommand?.place == nil)
    expect(ofCommand?.advice, contains: "There is none at all.")
    #expect(
      try problem(choice(nil, "cuda"), none)?.message
        == "the environment variable FOLIO_DEVICE asks for cuda:0, and there is no such graphics card")
  }

  @Test func whatACardLacksIsAnErrorWithWhatHelps() throws {
    let report = GraphicsReport(cards: [Self.card(0)], obstacle: "There is no NVRTC: pip install nvidia-cuda-nvrtc.")
    let lacking = try problem(choice("cuda"), report)
    #expect(lacking?.message == "'device' asks for cuda:0, and it cannot be had here")
    expect(lacking?.advice, contains: "There is no NVRTC: pip install nvidia-cuda-nvrtc.", "--device cpu")
    var old = Self.card(0)
    old.obstacle = "It is too old."
    let useless = try problem(choice("cuda"), GraphicsReport(cards: [old]))
    #expect(useless?.message == "'device' asks for cuda:0, and it cannot be used")
    expect(useless?.advice, contains: "It is too old.")
  }

  @Test func theMemoryOfCardsIsOnlyAskedForWhereItDecides() throws {
    var asked: [Device] = []
    for device in [Device.cpu, .auto, .cuda(1)] {
      _ = try choice(nil, commandLine: device).resolved(needing: { 0 }) {
        asked.append($0)
        return GraphicsReport(cards: [Self.card(0), Self.card(1)])
      }
    }
    #expect(asked == [.auto, .cuda(1)])
    var unknown = Self.card(0)
    unknown.availableMemory = nil
    #expect(try resolved(choice(), GraphicsReport(cards: [unknown])) == .processor)
    #expect(try resolved(choice("cuda"), GraphicsReport(cards: [unknown])).device == .cuda(0))
  }
}
