import Foundation
import TestSupport
import Testing

/// The device on the command line, on a machine whose graphics card is out of reach.
@Suite struct DeviceCommandTests {
  /// A driver that is named and not there is none, whatever this machine has.
  private let none = ["FOLIO_CUDA_DRIVER": "/no/such/driver"]
  private let cell = "```swift\n//| label: x\nprint(ProcessInfo.processInfo.environment[\"FOLIO_DEVICE\"] ?? \"\")\n```"

  @Test func aWrongDeviceIsAnErrorAtItsPlace() throws {
    try withNotebook(cell) { folder in
      let option = try folio("build", "--device", "gpu", in: folder, environment: none)
      #expect(option.status == 64)
      expect(option.errors, contains: "'gpu'", "--device", "cuda:1")
      let variable = try folio("build", in: folder, environment: none.merging(["FOLIO_DEVICE": "gpu"]) { $1 })
      #expect(variable.status == 2)
      expect(variable.errors, contains: "the environment variable FOLIO_DEVICE is 'gpu'", "'cuda:1'")
      try folder.write("---\ntitle: a\ndevice: gpu\n---\n" + cell, to: "Notebooks/n.md")
      let key = try folio("build", in: folder, environment: none)
      #expect(key.status == 2)
      expect(key.errors, contains: "Notebooks/n.md:3: error: 'device' is the text 'gpu'", "'cuda:1'")
    }
  }

  @Test func aCardThatCannotBeHadIsAnErrorAndTheCommandLineOutranksIt() throws {
    try withNotebook("---\ndevice: cuda\n---\n" + cell) { folder in
      let result = try folio("run", "n", in: folder, environment: none)
      #expect(result.status == 2)
      expect(result.errors, contains: "Notebooks/n.md:2: error: 'device' asks for cuda:0", "--device cpu")
      let outranked = try folio("run", "n", "--device", "cpu", in: folder, environment: none)
      #expect(outranked.status == 0)
      #expect(outranked.output == "cpu\n")
    }
  }

  @Test func withoutACardAllIsAsOnTheProcessor() throws {
    try withNotebook(cell) { folder in
      let result = try folio("build", in: folder, environment: none)
      #expect(result.status == 0)
      #expect(result.errors.contains("graphics") == false, "\(result)")
      #expect(try folder.read("Site/n/record/x-1.txt") == "cpu\n")
      #expect(try folder.read("Site/n/record/index.json").contains("\"device\": \"cpu\""))
      #expect(try folder.read("Site/n/index.html").contains("Models computed on the processor."))
    }
  }

  @Test func aRecordOfACardIsCheckedWithoutOne() throws {
    try withNotebook("---\ntolerance: 0.001\n---\n```swift\n//| label: x\nprint(1.25)\n```") { folder in
      #expect(try folio("build", in: folder, environment: none).status == 0)
      let index = "Site/n/record/index.json"
      try folder.write(folder.read(index).replacing("\"device\": \"cpu\"", with: "\"device\": \"NVIDIA H200\""), to: index)
      try folder.write("1.2501\n", to: "Site/n/record/x-1.txt")
      let held = try folio("check", in: folder, environment: none)
      #expect(held.status == 0, "\(held)")
      #expect(held.output.contains("device: NVIDIA H200 -> cpu"), "\(held)")
      try folder.write("1.5\n", to: "Site/n/record/x-1.txt")
      #expect(try folio("check", in: folder, environment: none).status == 1)
    }
  }

  @Test func theDoctorTellsThatThereIsNoCardAndFindsNoFaultInIt() throws {
    try withNotebook("") { folder in
      let result = try folio("doctor", in: folder, environment: none)
      #expect(result.status == 0, "\(result)")
      let lines = result.output.split(separator: "\n").filter { $0.contains("graphics processor") }
      #expect(lines.count == 1, "\(result)")
      expect(
        lines.first.map(String.init), contains: "--  graphics processor  none; cells run on the processor",
        "There is no NVIDIA driver")
    }
  }
}

/// The device on the command line, on a machine with a card: a stand-in for NVIDIA's driver has it.
@Suite struct CardCommandTests {
  private static let libraries = URL(fileURLWithPath: Command.path).deletingLastPathComponent().path
  private let card = [
    "FOLIO_CUDA_DRIVER": "\(libraries)/libCUDADriverStandIn.so", "FOLIO_NVRTC": "\(libraries)/libNVRTCStandIn.so",
  ]
  private let cell = "```swift\n//| label: x\nprint(ProcessInfo.processInfo.environment[\"FOLIO_DEVICE\"] ?? \"\")\n```"

  @Test func theCardIsTakenAndStandsInRecordPageAndKey() throws {
    try withNotebook(cell) { folder in
      // A cell that no other test runs: they share a store.
      try folder.write(cell.replacing("x\n", with: "x\n// \(UUID())\n"), to: "Notebooks/n.md")
      let first = try folio("build", "--explain", in: folder, environment: card)
      #expect(first.status == 0, "\(first)")
      #expect(try folder.read("Site/n/record/x-1.txt") == "cuda:0\n")
      #expect(try folder.read("Site/n/record/index.json").contains("\"device\": \"Stand-in card 0\""))
      #expect(try folder.read("Site/n/index.html").contains("Models computed on Stand-in card 0."))
      expect(try folio("build", "--explain", in: folder, environment: card).output, contains: "n  x  reused")
      let onProcessor = try folio("build", "--explain", "--device", "cpu", in: folder, environment: card)
      expect(onProcessor.output, contains: "n  x  ran: the device Stand-in card 0 -> cpu")
      #expect(try folder.read("Site/n/record/x-1.txt") == "cpu\n")
      let asked = try folio("run", "n", in: folder, environment: card.merging(["FOLIO_DEVICE": "cuda"]) { $1 })
      #expect(asked.output == "cuda:0\n")
    }
  }

  @Test func whatAModelGivesOnACardIsReusedThereAndHoldsOnTheProcessor() throws {
    let notebook = """
      ```swift
      //| label: x
      // \(UUID())
      let model = try LanguageModel.load("\(Repository.top)/Notebooks/models/prontoqa")
      let logits = try model.run("Is Fae sunny?").logits
      print(model.device, (0..<5).map { logits[0, $0] })
      ```
      """
    try withNotebook(notebook) { folder in
      let built = try folio("build", in: folder, environment: card)
      #expect(built.status == 0, "\(built)")
      let record = "Site/n/record/x-1.txt"
      #expect(try folder.read(record).hasPrefix("cuda:0 ["))
      // The driver's threads and files are no input of the cell, and none of its doing.
      expect(try folio("build", "--explain", in: folder, environment: card).output, contains: "n  x  reused")
      // What is printed of the device itself differs.
      try folder.write(folder.read(record).replacing("cuda:0", with: "cpu"), to: record)
      let checked = try folio("check", "--device", "cpu", in: folder)
      #expect(checked.status == 0, "\(checked)")
      expect(checked.output, contains: "device: Stand-in card 0 -> cpu")
    }
  }

  @Test func aCardThatIsNotThereIsAnErrorWithThoseThatAre() throws {
    try withNotebook("---\ndevice: cuda:1\n---\n" + cell) { folder in
      let result = try folio("build", in: folder, environment: card)
      #expect(result.status == 2)
      expect(
        result.errors, contains: "Notebooks/n.md:2: error: 'device' asks for cuda:1", "cuda:0 (Stand-in card 0)", "--device cpu")
    }
  }

  @Test func withoutACompilerOfKernelsTheProcessorIsTakenUnlessTheCardIsAskedFor() throws {
    try withNotebook(cell) { folder in
      let lacking = card.merging(["FOLIO_NVRTC": "/no/such/compiler"]) { $1 }
      #expect(try folio("run", "n", in: folder, environment: lacking).output == "cpu\n")
      let asked = try folio("run", "n", "--device", "cuda", in: folder, environment: lacking)
      #expect(asked.status == 2)
      expect(asked.errors, contains: "'--device' asks for cuda:0", "pip install nvidia-cuda-nvrtc")
    }
  }

  @Test func theDoctorTellsTheCardAndWhatItLacks() throws {
    try withNotebook("") { folder in
      let found = try folio("doctor", in: folder, environment: card)
      #expect(found.status == 0, "\(found)")
      expect(
        found.output, contains: "ok  graphics processor  cuda:0 is Stand-in card 0, 4.0 GiB (3.5 can be had)", "driver for CUDA",
        "NVRTC ")
      let lacking = try folio("doctor", in: folder, environment: card.merging(["FOLIO_NVRTC": "/no/such/compiler"]) { $1 })
      #expect(lacking.status == 0, "\(lacking)")
      expect(lacking.output, contains: "--  graphics processor  cuda:0 is Stand-in card 0", "pip install nvidia-cuda-nvrtc")
    }
  }
}
