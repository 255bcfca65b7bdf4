import Foundation
import Checkpoints
import Transformer
import TestSupport

/// The settings beside a model's weights.
final class ConfigurationKind: Kind {
  static let name = "configurations", share = 5
  private let seeds: Seeds
  private let files: Files
  private static let names = [
    "config.json", "generation_config.json", "tokenizer_config.json", "tokenizer.json", "added_tokens.json",
    "special_tokens_map.json",
    "model.safetensors.index.json",
  ]

  init(folder: String) throws {
    files = Files(folder: folder)
    let fixtures = Repository.top + "/Tests/Instrument/TransformerTests/Fixtures/"
    for name in ["tokenizer.model", "model.safetensors"] {
      try FileManager.default.copyItem(atPath: fixtures + "tiny-gemma-gqa/bf16/" + name, toPath: folder + "/" + name)
    }
    let shipped = ["tiny-gemma-gqa/bf16", "tiny-gemma-gqa/sharded"].map { folder in
      Self.names.map { name in
        Part(name, FileManager.default.contents(atPath: fixtures + folder + "/" + name).map { [UInt8]($0) } ?? [])
      }
    }
    // Without the index the settings are used.
    let whole = shipped.map { $0.map { $0.name.hasSuffix("index.json") ? Part($0.name, "") : $0 } }
    let more = whole[0].map { part in
      switch part.name {
      case "tokenizer.json":
        Part(
          part.name,
          #"{"added_tokens": [{"id": 0, "content": "<pad>", "special": true}, {"id": 2, "content": "<bos>"}], "model": {"vocab": {}}}"#
        )
      case "added_tokens.json": Part(part.name, #"{"<pad>": 0, "<eos>": 1}"#)
      case "generation_config.json":
        Part(
          part.name,
          #"{"do_sample": true, "temperature": 0.7, "top_k": 40, "top_p": 0.9, "eos_token_id": [1, 3], "max_new_tokens": 20, "max_length": 100}"#
        )
      default: part
      }
    }
    seeds = Seeds(inputs: whole + whole + [more, more, shipped[1]])
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    for part in input {
      if part.bytes.isEmpty { unlink(files.path(part.name)) } else { try files.write([part]) }
    }
    _ = try? ModelConfiguration(contentsOf: URL(fileURLWithPath: files.path("config.json")))
    do {
      let model = try LanguageModel(folder: URL(fileURLWithPath: files.folder))
      _ = try? model.generationDefaults.sampling()
      _ = try? model.toTokens("a <bos> b")
    } catch {
      _ = "\(error)"
    }
  }
}

/// Weights in safetensors files, and the index of several.
final class WeightsKind: Kind {
  static let name = "safetensors", share = 10
  private let seeds: Seeds
  private let files: Files

  init(folder: String) {
    files = Files(folder: folder)
    let header = """
      {"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
       "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]}, "c": {"dtype": "F16", "shape": [0, 5], "data_offsets": [32, 32]},
       "d": {"dtype": "F64", "shape": [], "data_offsets": [32, 40]}}
      """
    let index =
      #"{"metadata": {"total_size": 40}, "weight_map": {"a": "model.safetensors", "b": "model.safetensors", "c": "model.safetensors", "d": "model.safetensors"}}"#
    let data = [UInt8](repeating: 0x3C, count: 40)
    let whole: Input = [Part("length.bin", []), Part("header.json", header), Part("data.bin", data), Part("index.json", "")]
    let indexed: Input = [Part("length.bin", []), Part("header.json", header), Part("data.bin", data), Part("index.json", index)]
    let counted: Input = [
      Part("length.bin", Self.length(header.utf8.count)), Part("header.json", header), Part("data.bin", data),
      Part("index.json", ""),
    ]
    seeds = Seeds(inputs: [whole, whole, indexed, counted])
  }

  private static func length(_ count: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(count).littleEndian) { Array($0) } }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    let (length, header, index) = (input.bytes("length.bin"), input.bytes("header.json"), input.bytes("index.json"))
    let file = (length.isEmpty ? Self.length(header.count) : length) + header + input.bytes("data.bin")
    let listing = files.path("model.safetensors.index.json")
    unlink(listing)
    // A new file each time: one that is mapped is not to be cut.
    unlink(files.path("model.safetensors"))
    try files.write([Part("model.safetensors", file)])
    if let opened = try? SafetensorsFile(URL(fileURLWithPath: files.path("model.safetensors"))) {
      for entry in opened.entries.values {
        _ = try? opened.tensor(entry)
        if entry.shape.count == 2 { _ = (try? opened.matrix(entry))?.isFinite }
      }
    }
    if !index.isEmpty { try files.write([Part("model.safetensors.index.json", index)]) }
    guard let checkpoint = try? Checkpoint(folder: URL(fileURLWithPath: files.folder)) else { return }
    _ = try? checkpoint.matrix("a", shape: [2, 3])
    _ = try? checkpoint.vector("b", count: 4)
  }
}

/// Models in GGUF files: the metadata, the tensors in each format, and their translation.
final class GGUFKind: Kind {
  static let name = "gguf", share = 10
  private let seeds: Seeds
  private let files: Files

  init(folder: String) {
    files = Files(folder: folder)
    let whole = Repository.files("Tests/Instrument/TransformerTests/Fixtures/gguf", ending: ".gguf")
    seeds = Seeds(inputs: whole.map { [Part("model.gguf", $0.bytes)] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    // A new file each time: one that is mapped is not to be cut.
    unlink(files.path("model.gguf"))
    try files.write(input)
    let url = URL(fileURLWithPath: files.path("model.gguf"))
    guard let file = try? GGUFFile(url) else { return }
    for (_, value) in file.metadata.members {
      if case .array(let array) = value { _ = (array.strings, array.integers, array.floats, array.flags) }
    }
    for entry in file.entries.values {
      let numbers = file.tensor(entry)
      guard entry.shape.count == 2 else { continue }
      let matrix = file.matrix(entry)
      guard matrix.tensor.elements.allSatisfy(\.isFinite) == matrix.isFinite, numbers.count == matrix.rows * matrix.columns else {
        throw Failure("\(entry.name) is finite: \(matrix.isFinite), which its numbers are not")
      }
    }
    guard let model = try? GGUFModel(url), let checkpoint = try? Checkpoint(gguf: model) else { return }
    guard (try? SettingsReader(json: model.configuration, file: "config.json")) != nil else {
      throw Failure("it makes a config.json that is no JSON")
    }
    _ = try? model.tokenizer()
    for (name, tensor) in checkpoint.tensors {
      _ = try? checkpoint.tensor(name, shape: tensor.entry.shape)
      if tensor.entry.shape.count == 2 { _ = try? checkpoint.matrix(name, shape: tensor.entry.shape) }
    }
  }
}

/// SentencePiece's models, read by a library in C++.
final class TokenizerKind: Kind {
  static let name = "tokenizers", share = 6
  private let seeds: Seeds
  private let files: Files

  init(folder: String) throws {
    files = Files(folder: folder)
    let fixture = try Data(
      contentsOf: URL(fileURLWithPath: Repository.top + "/Tests/Instrument/TransformerTests/Fixtures/tiny-gemma/tokenizer.model"))
    seeds = Seeds(inputs: [[Part("tokenizer.model", [UInt8](fixture))], [Part("tokenizer.model", Self.small)]])
  }

  /// A few pieces in the form of SentencePiece's `ModelProto`: pieces of a text, a score and a type, and a trainer's settings.
  private static var small: [UInt8] {
    func varint(_ value: UInt64) -> [UInt8] { value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7) }
    func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] { varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes }
    func piece(_ text: String, _ score: Float, _ type: UInt64) -> [UInt8] {
      let score = withUnsafeBytes(of: score.bitPattern.littleEndian) { Array($0) }
      return field(1, field(1, Array(text.utf8)) + [2 << 3 | 5] + score + varint(3 << 3) + varint(type))
    }
    let controls = piece("<pad>", 0, 3) + piece("<eos>", 0, 3) + piece("<bos>", 0, 3) + piece("<unk>", 0, 2)
    let pieces = ["a", "b", "ab", "▁", "▁a"].enumerated().flatMap { piece($1, -Float($0), 1) }
    let trainer =
      varint(3 << 3) + varint(2) + varint(40 << 3) + varint(3) + varint(41 << 3) + varint(2) + varint(42 << 3) + varint(1)
      + varint(43 << 3) + varint(0)
    return controls + pieces + piece("<0x0A>", 0, 6) + field(2, trainer) + field(3, field(1, Array("identity".utf8)))
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    try files.write(input)
    guard let tokenizer = try? Tokenizer(contentsOf: URL(fileURLWithPath: files.path("tokenizer.model"))) else { return }
    for text in ["", "ab a\n", "<bos>b\u{0}\u{10FFFF}", "Every grimpus is a zumpus.", String(repeating: "ab", count: 500)] {
      guard let tokens = try? tokenizer.toTokens(text) else { continue }
      _ = (try? tokenizer.toString(tokens), try? tokenizer.toStrTokens(tokens))
    }
    for id in [-1, 0, 5, tokenizer.count - 1, tokenizer.count, Int.max, Int.min, 1 << 40] { _ = try? tokenizer.toString([id]) }
    _ = try? tokenizer.toSingleToken(" a")
  }
}
