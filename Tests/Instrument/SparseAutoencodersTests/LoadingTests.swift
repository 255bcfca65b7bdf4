import Checkpoints
import Foundation
import ModelFixture
import SparseAutoencoders
import Tensors
import TestSupport
import Testing
import Transformer

@Suite("Reading a dictionary fails closed")
struct DictionaryLoadingTests {
  private let plain = RandomDictionary(seed: 30)

  @Test("A setting that nobody would compute is refused by its name")
  func settings() {
    let changes: [(String, Any)] = [
      ("architecture", "temporal"), ("normalize_activations", "covariance_whitening"), ("reshape_activations", "hook_q"),
      ("activation_fn_of_tomorrow", "swish"), ("d_sae", 19), ("d_in", 12.5), ("apply_b_dec_to_input", "yes"),
    ]
    for (key, value) in changes {
      let error = plain.loadingError { settings, _ in settings[key] = value }
      #expect(error.contains(key == "d_sae" ? "b_enc" : key) || key == "d_sae" && error.contains("W_"), "\(key): \(error)")
    }
  }

  @Test("An error names the file and the line")
  func line() {
    #expect(plain.loadingError { settings, _ in settings["architecture"] = "temporal" }.contains("cfg.json:1"))
  }

  @Test("A tensor of another shape, too many or too few, and numbers that are none, are refused")
  func tensors() {
    #expect(
      plain.loadingError { _, weights in weights[2].tensor = Tensor([1, 2]) }.contains(
        "“b_dec” has the shape [2], and [12] is needed"))
    #expect(plain.loadingError { _, weights in weights.removeLast() }.contains("“b_enc” is missing"))
    #expect(
      plain.loadingError { _, weights in weights.append(("b_gate", Tensor([1]))) }.contains(
        "“b_gate” is no part of a ReLU autoencoder"))
    #expect(
      plain.loadingError { _, weights in weights[0].tensor[0, 3] = .nan }.contains("“W_enc” holds numbers that are not finite"))
  }

  @Test("Activations that were scaled in training need their scale, and then are scaled")
  func scale() throws {
    let change: (inout [String: Any], inout [(name: String, tensor: Tensor)]) -> Void = { settings, _ in
      settings["normalize_activations"] = "expected_average_only_in"
    }
    #expect(plain.loadingError(change).contains("activationScale"))
    #expect(plain.loadingError(activationScale: -1, change).contains("above 0"))
    #expect(plain.loadingError(activationScale: 2) { _, _ in }.contains("Leave it out"))
    let (scaled, unscaled) = (try plain.loaded(activationScale: 0.25, change), try plain.loaded())
    let x = Tensor((0..<24).map { Float($0 % 7) - 3 }, shape: [2, 12])
    #expect(largestDifference(try scaled.encode(x), try unscaled.encode(x * 0.25)) < 1e-5)
    #expect(largestDifference(try scaled.reconstruct(x), try unscaled.reconstruct(x * 0.25) * 4) < 1e-4)
  }

  @Test("Activations without their mean are read so, and get it back")
  func centered() throws {
    let (centered, plainly) = (try plain.loaded(centersInput: true), try plain.loaded())
    let x = Tensor((0..<12).map { Float($0) }, shape: [1, 12])
    let without = x.map { $0 - 5.5 }
    #expect(largestDifference(try centered.encode(x), try plainly.encode(without)) < 1e-5)
    #expect(largestDifference(try centered.reconstruct(x), try plainly.reconstruct(without).map { $0 + 5.5 }) < 1e-4)
  }

  @Test("Factors of fine-tuning are used if the settings say so, and refused if they do not")
  func fineTuning() throws {
    let factors = Tensor((0..<20).map { 1 + Float($0) / 10 })
    let old: (inout [String: Any], Bool) -> Void = { settings, isUsed in
      settings["metadata"] = nil
      settings["hook_name"] = "blocks.0.hook_resid_mid"
      settings["finetuning_scaling_factor"] = isUsed
    }
    #expect(
      plain.loadingError { settings, weights in
        old(&settings, false)
        weights.append(("scaling_factor", factors))
      }.contains("finetuning_scaling_factor"))
    let sae = try plain.loaded { settings, weights in
      old(&settings, true)
      weights.append(("scaling_factor", factors))
    }
    let features = Tensor((0..<20).map { Float($0 % 3) }, shape: [1, 20])
    #expect(largestDifference(try sae.decode(features), try plain.loaded().decode(features * factors.reshaped([1, 20]))) < 1e-4)
  }

  @Test("What TransformerLens would have done to the model's weights is done to activations, or refused")
  func weightProcessing() throws {
    func change(_ kwargs: [String: Any]) -> (inout [String: Any], inout [(name: String, tensor: Tensor)]) -> Void {
      { settings, _ in
        var metadata = settings["metadata"] as? [String: Any] ?? [:]
        metadata["model_from_pretrained_kwargs"] = kwargs
        settings["metadata"] = metadata
      }
    }
    #expect(try plain.loaded(change(["center_writing_weights": true])).configuration.centersInput)
    #expect(try !plain.loaded(change(["center_writing_weights": false, "fold_ln": true])).configuration.centersInput)
    #expect(plain.loadingError(change(["fold_value_biases": true])).contains("fold_value_biases"))
    #expect(plain.loadingError(change(["quantize": true])).contains("quantize"))
  }

  @Test("An activation that no hook point holds is refused")
  func normedInput() {
    let error = plain.loadingError { settings, _ in
      settings["metadata"] = [
        "hook_name": "blocks.0.hook_mlp_in", "hf_hook_name": "model.layers.0.pre_feedforward_layernorm.output",
      ]
    }
    #expect(error.contains("hf_hook_name") && error.contains(".mlpNormalized"))
  }

  @Test("A name that is nowhere says where it was looked for")
  func nowhere() {
    expectError("cfg.json and sae_weights.safetensors") { _ = try SparseAutoencoder.load("no/such") }
  }

  @Test("Gemma Scope's file needs a place")
  func place() throws {
    let file = SAELensFixture("gemma-scope").folder.appending(path: "params.npz").path
    expectError("at: .residualPost(layer: 20)") { _ = try SparseAutoencoder.load(file) }
    #expect(try SparseAutoencoder.load(SAELensFixture("gemma-scope").folder.path, at: .z(layer: 0)).configuration.joinsHeads)
  }

  @Test("An archive that is cut off or damaged is an error, wherever a byte is wrong", arguments: ["params.npz", "deflated.npz"])
  func damage(_ name: String) throws {
    let fixture = SAELensFixture("gemma-scope")
    let data = try Data(contentsOf: fixture.folder.appending(path: name))
    let input = try fixture.expected("input")
    let whole = try SparseAutoencoder.load(fixture.folder.appending(path: name).path, at: .residualPost(layer: 1)).encode(input)
    let file = FileManager.default.temporaryDirectory.appending(path: "folio-\(UUID().uuidString).npz")
    defer { try? FileManager.default.removeItem(at: file) }
    func load(_ data: Data) throws -> Tensor {
      try data.write(to: file)
      return try SparseAutoencoder.load(file.path, at: .residualPost(layer: 1)).encode(input)
    }
    for length in stride(from: 0, to: data.count, by: 97) {
      #expect(throws: (any Error).self) { _ = try load(data.prefix(length)) }
    }
    for index in stride(from: 0, to: data.count, by: 5) {
      var changed = data
      changed[index] ^= 0x55
      // Not every byte says something: dates do not, for instance. What is read all the same has the same numbers.
      if let features = try? load(changed) { #expect(features == whole, "byte \(index)") }
    }
  }
}

@Suite("Wrong use of a dictionary gets an error that says what there is")
struct DictionaryErrorTests {
  private let sae = Result { try RandomDictionary(seed: 40).loaded() }
  private let tokens = SpliceTests.tokens

  @Test("A feature, an edit and an activation that do not exist")
  func requests() throws {
    let sae = try sae.get()
    expectError("There is no feature 20: the dictionary has 20, numbered from 0 to 19") { _ = try sae.direction(of: 20) }
    expectError("no feature -1") { _ = try sae.splice([.ablate(-1)]) }
    expectError("edited twice") { _ = try sae.splice([.ablate(3), .set(3, to: 1)]) }
    expectError("finite") { _ = try sae.steer(3, by: .nan) }
    expectError("No feature is named") { _ = try sae.ablate([]) }
    expectError("[2, 11]") { _ = try sae.encode(Tensor(repeating: 0, shape: [2, 11])) }
    expectError("[12]") { _ = try sae.encode(Tensor(repeating: 0, shape: [12])) }
    expectError("20 wide") { _ = try sae.decode(Tensor(repeating: 0, shape: [2, 12])) }
    let normed = try RandomDictionary(normalization: "layer_norm").loaded()
    expectError("decode(features, of: activation)") { _ = try normed.decode(Tensor(repeating: 0, shape: [1, 20])) }
  }

  @Test("A model of another width, a layer that is not there, no prompts")
  func models() throws {
    let (model, sae) = (try SpliceTests.plain.random(seed: 71).model(), try sae.get())
    var other = RandomDictionary()
    (other.width, other.out) = (16, 16)
    let wide = try other.loaded()
    expectError("reads 16 numbers at “blocks.0.hook_resid_mid”, and this model has 12") {
      _ = try model.features(tokens, in: wide)
    }
    other.hook = "blocks.7.hook_resid_post"
    let deep = try other.loaded()
    expectError("layers, numbered from 0 to 1") { _ = try model.features(tokens, in: deep) }
    expectError("no prompts") { _ = try model.checkReconstruction(of: sae, over: [[Int]]()) }
    expectError("no texts") { _ = try model.featureExamples(of: [1], in: sae, over: [[Int]]()) }
    expectError("No feature is named") { _ = try model.featureExamples(of: [], in: sae, over: [tokens]) }
    expectError("0 steps") { _ = try model.featureAttribution(tokens, in: sae, toward: SpliceTests.answer, steps: 0) }
    let other8 = Array(tokens.dropLast())
    expectError("cannot be compared") {
      _ = try model.featureAttribution(tokens, corrupted: other8, in: sae, toward: SpliceTests.answer)
    }
    let z = try SparseAutoencoder(
      W_enc: Tensor(repeating: 1, shape: [24, 3]), W_dec: Tensor(repeating: 1, shape: [3, 24]), at: .z(layer: 0))
    expectError("do not write into the residual stream") { _ = try model.tokenEffects(of: 0, in: z) }
  }

  @Test("Weights that do not fit together")
  func weights() {
    let (encoder, decoder) = (Tensor(repeating: 1, shape: [12, 5]), Tensor(repeating: 1, shape: [5, 12]))
    expectError("“W_dec” has the shape [12, 5], and [5, 5] is needed") {
      _ = try SparseAutoencoder(W_enc: encoder, W_dec: encoder, at: .mlpOutput(layer: 0), writingTo: .mlpOutput(layer: 1))
    }
    expectError("top 6 of 5") { _ = try SparseAutoencoder(W_enc: encoder, W_dec: decoder, topK: 6, at: .mlpOutput(layer: 0)) }
    expectError("an autoencoder reconstructs it") {
      _ = try SparseAutoencoder(W_enc: encoder, W_dec: Tensor(repeating: 1, shape: [5, 4]), at: .mlpOutput(layer: 0))
    }
  }

  @Test
  func whatIsNotANumberHasNoFeaturesAndIsNotTakenForNone() throws {
    for topK in [2, nil] {
      let sae = try SparseAutoencoder(W_enc: .ones([4, 8]), W_dec: .ones([8, 4]), topK: topK, at: .mlpOutput(layer: 0))
      #expect(throws: SparseAutoencoderError.self) { try sae.encode(Tensor(rows: [[1, .nan, 0, 2]])) }
    }
  }
}
