import Foundation
import SparseAutoencoders
import Tensors
import TestSupport

/// Sparse autoencoders: the settings and weights of SAELens, and the archives of Gemma Scope.
final class DictionaryKind: Kind {
  static let name = "dictionaries", share = 10
  private let seeds: Seeds
  private let files: Files

  init(folder: String) {
    files = Files(folder: folder)
    let fixtures = Repository.top + "/Tests/Instrument/SparseAutoencodersTests/Fixtures/"
    func part(_ name: String, of folder: String, as end: String? = nil) -> Part {
      Part(end ?? name, FileManager.default.contents(atPath: fixtures + folder + "/" + name).map { [UInt8]($0) } ?? [])
    }
    let folders = ["jumprelu", "gated", "topk-rescaled", "jumprelu-skip-transcoder", "old-topk"].map {
      [part("cfg.json", of: $0), part("sae_weights.safetensors", of: $0)]
    }
    let archives = ["params.npz", "deflated.npz"].map { [part($0, of: "gemma-scope", as: "params.npz")] }
    seeds = Seeds(inputs: folders + archives + archives)
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    // New files each time: one that is mapped is not to be cut.
    for name in ["cfg.json", "sae_weights.safetensors", "params.npz"] { unlink(files.path(name)) }
    try files.write(input)
    do {
      let sae = try SparseAutoencoder.load(files.folder, at: .residualPost(layer: 0), writingTo: nil)
      guard sae.configuration.inputWidth < 1000, sae.featureCount < 1000 else { return }
      let x = Tensor(repeating: 0.5, shape: [2, sae.configuration.inputWidth])
      let reconstruction = try sae.reconstruct(x)
      guard reconstruction.shape == [2, sae.configuration.outputWidth] else {
        throw Failure("A reconstruction has the shape \(reconstruction.shape).")
      }
    } catch let failure as Failure { throw failure } catch { _ = "\(error)" }
  }
}
