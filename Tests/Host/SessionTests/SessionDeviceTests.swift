import Document
import Foundation
import Machine
import Record
import Session
import TestSupport
import Testing

/// The device in a session: in keys, in records, and from run to run.
@Suite struct SessionDeviceTests {
  private let cells = ["var a = 1", "print(a)"]

  /// Sessions of one store, on a machine with these cards.
  private func session(
    _ folder: TestFolder, _ cards: [GraphicsReport.Card] = [], _ change: (inout NotebookSession.Options) -> Void = { _ in }
  ) throws -> ScriptedSession {
    try ScriptedSession { options in
      options.store = folder.path
      options.graphics = { _ in GraphicsReport(cards: cards) }
      change(&options)
    }
  }

  @Test func theRuntimeIsToldTheDeviceAndTheRecordItsKind() throws {
    let notebook = try session(TestFolder(), [DeviceChoiceTests.card(0), DeviceChoiceTests.card(1, "NVIDIA H100")])
    try notebook.run(cells, device: "cuda:1")
    #expect(notebook.runtime.device.device == .cuda(1))
    #expect(notebook.result?.record.device == "NVIDIA H100")
    #expect(try session(TestFolder()).record(cells).device == "cpu")
  }

  @Test func whatOneKindOfDeviceGaveIsNotTakenForWhatAnotherGives() throws {
    let folder = try TestFolder()
    try session(folder).run(cells)
    let onCard = try session(folder, [DeviceChoiceTests.card(0)])
    #expect(try onCard.run(cells) == [1, 2])
    #expect(onCard.explanation(2) == "ran: the device cpu -> NVIDIA H200")
    let back = try session(folder, [DeviceChoiceTests.card(0)]) { $0.device = .cpu }
    #expect(try back.run(cells) == [])
    let other = try session(folder, [DeviceChoiceTests.card(0, "NVIDIA H100")])
    #expect(try other.run(cells) == [1, 2])
    #expect(other.explanation(1) == "ran: the device cpu -> NVIDIA H100")
  }

  @Test func anotherCardOfTheSameKindRunsNothing() throws {
    let folder = try TestFolder()
    let cards = [DeviceChoiceTests.card(0), DeviceChoiceTests.card(1)]
    try session(folder, cards) { $0.device = .cuda(0) }.run(cells)
    #expect(try session(folder, cards) { $0.device = .cuda(1) }.run(cells) == [])
  }

  @Test func aSessionBeginsAnewOnAnotherDeviceAndKeepsItsWorkerOnTheSame() throws {
    let notebook = try session(TestFolder(), [DeviceChoiceTests.card(0), DeviceChoiceTests.card(1)])
    try notebook.run(cells, device: "cpu")
    #expect(notebook.runtime.restarts == 0)
    #expect(try notebook.run(cells, device: "cuda") == [1, 2])
    #expect(notebook.runtime.restarts == 1)
    #expect(notebook.result?.record.device == "NVIDIA H200")
    #expect(try notebook.run(cells + ["print(a + 1)"], device: "cuda") == [3])
    #expect(notebook.runtime.restarts == 1)
    // A card of the same kind: what is known stays known, and what must run needs its values on that card.
    #expect(try notebook.run(cells + ["print(a + 2)"], device: "cuda:1") == [1, 3])
    #expect(notebook.runtime.restarts == 2)
  }

  @Test func whatWasDecidedStaysAsLongAsNobodyAsksForAnotherDevice() throws {
    nonisolated(unsafe) var free = 50
    let notebook = try session(TestFolder()) {
      $0.graphics = { _ in GraphicsReport(cards: [DeviceChoiceTests.card(0, free: free)]) }
    }
    try notebook.run(cells)
    free = 0
    #expect(try notebook.run(cells) == [])
    #expect(notebook.result?.record.device == "NVIDIA H200")
  }

  @Test func aDeviceThatCannotBeHadRunsNothingAndCostsNothing() throws {
    let notebook = try session(TestFolder())
    try notebook.run(cells)
    let problem = #expect(throws: Diagnostic.self) { try notebook.run(cells, device: "cuda") }
    #expect(problem?.place == Place(file: "scripted.md", line: 2))
    #expect(notebook.started == [])
    #expect(try notebook.run(cells + ["print(a + 1)"]) == [3])
    #expect(notebook.runtime.restarts == 0)
  }

  @Test func aCardIsTakenOnlyIfItHasRoomForTheModelsThatAreNamed() throws {
    let folder = try TestFolder()
    try folder.write(String(repeating: "x", count: 1000), to: "m.safetensors")
    let room = GraphicsReport.Card(index: 0, name: "Small", totalMemory: 3 << 30, availableMemory: 2000 + 2 << 30)
    func device(_ markdown: String, _ card: GraphicsReport.Card) throws -> ResolvedDevice {
      let notebook = try session(TestFolder(), [card]).session
      return try notebook.takeDevice(for: Notebook(markdown: markdown, file: folder.path + "/n.md"))
    }
    var tight = room
    tight.availableMemory = (tight.availableMemory ?? 0) - 1
    let parameter = "params: {model: m.safetensors}"
    for named in ["needs: m.safetensors", parameter, "needs: params.model\n\(parameter)"] {
      #expect(try device("---\n\(named)\n---\n", room).kind == "Small")
      #expect(try device("---\n\(named)\n---\n", tight) == .processor)
    }
    #expect(try device("---\nparams: {model: another}\n---\n", tight).kind == "Small")
  }

  // MARK: - The worker

  /// What a notebook of one cell prints in a worker, on a machine with a card, for each of these devices after the other.
  private func printed(_ source: String, on devices: [String]) throws -> [String] {
    let folder = try TestFolder()
    var options = NotebookSession.Options()
    options.store = folder.path
    options.isForced = true
    options.environment = [:]
    options.graphics = { _ in GraphicsReport(cards: [DeviceChoiceTests.card(3)]) }
    let session = try NotebookSession(directory: folder.path, toolchain: .find(), installation: .find(), options: options)
    return try devices.map { device in
      let notebook = try Notebook(markdown: "---\ndevice: \(device)\n---\n```swift\n\(source)\n```\n", file: "n.md")
      return try session.run(notebook).record.cells[0].standardOutput
    }
  }

  private static let device = "ProcessInfo.processInfo.environment[\"FOLIO_DEVICE\"] ?? \"\""

  @Test func aCellsProcessKnowsTheDevice() throws {
    #expect(try printed("print(\(Self.device))", on: ["auto", "cpu", "cuda:3"]) == ["cuda:3\n", "cpu\n", "cuda:3\n"])
  }

  @Test func aValueThatIsKeptByOneKindOfDeviceIsNotFoundOnAnother() throws {
    let source = "let device = \(Self.device)\nprint(try memo(\"m\") { device })"
    #expect(try printed(source, on: ["cpu", "cuda:3", "cpu"]) == ["cpu\n", "cuda:3\n", "cpu\n"])
  }
}

extension ScriptedSession {
  /// The record of a run.
  fileprivate func record(_ cells: [String]) throws -> NotebookRecord {
    try run(cells)
    return try #require(result).record
  }
}

/// How the host asks the worker's program for cards: whatever becomes of it, there is an answer.
@Suite struct GraphicsAskingTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// What is found by a program in the worker's place.
  private func graphics(_ script: String, patience: Duration = .seconds(60)) throws -> GraphicsReport {
    let program = try folder.write("#!/bin/sh\n\(script)\n", to: "worker")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    return Installation(worker: program, modules: "").graphics(withMemory: true, patience: patience)
  }

  @Test func whatTheProgramSaysLastIsTheReport() throws {
    let report = GraphicsReport(cards: [DeviceChoiceTests.card(0)], driver: .init(version: "13.0", path: "/l"))
    let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
    #expect(try graphics("echo a library loads; echo '\(json)'") == report)
    #expect(try graphics("[ \"$*\" = \"--graphics --memory\" ] && echo '\(json)'") == report)
  }

  @Test(arguments: [
    ("echo no report", "exited with status 0"), ("echo it is broken >&2; exit 3", "exited with status 3 (it is broken)"),
    ("kill -SEGV $$", "was killed by SIGSEGV"),
  ])
  func aProgramThatSaysNothingIsAnObstacle(script: String, words: String) throws {
    let report = try graphics(script)
    expect(report.obstacle, contains: words, "nvidia-smi")
    #expect(report.usableCards.isEmpty)
  }

  @Test func aDriverThatDoesNotAnswerIsNotWaitedForForEver() throws {
    expect(try graphics("sleep 600", patience: .milliseconds(200)).obstacle, contains: "The NVIDIA driver does not answer.")
  }

  @Test func aProgramThatIsNotThereIsAnObstacle() {
    expect(Installation(worker: "/no/worker", modules: "").graphics(withMemory: false).obstacle, contains: "/no/worker")
  }

  @Test func theWorkersProgramAnswers() throws {
    let report = try Installation.find().graphics(withMemory: false, environment: ["FOLIO_CUDA_DRIVER": "/no/such/driver"])
    #expect(report.cards.isEmpty)
    expect(report.obstacle, contains: "There is no NVIDIA driver", "/no/such/driver")
  }
}
