import Checkpoints
import Foundation
import Lenses
import ModelFixture
import Tensors
import Testing
import Transformer

@Suite struct TunedLensSavingTests {
  private func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "folio-lens-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  @Test func aSavedLensIsReadAsItWas() throws {
    let model = try TunedLensTests.model()
    let lens = try TunedLensTests.lens(model)
    try inFolder { folder in
      try lens.save(to: folder)
      let read = try TunedLens(contentsOf: folder, for: model)
      #expect(read.translators == lens.translators)
      #expect(read.modelChecksum == model.checksum)
    }
  }

  @Test func aLensOfAnotherModelIsRefused() throws {
    let (model, other) = (try TunedLensTests.model(seed: 3), try TunedLensTests.model(seed: 4))
    try inFolder { folder in
      try TunedLensTests.lens(model).save(to: folder)
      #expect(throws: LensError.otherModel(file: folder.path, lens: model.checksum, model: other.checksum)) {
        try TunedLens(contentsOf: folder, for: other)
      }
    }
  }

  @Test func aFolderOfAModelIsNotWrittenTo() throws {
    let model = try TunedLensTests.model()
    try inFolder { folder in
      try model.save(to: folder)
      #expect(throws: ModelError.self) { try TunedLensTests.lens(model).save(to: folder) }
      #expect(try LanguageModel(folder: folder).config.layers == model.config.layers)
    }
  }

  @Test(arguments: [
    (#""format": 1"#, #""format": 2"#), (#""kind": "folio tuned lens""#, #""kind": "something""#),
    (#""kind": "folio tuned lens","#, ""), (#""layers": 2"#, #""layers": 3"#), (#""width": 12"#, #""width": 13"#),
    (#""width": 12"#, #""breadth": 12"#), (#""format": 1"#, #""format": 1, "more": 1"#),
  ])
  func settingsThatSaySomethingElseAreRefused(_ old: String, _ new: String) throws {
    let model = try TunedLensTests.model()
    try inFolder { folder in
      try TunedLensTests.lens(model).save(to: folder)
      let file = folder.appending(path: "tuned_lens.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains(old))
      try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
      #expect(throws: (any Error).self) { try TunedLens(contentsOf: folder, for: model) }
    }
  }

  @Test func damagedNumbersAreRefused() throws {
    let model = try TunedLensTests.model()
    try inFolder { folder in
      try TunedLensTests.lens(model).save(to: folder)
      let file = folder.appending(path: "tuned_lens.safetensors")
      let whole = try Data(contentsOf: file)
      try whole.dropLast(8).write(to: file)
      #expect(throws: ModelError.self) { try TunedLens(contentsOf: folder, for: model) }
      // The last number becomes none.
      try (whole.dropLast(4) + [0, 0, 0xC0, 0x7F]).write(to: file)
      #expect(throws: LensError.self) { try TunedLens(contentsOf: folder, for: model) }
      try FileManager.default.removeItem(at: file)
      #expect(throws: ModelError.self) { try TunedLens(contentsOf: folder, for: model) }
    }
  }
}
