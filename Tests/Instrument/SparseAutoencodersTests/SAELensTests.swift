import Checkpoints
import Foundation
import ModelFixture
import SparseAutoencoders
import Tensors
import Testing
import Transformer

/// What SAELens computes with a folder that it saved; see the README of the fixtures.
struct SAELensFixture: Sendable, CustomStringConvertible {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
  static let folders = [
    "standard", "standard-layer-norm", "standard-constant-norm", "standard-heads", "gated", "jumprelu", "topk", "topk-rescaled",
    "batchtopk", "transcoder", "skip-transcoder", "jumprelu-transcoder", "jumprelu-skip-transcoder", "old-standard", "old-topk",
  ].map(SAELensFixture.init)

  let description: String

  init(_ name: String) { description = name }

  var folder: URL { Self.root.appending(path: description) }

  func expected(_ name: String) throws -> Tensor {
    let file = try SafetensorsFile(folder.appending(path: "expected.safetensors"))
    return try file.tensor(#require(file.entries[name]))
  }
}

/// The largest difference, over the largest number.
func relativeError(_ actual: Tensor, _ expected: Tensor) -> Float {
  largestDifference(actual, expected) / max(expected.magnitude().max(), .leastNormalMagnitude)
}

@Suite("A folder of SAELens gives SAELens's numbers")
struct SAELensTests {
  @Test("Features are those that SAELens encodes", arguments: SAELensFixture.folders)
  func features(_ fixture: SAELensFixture) throws {
    let sae = try SparseAutoencoder.load(fixture.folder.path)
    #expect(relativeError(try sae.encode(fixture.expected("input")), try fixture.expected("features")) < 1e-5)
  }

  @Test("Exactly the features of SAELens are active", arguments: SAELensFixture.folders)
  func activeFeatures(_ fixture: SAELensFixture) throws {
    let sae = try SparseAutoencoder.load(fixture.folder.path)
    let active = { (features: Tensor) in features.elements.map { $0 > 0 } }
    #expect(active(try sae.encode(fixture.expected("input"))) == active(try fixture.expected("features")))
  }

  @Test("Reconstructions are those of SAELens", arguments: SAELensFixture.folders)
  func reconstructions(_ fixture: SAELensFixture) throws {
    let sae = try SparseAutoencoder.load(fixture.folder.path)
    let (input, output) = (try fixture.expected("input"), try fixture.expected("output"))
    let result = try sae.decode(fixture.expected("features"), of: input)
    #expect(result.shape == output.shape)
    #expect(relativeError(result, output) < 1e-5)
  }

  @Test("An autoencoder without scales decodes features by themselves")
  func decodesAlone() throws {
    let fixture = SAELensFixture("gated")
    let sae = try SparseAutoencoder.load(fixture.folder.path)
    #expect(relativeError(try sae.decode(fixture.expected("features")), try fixture.expected("decoded")) < 1e-5)
  }

  @Test("Some features by themselves are those of all", arguments: SAELensFixture.folders)
  func someFeatures(_ fixture: SAELensFixture) throws {
    let sae = try SparseAutoencoder.load(fixture.folder.path)
    let x = try sae.flat(fixture.expected("input"))
    let scaling = RowScaling(x, sae.configuration)
    let (all, some) = (sae.encoded(x, scaling), sae.encoded(x, scaling, only: [20, 3]))
    #expect(largestDifference(some.select(0, axis: 1), all.select(20, axis: 1)) < 1e-4)
    #expect(largestDifference(some.select(1, axis: 1), all.select(3, axis: 1)) < 1e-4)
  }

  @Test("Where it belongs is what the folder says")
  func places() throws {
    let sae = try SparseAutoencoder.load(SAELensFixture("jumprelu-transcoder").folder.path)
    #expect(sae.configuration.point == .mlpNormalized(layer: 1))
    #expect(sae.configuration.target == .mlpOutput(layer: 1))
    let old = try SparseAutoencoder.load(SAELensFixture("old-standard").folder.path)
    #expect(old.configuration.point == .residualPre(layer: 1))
    #expect(old.configuration.modelName == "random")
  }

  @Test("The arrays of Gemma Scope give SAELens's numbers", arguments: ["params.npz", "deflated.npz"])
  func gemmaScope(_ file: String) throws {
    let fixture = SAELensFixture("gemma-scope")
    let sae = try SparseAutoencoder.load(fixture.folder.appending(path: file).path, at: .residualPost(layer: 1))
    let features = try sae.encode(fixture.expected("input"))
    #expect(relativeError(features, try fixture.expected("features")) < 1e-5)
    #expect(relativeError(try sae.decode(features), try fixture.expected("output")) < 1e-5)
  }
}
