import Checkpoints
import Transformer
import ModelFixture
import Testing

@Suite struct HookPointTests {
  @Test
  func everyHookPointIsFoundByItsTransformerLensName() throws {
    let all = HookPoint.all(layers: 3)
    #expect(all.count == 3 + 3 * 21)
    for point in all { #expect(try HookPoint(point.name) == point) }
    #expect(HookPoint.query(layer: 3).name == "blocks.3.attn.hook_q")
    #expect(HookPoint.embedding.name == "hook_embed")
    #expect(HookPoint.finalNormScale.name == "ln_final.hook_scale")
  }

  @Test
  func transformerLenssOtherNamesForTheSameNumbersAreUnderstood() throws {
    #expect(try HookPoint("blocks.1.hook_attn_in") == .residualPre(layer: 1))
  }

  @Test(
    arguments: [
      ("blocks.3.attn.hook_patern", "blocks.3.attn.hook_pattern"), ("blocks.3.hook_resid_prev", "blocks.3.hook_resid_pre"),
      ("blocks.12.attn.hook_Z", "blocks.12.attn.hook_z"), ("hook_embedd", "hook_embed"),
      ("blocks.-1.hook_mlp_out", "blocks.0.hook_mlp_out"),
      ("blocks.2.hook_embed", "hook_embed"),
      ("blocks.0.hook_resid_pst", "blocks.0.hook_resid_post"), ("nonsense", "hook_embed"),
    ])
  func anUnknownNameIsAnErrorThatSuggestsTheNearest(name: String, suggestion: String) {
    let error = #expect(throws: ModelError.self) { try HookPoint(name) }
    #expect(error == .unknownHookPoint(name: name, nearest: suggestion))
  }

  @Test
  func onlyWhatIsAskedForIsKept() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    let tokens = [2, 306, 337, 358]
    #expect(try model.run(tokens).cache.points.isEmpty)
    #expect(try model.run(tokens, capturing: [.z(layer: 2), .query(layer: 0)]).cache.points == [.query(layer: 0), .z(layer: 2)])
    #expect(try model.run(tokens, capturing: .components([.mlpOutput])).cache.points == (0..<4).map { .mlpOutput(layer: $0) })
    #expect(try model.run(tokens, capturing: .matching { $0.layer == 1 }).cache.points.count == 21)
    #expect(try model.run(tokens, capturing: .all).cache.points == HookPoint.all(layers: 4))
    let named = try model.run(tokens, capturing: .names(["blocks.1.attn.hook_q"])).cache
    #expect(try named["blocks.1.attn.hook_q"] == named[.query(layer: 1)])
  }

  @Test
  func shapesAreTransformerLenssWithoutTheBatch() throws {
    let model = try ModelFixture.named("tiny-gemma-gqa").model
    let cache = try model.run([2, 306, 337, 358, 340], capturing: .all).cache
    let expected = [
      "hook_embed": [5, 64], "blocks.0.hook_resid_pre": [5, 64], "blocks.0.ln1.hook_scale": [5, 1],
      "blocks.0.attn.hook_q": [5, 4, 32],
      "blocks.0.attn.hook_k": [5, 2, 32], "blocks.0.attn.hook_v": [5, 2, 32], "blocks.0.attn.hook_rot_k": [5, 2, 32],
      "blocks.0.attn.hook_attn_scores": [4, 5, 5], "blocks.0.attn.hook_pattern": [4, 5, 5], "blocks.0.attn.hook_z": [5, 4, 32],
      "blocks.0.attn.hook_result": [5, 4, 64], "blocks.0.mlp.hook_pre": [5, 128], "ln_final.hook_normalized": [5, 64],
    ]
    for (name, shape) in expected { #expect(try cache[name].shape == shape) }
    let last = try model.run([2, 306, 337, 358, 340], capturing: .all.atLast(2)).cache
    #expect(try last["blocks.0.attn.hook_pattern"].shape == [4, 2, 5])
    #expect(try last["blocks.0.attn.hook_result"] == cache["blocks.0.attn.hook_result"][3...])
    #expect(try last["blocks.0.attn.hook_q"] == cache["blocks.0.attn.hook_q"][3...])
  }

  @Test
  func aLayerThatIsNotThereANameThatIsNoneAndAnActivationThatWasNotKeptAreErrors() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    #expect(throws: ModelError.layerOutOfRange(point: "blocks.4.attn.hook_q", layers: 4)) {
      try model.run([2], capturing: [.query(layer: 4)])
    }
    #expect(throws: ModelError.unknownHookPoint(name: "blocks.0.attn.hook_qq", nearest: "blocks.0.attn.hook_q")) {
      try model.run([2], capturing: .names(["blocks.0.attn.hook_qq"]))
    }
    let cache = try model.run([2], capturing: [.query(layer: 0)]).cache
    #expect(throws: ModelError.notCaptured(point: "blocks.0.attn.hook_k", captured: ["blocks.0.attn.hook_q"])) {
      try cache[.key(layer: 0)]
    }
    #expect(throws: ModelError.notCaptured(point: "hook_mlp_out", captured: ["blocks.0.attn.hook_q"])) {
      try cache.stacked(.mlpOutput)
    }
  }
}
