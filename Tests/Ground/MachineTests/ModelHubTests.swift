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
}
