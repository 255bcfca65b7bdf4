import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

/// Which files of a folder are a model's weights, and that no other is passed over.
@Suite struct WeightFilesTests {
  @Test(arguments: ["consolidated.safetensors", "model-00003.safetensors"])
  func aSafetensorsFileThatIsNotReadIsRefusedByItsName(name: String) throws {
    for fixture in ["tiny-gemma", "tiny-gemma/sharded"] {
      let model = try TemporaryModel(copying: fixture)
      try FileManager.default.copyItem(
        at: ModelFixture.folder.appending(path: "tiny-gemma/model.safetensors"), to: model.file(name))
      #expect(model.loadingError.contains("holds \(name), which is not a part of the model"), "\(model.loadingError)")
    }
  }

  @Test
  func oneFileAndAnIndexBesideItAreRefusedSinceProgramsDifferInWhichTheyLoad() throws {
    let model = try TemporaryModel(copying: "tiny-gemma/sharded")
    try FileManager.default.copyItem(
      at: ModelFixture.folder.appending(path: "tiny-gemma/model.safetensors"), to: model.file("model.safetensors"))
    #expect(model.loadingError.contains("holds both model.safetensors and model.safetensors.index.json"), "\(model.loadingError)")
    for shard in ["model-00001-of-00002", "model-00002-of-00002"] {
      try model.replace("\(shard).safetensors", by: "model.safetensors", in: "model.safetensors.index.json")
      try FileManager.default.removeItem(at: model.file("\(shard).safetensors"))
    }
    #expect(model.loadingError == "")
  }

  @Test(arguments: ["pytorch_model.bin", "weights.h5"])
  func weightsInAnotherFormatAloneAreRefusedWithHowToConvertThem(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try FileManager.default.moveItem(at: model.file("model.safetensors"), to: model.file(name))
    #expect(model.loadingError.contains("has its weights in \(name)") && model.loadingError.contains("save_pretrained"))
  }

  @Test
  func weightsInAnotherFormatBesideSafetensorsDoNoHarm() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try Data("x".utf8).write(to: model.file("pytorch_model.bin"))
    #expect(model.loadingError == "")
  }

  @Test(arguments: ["adapter_config.json", "adapter_model.safetensors"])
  func anAdapterIsRefusedAloneAndBesideWeights(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try Data("{}".utf8).write(to: model.file(name))
    #expect(model.loadingError.contains("holds an adapter, \(name)") && model.loadingError.contains("merge_and_unload"))
    try FileManager.default.removeItem(at: model.file("config.json"))
    #expect(model.loadingError.contains("holds an adapter, \(name)"))
  }

  @Test(
    arguments: [
      "config.json", "generation_config.json", "tokenizer.model", "tokenizer_config.json", "model-00001-of-00002.safetensors",
      "model.safetensors.index.json",
    ])
  func aPointerOfGitLFSInPlaceOfAFileIsToldAsThat(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma/sharded")
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0a", count: 32))\nsize 4945242264\n"
    try Data(pointer.utf8).write(to: model.file(name))
    #expect(
      model.loadingError.hasSuffix(
        """
        /\(name) is a pointer of Git LFS, in place of the file itself of 4.9 GB, which was not downloaded. Run `git lfs install` and \
        `git lfs pull` in the repository that the file is in, or download the model again.
        """), "\(model.loadingError)")
  }

  @Test(arguments: ["config.json", "model.safetensors", "tokenizer.model"])
  func aLinkThatLeadsNowhereSaysWhereItLeads(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try FileManager.default.removeItem(at: model.file(name))
    try FileManager.default.createSymbolicLink(atPath: model.file(name).path, withDestinationPath: "../../blobs/abc")
    #expect(model.loadingError.contains("/\(name) cannot be read: it is a link to ../../blobs/abc"), "\(model.loadingError)")
  }
}
