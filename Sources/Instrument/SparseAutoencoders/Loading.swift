import Checkpoints
import Foundation
import Machine
import Tensors
import Transformer

extension SparseAutoencoder {
  /// Reads a folder that SAELens saved (`cfg.json`, `sae_weights.safetensors`), or a `params.npz` of Gemma Scope, by its path or by its place in
  /// a repository of the Hugging Face hub's cache on this machine.
  ///
  /// ```swift
  /// try SparseAutoencoder.load("models/sae")
  /// try SparseAutoencoder.load("jbloom/Gemma-2b-Residual-Stream-SAEs/gemma_2b_blocks.6.hook_resid_post_16384_anthropic_fast_lr")
  /// try SparseAutoencoder.load("google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71", at: .residualPost(layer: 20))
  /// ```
  ///
  /// All of it is used or refused: a setting that changes what is computed and that Folio does not compute, a tensor that nobody would use, a number
  /// that is not finite, are errors that name it. Nothing is downloaded.
  ///
  /// - Parameters:
  ///   - name: A folder, a file `params.npz`, or `organisation/repository/folder` in the hub's cache.
  ///   - base: The folder that a relative path starts from; the current directory if nil.
  ///   - point: The activation that it reads. Gemma Scope's file does not say it; SAELens's does.
  ///   - target: The activation that a transcoder writes, likewise.
  ///   - activationScale: By what activations are multiplied before they are encoded, for a folder whose `normalize_activations` is
  ///     `expected_average_only_in`.
  ///   - centersInput: Whether it was trained on activations without their mean (TransformerLens's `center_writing_weights`), where its folder does not
  ///     say so, as with `gpt2-small-res-jb`.
  /// - Throws: `ModelError` for what is wrong with the files, `SparseAutoencoderError` for what is wrong with the numbers.
  public static func load(
    _ name: String, relativeTo base: String? = nil, at point: HookPoint? = nil, writingTo target: HookPoint? = nil,
    activationScale: Float? = nil, centersInput: Bool = false
  ) throws -> SparseAutoencoder {
    let url = try place(name, relativeTo: base)
    let archive = url.pathExtension == "npz" ? url : url.appending(path: "params.npz")
    guard ModelFile.exists(url.appending(path: "cfg.json")) || !ModelFile.exists(archive) else {
      guard activationScale == nil, !centersInput else {
        throw SparseAutoencoderError.badRequest("Gemma Scope's activations are neither scaled nor centered. Leave both out.")
      }
      return try gemmaScope(archive, at: point, writingTo: target)
    }
    let options = SAELensFolder.Options(
      point: point, target: target, activationScale: activationScale, centersInput: centersInput)
    let folder = try SAELensFolder(url, options)
    return SparseAutoencoder(folder.configuration, folder.weights, name: url.path)
  }

  /// Gemma Scope's arrays (Lieberum et al. 2024, arXiv:2408.05147): JumpReLU, in whatever order numpy saved them.
  private static func gemmaScope(_ file: URL, at point: HookPoint?, writingTo target: HookPoint?) throws -> SparseAutoencoder {
    guard let point else {
      throw SparseAutoencoderError.badRequest(
        "\(file.path) does not say of which activation it is. Say it, as Gemma Scope's folder does: `at: .residualPost(layer: 20)`, "
          + "`.mlpOutput(layer:)` or `.z(layer:)`.")
    }
    guard point.component != .embedding else {
      throw SparseAutoencoderError.badRequest(
        "Gemma Scope's autoencoders of the embedding read its rows before Gemma scales them, and no hook point holds these.")
    }
    let source = try ArchiveSource(ArrayArchive(file))
    guard let shape = source.shape("W_enc"), shape.count == 2, let output = source.shape("W_dec"), output.count == 2 else {
      throw ModelError.badWeights(
        file: file.path, tensor: "W_enc", problem: "and “W_dec” are not both there as matrices; there is \(source.names.sorted())"
      )
    }
    let configuration = SparseAutoencoderConfiguration(
      inputWidth: shape[0], featureCount: shape[1], outputWidth: output[1], activation: .jumpReLU, subtractsDecoderBias: false,
      point: point, target: target)
    do {
      try configuration.check()
      return SparseAutoencoder(configuration, try SparseAutoencoderWeights(source, configuration), name: file.path)
    } catch SparseAutoencoderError.badWeights(let name, let problem) {
      throw ModelError.badWeights(file: file.path, tensor: name, problem: problem)
    }
  }

  /// Where the files lie: at a path, or below a repository in the hub's cache.
  private static func place(_ name: String, relativeTo base: String?) throws -> URL {
    let environment = ProcessInfo.processInfo.environment
    let folder = URL(filePath: base ?? FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
    let url = URL(filePath: HomeFolder.expanded(name, environment), relativeTo: folder).standardizedFileURL
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard !ModelFile.exists(url), parts.count > 2, parts.allSatisfy({ !$0.isEmpty && $0 != ".." && $0 != "." && $0 != "~" })
    else {
      guard ModelFile.exists(url) else {
        throw ModelError.modelNotFound(
          name: name, looked: [url.path],
          advice: "Give the path of a folder with cfg.json and sae_weights.safetensors, or of a params.npz, or "
            + "organisation/repository/folder as it lies in the hub's cache.")
      }
      return url
    }
    let repository = try ModelFolder(parts.prefix(2).joined(separator: "/"), relativeTo: base, environment: environment).url
    return repository.appending(path: parts.dropFirst(2).joined(separator: "/"))
  }
}

/// The arrays of Gemma Scope by SAELens's names: `w_enc` is `W_enc` too.
private struct ArchiveSource: SparseAutoencoderSource {
  private let archive: ArrayArchive
  private let stored: [String: String]

  init(_ archive: ArrayArchive) throws {
    self.archive = archive
    var stored: [String: String] = [:]
    for name in archive.shapes.keys.sorted() {
      let known = name.hasPrefix("w_") ? "W_" + name.dropFirst(2) : name
      guard stored.updateValue(name, forKey: known) == nil else {
        throw ModelError.badWeights(file: archive.path, tensor: known, problem: "is there twice")
      }
    }
    // A factor of 1 for each feature says nothing.
    if let name = stored["scaling_factor"], try archive.tensor(name).elements.allSatisfy({ abs($0 - 1) <= 1e-5 }) {
      stored["scaling_factor"] = nil
    }
    self.stored = stored
  }

  var names: Set<String> { Set(stored.keys) }
  func shape(_ name: String) -> [Int]? { stored[name].flatMap { archive.shapes[$0] } }
  func matrix(_ name: String) throws -> WeightMatrix { WeightMatrix(try tensor(name)) }
  func tensor(_ name: String) throws -> Tensor { try archive.tensor(stored[name] ?? name) }
}
