import Foundation

/// Which files of a folder hold a model's weights.
///
/// What is not read must not change what is computed: weights in another format, an adapter, or safetensors files that neither are
/// `model.safetensors` nor stand in its index, are errors that name the file.
package struct WeightFiles {
  package let listing: Listing

  package enum Listing {
    /// `model.safetensors`.
    case single(URL)
    /// `model.safetensors.index.json`, which names the shards.
    case sharded(URL)
    /// The one GGUF file of a folder without safetensors.
    case gguf(URL)
  }

  package init(folder: URL) throws(ModelError) {
    let (single, index) = (folder.appending(path: "model.safetensors"), folder.appending(path: "model.safetensors.index.json"))
    switch (Self.isListed(single), Self.isListed(index)) {
    case (true, true):
      // Some writers index the one file too.
      if try Set(Checkpoint.weightMap(index).values) == ["model.safetensors"] {
        listing = .sharded(index)
        return
      }
      throw .badFolder(
        folder: folder.path, problem: "holds both model.safetensors and model.safetensors.index.json, an index of shards",
        advice: "Other programs differ in which of the two they load; remove the one that is not meant.")
    case (true, false): listing = .single(single)
    case (false, true): listing = .sharded(index)
    case (false, false):
      if let file = try Self.gguf(folder) {
        listing = .gguf(file)
        return
      }
      try Self.refuseOtherFormats(folder)
      throw .unreadable(file: single.path, cause: "no such file is there, nor an index of shards, model.safetensors.index.json")
    }
  }

  /// A link that leads nowhere counts: reading it says so.
  private static func isListed(_ url: URL) -> Bool { ModelFile.exists(url) || ModelFile.deadLink(url) != nil }

  private static func names(_ folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  /// An adapter changes the weights that it lies beside.
  package static func refuseAdapter(_ folder: URL) throws(ModelError) {
    let names = names(folder)
    guard let adapter = ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"].first(where: names.contains)
    else {
      return
    }
    throw .badFolder(
      folder: folder.path, problem: "holds an adapter, \(adapter), which changes the weights of a model and is not applied",
      advice:
        "Write the merged model to a folder of its own (in PEFT: `model.merge_and_unload().save_pretrained(folder)`), and load "
        + "that; or remove the adapter's files.")
  }

  /// Refuses every safetensors file that is not read. A state of a training that Folio saved there is no part of the model.
  package static func refuseOthers(_ folder: URL, than read: [String]) throws(ModelError) {
    for name in names(folder) where name.hasSuffix(".safetensors") && !read.contains(name) {
      let url = folder.appending(path: name)
      if let file = try? SafetensorsFile(url), file.isTrainingState { continue }
      throw .badFolder(
        folder: folder.path,
        problem: "holds \(name), which is not a part of the model: \(describe(read)) read, and it is not named there",
        advice: "Move it to another folder if it does not belong to the model; else download the model again, whole.")
    }
  }

  private static func describe(_ read: [String]) -> String {
    read.count == 1 ? "\(read[0]) is" : "the shards of model.safetensors.index.json are"
  }

  /// The GGUF file of a folder; nil if there is none. Which of several quantisations is meant, nobody knows.
  private static func gguf(_ folder: URL) throws(ModelError) -> URL? {
    let files = names(folder).filter { $0.lowercased().hasSuffix(".gguf") }
    guard let first = files.first else { return nil }
    guard files.count == 1 else {
      throw .badFolder(
        folder: folder.path, problem: "holds \(files.count) GGUF files: \(files.joined(separator: ", "))",
        advice: "Load the one that is meant by its own path, as “\(folder.path)/\(first)”.")
    }
    return folder.appending(path: first)
  }

  /// Weights that Folio does not read, where there are no others.
  private static func refuseOtherFormats(_ folder: URL) throws(ModelError) {
    let endings = [".safetensors", ".bin", ".bin.index.json", ".pth", ".pt", ".h5", ".msgpack", ".npz", ".ckpt"]
    guard let name = names(folder).first(where: { name in endings.contains { name.hasSuffix($0) } }) else { return }
    throw .badFolder(
      folder: folder.path,
      problem: "has its weights in \(name), and no model.safetensors, model.safetensors.index.json nor GGUF file",
      advice: "Folio reads GGUF, and safetensors under the names of Hugging Face's transformers. Where transformers loads the "
        + "folder, `AutoModelForCausalLM.from_pretrained(folder).save_pretrained(other)` writes them.")
  }
}
