"""Makes `lenses.gpt2.json`: what TransformerLens 3.9 computes on the tiny GPT-2 of TransformerTests/Fixtures/families/gpt2, in fp64.

    python make_lenses.py TransformerTests/Fixtures/families/gpt2 lenses.gpt2.json

The logit lens and the attention are those of the weights as they are; composition, copying and singular values those of the weights as its default
loading processes them.
"""
import json
import random
import sys

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights
from transformers import GPT2LMHeadModel

hf = GPT2LMHeadModel.from_pretrained(sys.argv[1], dtype=torch.float64, attn_implementation="eager").eval()
c = hf.config


def load(**processing):
    cfg = HookedTransformerConfig(
        n_layers=c.n_layer, d_model=c.n_embd, n_ctx=c.n_positions, d_head=c.n_embd // c.n_head, n_heads=c.n_head, d_mlp=4 * c.n_embd,
        act_fn="gelu_new", d_vocab=c.vocab_size, eps=c.layer_norm_epsilon, normalization_type="LN", dtype=torch.float64, device="cpu")
    model = HookedTransformer(cfg)
    if processing:
        model.load_and_process_state_dict(convert_gpt2_weights(hf, cfg), **processing)
    else:
        model.load_state_dict(convert_gpt2_weights(hf, cfg), strict=False)
    return model.eval()


plain = load()
processed = load(fold_ln=True, center_writing_weights=True, center_unembed=True, fold_value_biases=True)

random.seed(20)
block = random.sample(range(3, c.vocab_size), 20)
tokens = [2] + block + block
logits, cache = plain.run_with_cache(torch.tensor([tokens]))
stack = cache.accumulated_resid(layer=-1, incl_mid=True, apply_ln=False)
logs = (plain.ln_final(stack)[:, 0] @ plain.W_U + plain.b_U).log_softmax(-1)
final = logs[-1]
length = len(block)
patterns = torch.stack([cache["pattern", layer][0] for layer in range(c.n_layer)])


def diagonal(distance, first):
    """The mean of a diagonal of each head's pattern, over the queries from one on."""
    return torch.stack([patterns[:, :, q, q - distance] for q in range(first, len(tokens))]).mean(0)


def copying(model):
    eigenvalues = torch.linalg.eigvals(model.W_E @ (model.OV @ model.W_U).AB)
    return (eigenvalues.sum(-1).real / eigenvalues.abs().sum(-1)).tolist()


result = {
    "tokens": tokens,
    "length": length,
    "entropy": (-(logs.exp() * logs).sum(-1)).tolist(),
    "divergence": ((final.exp() * (final - logs)).sum(-1)).tolist(),
    "likeliest": logs.argmax(-1).tolist(),
    "probability": logs.max(-1).values.exp().tolist(),
    "induction": diagonal(length - 1, 1 + length).tolist(),
    "duplicateToken": diagonal(length, 1 + length).tolist(),
    "previousToken": diagonal(1, 1).tolist(),
    "composition": {mode: processed.all_composition_scores(mode).tolist() for mode in "QKV"},
    "copying": copying(processed),
    "singularValuesOV": processed.OV.S[..., : c.n_embd // c.n_head].tolist(),
    "singularValuesQK": processed.QK.S[..., : c.n_embd // c.n_head].tolist(),
}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return value if isinstance(value, int) else float(f"{value:.8g}")


json.dump(rounded(result), open(sys.argv[2], "w"), separators=(",", ":"))
