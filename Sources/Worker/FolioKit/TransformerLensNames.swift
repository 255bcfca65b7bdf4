// The names are TransformerLens's; what each says is the only documentation that it has.
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation

// The calls of TransformerLens, and the methods of PyTorch's tensors, that have another name in Folio, so that a cell which uses one gets an error that names Folio's. They are the rows of
// `.readme/transformerlens.md`, and a test holds them to it.

/// A call of TransformerLens. It takes and gives anything, so that the compiler's error about a cell that uses it is what Folio has in its place.
@dynamicCallable @dynamicMemberLookup
public struct TransformerLensCall {
  public func dynamicallyCall(withKeywordArguments arguments: KeyValuePairs<String, Any>) -> TransformerLensCall { self }
  @_disfavoredOverload
  public func dynamicallyCall(
    withKeywordArguments arguments: KeyValuePairs<String, Any>
  ) -> (TransformerLensCall, TransformerLensCall) { (self, self) }
  public subscript(dynamicMember member: String) -> TransformerLensCall { self }
  public subscript(indices: Any...) -> TransformerLensCall { self }
}

@available(*, unavailable, message: "Folio: `try LanguageModel.load(\"gpt2\")`; folders and GGUF files are loaded so too")
public var HookedTransformer: TransformerLensCall { TransformerLensCall() }

@available(
  *, unavailable, message: "Folio: `HookPoint.z(layer: 3)`; names are read too: `try HookPoint(\"blocks.3.attn.hook_z\")`"
)
public var utils: TransformerLensCall { TransformerLensCall() }

@available(
  *, unavailable,
  message: "Folio: `try model.activationPatching(clean: clean, corrupted: corrupted, toward: metric, component: .residualPre)`"
)
public var patching: TransformerLensCall { TransformerLensCall() }

@available(*, unavailable, message: "Folio: `try model.repeatedTokenScores()`")
public var head_detector: TransformerLensCall { TransformerLensCall() }

@available(
  *, unavailable, message: "Folio: `try SparseAutoencoder.load(\"models/gemma-2b-res-jb\")`, of a folder that SAELens wrote"
)
public var SAE: TransformerLensCall { TransformerLensCall() }

extension LanguageModel {
  @available(*, unavailable, message: "Folio: `model.config`")
  public var cfg: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.run(prompt, logits: .all).logits`")
  public var forward: TransformerLensCall { TransformerLensCall() }

  @available(
    *, unavailable, message: "Folio: `try model.run(prompt, capturing: .all, logits: .all)`, which has `logits` and `cache`"
  )
  public var run_with_cache: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.run(prompt, hooks: [.scale(by: 0, at: .z(layer: 3), head: 5)])`")
  public var run_with_hooks: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: hooks are given to each call: `hooks:` of `run`, `gradients` and `generate`")
  public var hooks: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: hooks are given to each call: `hooks:` of `run`, `gradients` and `generate`")
  public var add_hook: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: no hook outlives its call, and there is nothing to reset")
  public var reset_hooks: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `HookPoint.all(model.config)`")
  public var hook_dict: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.generate(prompt, onToken: { print($0) })`")
  public var generate_stream: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.toTokens(text)`")
  public var to_tokens: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.toString(tokens)`")
  public var to_string: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.toStrTokens(text)`")
  public var to_str_tokens: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.toSingleToken(\" Paris\")`")
  public var to_single_token: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.toString([token])`")
  public var to_single_str_token: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.toStrTokens(prompt).firstIndex(of: \" Paris\")`")
  public var get_token_position: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.logitDirection(of: token)`")
  public var tokens_to_residual_directions: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.tokenLosses(prompt)`; as a metric, `Loss()`")
  public var loss_fn: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.moved(to: .cuda(0))`; sessions choose a device by `--device`")
  public var cuda: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.moved(to: .cpu)`")
  public var cpu: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `.result(layer: 3)` is computed when it is asked for, and there is nothing to set")
  public var set_use_attn_result: TransformerLensCall { TransformerLensCall() }

  @available(
    *, unavailable,
    message: "Folio: `.queryInput(layer: 3)`, `.keyInput(layer: 3)` and `.valueInput(layer: 3)` are there when they are asked for"
  )
  public var set_use_split_qkv_input: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `.mlpInput(layer: 3)` is there when it is asked for")
  public var set_use_hook_mlp_in: TransformerLensCall { TransformerLensCall() }

  @available(
    *, unavailable,
    message: "Folio: nothing is folded; the factors are `try model.ln1_w[layer]`, `try model.ln2_w[layer]` and `model.ln_final_w`"
  )
  public var fold_layer_norm: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: nothing is centred; `x - x.mean(axis: -1, keepingAxis: true)` centres rows")
  public var center_writing_weights: TransformerLensCall { TransformerLensCall() }

  @available(
    *, unavailable,
    message: "Folio: nothing is centred; `try model.logitDirection(of: token, against: other)` does not depend on it"
  )
  public var center_unembed: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.W_OV[layer, head]`, a `FactoredMatrix`")
  public var OV: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.W_QK[layer, head]`, a `FactoredMatrix`")
  public var QK: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `model.W_E.rows(tokens)`, times `model.config.embeddingScale`")
  public var embed: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `residual.multiplied(by: model.W_U)`")
  public var unembed: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.W_Q[layer, head]` and its kin; `folio api W_` lists them")
  public var blocks: TransformerLensCall { TransformerLensCall() }

  @available(
    *, unavailable, message: "Folio: the sum of `try model.b_O[layer]` and `try model.b_out[layer]` over the layers below"
  )
  public var accumulated_bias: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try model.compositionScores(.query)`")
  public var all_composition_scores: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `HeadReference(layer: 3, head: 5).description`")
  public var all_head_labels: TransformerLensCall { TransformerLensCall() }
}

extension ActivationCache {
  @available(*, unavailable, message: "Folio: `try cache.accumulatedResidual(upTo: layer)`")
  public var accumulated_resid: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.decomposedResidual(upTo: layer)`")
  public var decompose_resid: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.fullDecomposition(upTo: layer)`")
  public var get_full_resid_decomposition: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.headResults(upTo: layer)`")
  public var stack_head_results: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.headResults()`; nothing is computed ahead")
  public var compute_head_results: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.neuronResults(upTo: layer)`")
  public var stack_neuron_results: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.neuronResults(projectedOn: direction)`")
  public var get_neuron_results: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.stackedActivations(.z)`")
  public var stack_activation: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.normalized(stack)`")
  public var apply_ln_to_stack: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try cache.logitAttributions(of: stack, tokens: \" Paris\")`")
  public var logit_attrs: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: there is no batch axis; `model.run(batch: prompts)` gives a cache for each prompt")
  public var remove_batch_dim: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `cache.points`")
  public var keys: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `cache.points`")
  public var cache_dict: TransformerLensCall { TransformerLensCall() }
}

extension FactoredMatrix {
  @available(*, unavailable, message: "Folio: `factored.tensor`")
  public var AB: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `factored.left`")
  public var A: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `factored.right`")
  public var B: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `factored.transposed`")
  public var T: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try factored.svd().u`")
  public var U: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try factored.svd().s`")
  public var S: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `try factored.svd().vt`")
  public var Vh: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `factored.frobeniusNorm`")
  public var norm: TransformerLensCall { TransformerLensCall() }
}

extension Tensor {
  @available(*, unavailable, message: "Folio: `x.logSoftmax()`")
  public var log_softmax: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.logSumExp(axis: -1)`")
  public var logsumexp: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.topK(5)`")
  public var topk: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.sorted(descending: true)`")
  public var sort: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.sorted().indices`")
  public var argsort: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.taking(indices)`")
  public var gather: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.gathered(ids, axis: 1)`")
  public var index_select: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.cumulativeSum(axis: -1)`")
  public var cumsum: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.scalar`")
  public var item: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.count`")
  public var numel: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.reshaped([2, -1])`")
  public var view: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.reshaped([2, -1])`")
  public var reshape: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.flattened()`")
  public var flatten: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.permuted([1, 0, 2])`")
  public var permute: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.transposed(0, 1)`")
  public var transpose: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.transposed()`")
  public var T: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.expanded(axis: 0)`")
  public var unsqueeze: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.squeezed(axis: 0)`")
  public var squeeze: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.broadcast(to: [3, 4])`")
  public var expand: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.filled(where: mask, with: 0)`")
  public var masked_fill: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.clamped(to: 0...1)`")
  public var clamp: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.power(2)`; `x.squared()`")
  public var pow: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.squareRoot()`")
  public var sqrt: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.magnitude()`")
  public var abs: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.max(axis: -1)`; where they are, `x.argmax(axis: -1)`")
  public func max(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.min(axis: -1)`; where they are, `x.argmin(axis: -1)`")
  public func min(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.sum(axis: 0)`")
  public func sum(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.mean(axis: 0)`")
  public func mean(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.std(axis: -1)`")
  public func std(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.argmax(axis: -1)`")
  public func argmax(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.argmin(axis: -1)`")
  public func argmin(_ axis: Int) -> TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.shape`, and of one axis `x.shape[0]`")
  public var size: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.variance(axis: -1)`")
  public var `var`: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.multiplied(by: y)`")
  public var matmul: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: a tensor is a value: `var copy = x`")
  public var clone: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: no tensor carries a gradient; `model.gradients` computes those that are asked for")
  public var detach: TransformerLensCall { TransformerLensCall() }

  @available(*, unavailable, message: "Folio: `x.elements`, or `x.rows` of a matrix")
  public var tolist: TransformerLensCall { TransformerLensCall() }
}
