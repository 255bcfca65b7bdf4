import Checkpoints
import Foundation

/// What a model is read from: a folder as transformers keeps it, or a GGUF file.
struct ModelFiles {
  let config: ModelConfiguration
  let generationDefaults: GenerationDefaults
  let tokenizer: Tokenizer?
  let checkpoint: Checkpoint
  /// The folder, or the file.
  let path: String
  /// A number that changes with any byte of the files besides the weights.
  let checksum: UInt64

  /// The files of a folder; of one that holds a GGUF file and no `config.json`, that file.
  static func of(_ folder: URL) throws(ModelError) -> ModelFiles {
    try WeightFiles.refuseAdapter(folder)
    if let file = try onlyGGUF(folder) { return try ModelFiles(gguf: file) }
    return try ModelFiles(folder: folder)
  }

  private init(folder: URL) throws(ModelError) {
    var config = try ModelConfiguration(contentsOf: folder.appending(path: "config.json"))
    generationDefaults = try GenerationDefaults(folder: folder, config)
    config.eos = generationDefaults.eos ?? config.eos
    self.config = config
    tokenizer = try Tokenizer.load(folder: folder, bos: config.bos)
    try Self.check(tokenizer, config, folder.path)
    checkpoint = try Checkpoint(folder: folder)
    path = folder.path
    var hash: UInt64 = 0
    for name in ["config.json", "generation_config.json"] + TokenizerFiles.names {
      let file = folder.appending(path: name)
      if ModelFile.exists(file) { hash = try MappedFile(file).checksum(seed: hash) }
    }
    checksum = hash
  }

  init(gguf file: URL) throws(ModelError) {
    let model = try GGUFModel(file)
    config = try ModelConfiguration(json: model.configuration, file: file.path, hasLines: false)
    (generationDefaults, tokenizer) = (.none, try model.tokenizer())
    try Self.check(tokenizer, config, file.path)
    checkpoint = try Checkpoint(gguf: model)
    // All that it says is in the file of its weights.
    (path, checksum) = (file.path, 0)
  }

  /// The GGUF file of a folder that holds no `config.json`.
  private static func onlyGGUF(_ folder: URL) throws(ModelError) -> URL? {
    let config = folder.appending(path: "config.json")
    guard !ModelFile.exists(config), ModelFile.deadLink(config) == nil, WeightFiles.holdsGGUF(folder) else { return nil }
    guard case .gguf(let file) = try WeightFiles(folder: folder).listing else { return nil }
    return file
  }

  private static func check(_ tokenizer: Tokenizer?, _ config: ModelConfiguration, _ file: String) throws(ModelError) {
    guard let tokenizer, tokenizer.count > config.vocabulary else { return }
    throw .badTokenizer(
      file: file, problem: "has \(tokenizer.count) pieces, and the model's vocabulary has \(config.vocabulary)")
  }
}
