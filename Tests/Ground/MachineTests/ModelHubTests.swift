import Foundation
import Machine
import TestSupport
import Testing

/// The folder of the Hugging Face hub's cache: as its own library finds it.
@Suite struct ModelHubTests {
  @Test(arguments: [
    (["HOME": "/h"], "/h/.cache/huggingface/hub"),
    (["HOME": "/h", "XDG_CACHE_HOME": "/x"], "/x/huggingface/hub"),
    (["HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "/f"], "/f/hub"),
    (["HF_HOME": "/f", "HUGGINGFACE_HUB_CACHE": "/g"], "/g"),
    (["HUGGINGFACE_HUB_CACHE": "/g", "HF_HUB_CACHE": "/c"], "/c"),
    (["HOME": "/h", "HF_HUB_CACHE": "~/c"], "/h/c"),
    (["HOME": "/h", "HF_HUB_CACHE": "", "HF_HOME": ""], "/h/.cache/huggingface/hub"),
    (["HOME": ""], HomeFolder.path([:]) + "/.cache/huggingface/hub"),
  ])
  func itIsWhereItsOwnLibraryKeepsIt(environment: [String: String], folder: String) {
    #expect(ModelHub.folder(environment: environment).standardizedFileURL.path == folder)
  }

  @Test func itsModelsAreNamedAsOnTheHub() throws {
    let folder = try TestFolder()
    for name in ["models--google--gemma-2b", "models--gpt2", "datasets--squad", ".locks"] {
      try folder.write("", to: name + "/x")
    }
    #expect(ModelHub.models(in: URL(filePath: folder.path)) == ["google/gemma-2b", "gpt2"])
  }

  @Test func aFolderThatIsNotThereHasNone() { #expect(ModelHub.models(in: URL(filePath: "/nowhere")) == []) }

  // MARK: - Weights

  @Test func theWeightFilesOfAModelAreThoseOfItsFolder() throws {
    let folder = try TestFolder()
    try folder.write("123", to: "m/model-1.safetensors")
    try folder.write("12345", to: "m/model-2.safetensors")
    try folder.write("1234567", to: "m/tokenizer.json")
    try folder.write("1", to: "m/deeper/model.safetensors")
    let files = ModelHub.weightFiles("m", relativeTo: folder.path, environment: [:])
    #expect(files.map(\.bytes).sorted() == [3, 5])
    #expect(files.map { $0.path.split(separator: "/").last }.allSatisfy { $0?.hasPrefix("model-") == true })
  }

  @Test func aFileOfWeightsIsAModelByItself() throws {
    let folder = try TestFolder()
    try folder.write("1234", to: "q4.gguf")
    #expect(ModelHub.weightFiles("q4.gguf", relativeTo: folder.path, environment: [:]).map(\.bytes) == [4])
  }

  @Test func ofAHubsModelTheLargestSnapshotCounts() throws {
    let folder = try TestFolder()
    try folder.write("12", to: "models--a--b/snapshots/1/model.safetensors")
    let blob = try folder.write("123456", to: "models--a--b/blobs/x")
    try folder.write("", to: "models--a--b/snapshots/2/config.json")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/models--a--b/snapshots/2/model.safetensors", withDestinationPath: blob)
    let files = ModelHub.weightFiles("a/b", relativeTo: "/nowhere", environment: ["HF_HUB_CACHE": folder.path])
    #expect(files.map(\.bytes) == [6])
  }

  @Test(arguments: ["", "no/such-model", "/nowhere", "text with spaces"]) func whatIsNoModelHereHasNone(name: String) throws {
    let folder = try TestFolder()
    try folder.write("1", to: "model.safetensors")
    #expect(ModelHub.weightFiles(name, relativeTo: folder.path, environment: ["HF_HUB_CACHE": folder.path]).isEmpty)
  }
}
