import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

/// How a name becomes a folder: paths, and the hub's cache with all that can be wrong in it.
@Suite struct ModelFolderTests {
  @Test(arguments: ["HF_HUB_CACHE", "HF_HOME", "HOME"])
  func aHubNameIsFoundInTheCacheThatTheEnvironmentNames(variable: String) throws {
    let cache = try HubCache(under: ["HF_HUB_CACHE": "", "HF_HOME": "hub", "HOME": ".cache/huggingface/hub"][variable] ?? "")
    let model = try LanguageModel.load("google/gemma-2b", relativeTo: nil, environment: [variable: cache.root.path])
    #expect(model.config.layers == 4)
    try FileManager.default.removeItem(at: cache.repository.appending(path: "refs"))
    #expect(
      try LanguageModel.load("google/gemma-2b", relativeTo: nil, environment: [variable: cache.root.path]).config.layers == 4)
  }

  @Test
  func aNameThatIsNotFoundIsAnErrorThatSaysWhereItWasLookedForAndWhatToDo() {
    let error = #expect(throws: ModelError.self) {
      try LanguageModel.load(
        "google/gemma-9b", relativeTo: "/somewhere", environment: ["HF_HOME": "/nowhere", "HOME": "/home/x"])
    }
    #expect(
      error?.description == """
        No model “google/gemma-9b” was found. Looked in:
          /somewhere/google/gemma-9b
          /nowhere/hub/models--google--gemma-9b
        Give the path of a folder with config.json and model.safetensors, or of a GGUF file, or bring it into the hub's cache: \
        `hf download google/gemma-9b`, if the hub has it (HF_HOME and HF_HUB_CACHE say where to).
        """)
    for name in ["", "../..", "a/b/c", "nothing here", "org/../../etc"] {
      let error = #expect(throws: ModelError.self) {
        try LanguageModel.load(name, relativeTo: "/somewhere/else", environment: ["HF_HOME": "/nowhere"])
      }
      #expect(error?.description.contains("Looked in") == true || error?.description.contains("cannot be read") == true)
    }
  }

  @Test
  func aModelOfTheHubMayHaveANameAlone() throws {
    let cache = try HubCache()
    let repository = cache.root.appending(path: "models--gpt2")
    try FileManager.default.createDirectory(at: repository.appending(path: "snapshots"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: repository.appending(path: "snapshots/abc"), withDestinationURL: ModelFixture.folder.appending(path: "tiny-gemma"))
    let environment = ["HF_HUB_CACHE": cache.root.path]
    #expect(try LanguageModel.load("gpt2", relativeTo: "/nowhere", environment: environment).config.layers == 4)
  }

  @Test
  func aHomeFolderInHFHOMEIsWrittenWith() throws {
    let cache = try HubCache(under: "models/hub")
    let environment = ["HOME": cache.root.path, "HF_HOME": "~/models", "HF_HUB_CACHE": ""]
    #expect(try LanguageModel.load("google/gemma-2b", relativeTo: nil, environment: environment).config.layers == 4)
  }

  @Test(arguments: ["HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"])
  func theCacheIsWhereTheHubsOwnLibraryLooksForIt(variable: String) throws {
    let cache = try HubCache(under: variable == "XDG_CACHE_HOME" ? "huggingface/hub" : "")
    let environment = ["HOME": "/nowhere", variable: cache.root.path]
    #expect(try LanguageModel.load("google/gemma-2b", relativeTo: nil, environment: environment).config.layers == 4)
  }

  @Test
  func twoSnapshotsWithoutRefsMainAreToldWithThePathsToChooseFrom() throws {
    let cache = try HubCache()
    try cache.addSnapshot("def456")
    #expect(try cache.load().config.layers == 4)
    try FileManager.default.removeItem(at: cache.repository.appending(path: "refs"))
    let error = #expect(throws: ModelError.self) { try cache.load() }
    let text = error?.description ?? ""
    #expect(text.contains("holds 2 snapshots, and no refs/main that says which one is meant"), "\(text)")
    #expect(text.contains("/snapshots/abc123, ") && text.hasSuffix("/snapshots/def456."))
    let chosen = cache.repository.appending(path: "snapshots/def456").path
    #expect(try LanguageModel.load(chosen, relativeTo: nil, environment: [:]).config.layers == 4)
  }

  @Test(arguments: ["fff", "", "../abc123"])
  func aMainRevisionOfWhichNoSnapshotIsThereIsToldWithThoseThatAre(revision: String) throws {
    let cache = try HubCache()
    try Data(revision.utf8).write(to: cache.repository.appending(path: "refs/main"))
    let error = #expect(throws: ModelError.self) { try cache.load() }
    let text = error?.description ?? ""
    #expect(
      text.contains("has the main revision \(revision.isEmpty ? "“”" : revision), of which no snapshot is there"), "\(text)")
    #expect(text.contains("`hf download google/gemma-2b`") && text.hasSuffix("/snapshots/abc123."))
  }

  @Test
  func aDownloadThatWasBrokenOffIsToldBeforeItsFirstFileCameAndAfter() throws {
    let cache = try HubCache()
    let manager = FileManager.default
    try manager.createDirectory(at: cache.repository.appending(path: "blobs"), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: cache.repository.appending(path: "blobs/77.incomplete"))
    #expect(try cache.load().config.layers == 4)
    let snapshot = cache.repository.appending(path: "snapshots/abc123")
    try manager.removeItem(at: snapshot)
    let none = #expect(throws: ModelError.self) { try cache.load() }
    #expect(none?.description.contains("holds no snapshot, and a download that was broken off") == true)
    try manager.copyItem(at: ModelFixture.folder.appending(path: "tiny-gemma"), to: snapshot)
    try manager.removeItem(at: snapshot.appending(path: "model.safetensors"))
    let partial = #expect(throws: ModelError.self) { try cache.load() }
    #expect(partial?.description.contains("a download of the model was broken off, or is still under way") == true)
    #expect(partial?.description.contains("`hf download google/gemma-2b` to its end") == true)
  }

  @Test
  func aNameThatIsNoneSaysWhatANameIsLike() throws {
    func message(_ name: String) -> String {
      let error = #expect(throws: ModelError.self) {
        try LanguageModel.load(name, relativeTo: ModelFixture.folder.path, environment: ["HF_HOME": "/nowhere"])
      }
      return error?.description ?? ""
    }
    #expect(message("google/gemma/2b").contains("a hub name, which has one slash or none"))
    #expect(message("google/gemma-2b@v1").contains("a hub name without a revision"))
    #expect(message("tiny-gemma/config.json").contains("this is a file"))
    let cache = try HubCache()
    let error = #expect(throws: ModelError.self) {
      try LanguageModel.load(cache.repository.path, relativeTo: nil, environment: [:])
    }
    #expect(error?.description.contains("Load “google/gemma-2b”, or one of \(cache.repository.path)/snapshots/abc123") == true)
  }
}

/// A hub cache with one model in it.
private final class HubCache {
  let root: URL
  let repository: URL

  init(under path: String = "") throws {
    root = FileManager.default.temporaryDirectory.appending(path: "folio-hub-\(UUID().uuidString)")
    repository = (path.isEmpty ? root : root.appending(path: path)).appending(path: "models--google--gemma-2b")
    let manager = FileManager.default
    try manager.createDirectory(at: repository.appending(path: "refs"), withIntermediateDirectories: true)
    try manager.createDirectory(at: repository.appending(path: "snapshots"), withIntermediateDirectories: true)
    try Data("abc123\n".utf8).write(to: repository.appending(path: "refs/main"))
    try manager.createSymbolicLink(
      at: repository.appending(path: "snapshots/abc123"), withDestinationURL: ModelFixture.folder.appending(path: "tiny-gemma"))
  }

  /// Loads the model by its name.
  func load() throws -> LanguageModel {
    try LanguageModel.load("google/gemma-2b", relativeTo: nil, environment: ["HF_HUB_CACHE": root.path])
  }

  /// Another revision, with the fixture's files.
  func addSnapshot(_ revision: String) throws {
    try FileManager.default.copyItem(
      at: ModelFixture.folder.appending(path: "tiny-gemma"), to: repository.appending(path: "snapshots/\(revision)"))
  }

  deinit { try? FileManager.default.removeItem(at: root) }
}
