"""Makes `eap.gpt2.json`: what the EAP-IG package (https://github.com/hannamw/EAP-IG, Apache-2.0) computes on the tiny GPT-2 of
TransformerTests/Fixtures/families/gpt2, in fp64.

    python make_eap.py PATH_OF_EAP-IG/src TransformerTests/Fixtures/families/gpt2 eap.gpt2.json

The package needs a tokenizer and a graphics card; both are stepped around here, and nothing of what it computes is changed.
"""
import json
import random
import sys
import types

sys.path.insert(0, sys.argv[1])
# Only its drawings need matplotlib.
visualization = types.ModuleType("eap.visualization")
visualization.get_color = visualization.generate_random_color = None
sys.modules["eap.visualization"] = visualization

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights
from transformers import GPT2LMHeadModel

import eap.attribute as attribute
import eap.evaluate as evaluate
from eap.graph import Graph

zeros = torch.zeros
torch.zeros = lambda *sizes, **named: zeros(*sizes, **{key: value for key, value in named.items() if key != "device"})


def tokenize(model, tokens, max_length=None):
    tokens = torch.tensor(tokens)
    return tokens, torch.ones_like(tokens), torch.full((len(tokens),), tokens.shape[1]), tokens.shape[1]


for module in [attribute, evaluate, sys.modules["eap.utils"]]:
    module.tokenize_plus = tokenize

hf = GPT2LMHeadModel.from_pretrained(sys.argv[2], dtype=torch.float64, attn_implementation="eager").eval()
c = hf.config
cfg = HookedTransformerConfig(
    n_layers=c.n_layer, d_model=c.n_embd, n_ctx=c.n_positions, d_head=c.n_embd // c.n_head, n_heads=c.n_head, d_mlp=4 * c.n_embd,
    act_fn="gelu_new", d_vocab=c.vocab_size, eps=c.layer_norm_epsilon, normalization_type="LN", dtype=torch.float64, device="cpu",
    use_attn_result=True, use_split_qkv_input=True, use_hook_mlp_in=True)
model = HookedTransformer(cfg)
model.load_state_dict(convert_gpt2_weights(hf, cfg), strict=False)
model.eval()

random.seed(20)
length, pairs = 12, []
for _ in range(3):
    clean = [2] + [random.randrange(3, c.vocab_size) for _ in range(length - 1)]
    corrupted = list(clean)
    for position in random.sample(range(3, length), 3):
        corrupted[position] = random.randrange(3, c.vocab_size)
    pairs.append((clean, corrupted))
difference = 0
for clean, corrupted in pairs:
    a, b = model(torch.tensor([clean, corrupted]))[:, -1]
    assert torch.allclose(a, hf(torch.tensor([clean])).logits[0, -1], atol=1e-9)
    difference = difference + a - b
answers = (int(difference.argmax()), int(difference.argmin()))

# One example a batch, as the sums over a batch are divided by the number of examples anyway.
data = [([clean], [corrupted], answers) for clean, corrupted in pairs]
mean_prompts = [[2] + [random.randrange(3, c.vocab_size) for _ in range(length - 1)] for _ in range(4)]
mean_data = [([prompt], None, None) for prompt in mean_prompts]


def metric(logits, clean_logits, lengths, label):
    return logits[:, -1, label[0]] - logits[:, -1, label[1]]


def loss(*arguments):
    return -metric(*arguments).sum()


# The package's mean over all positions is not used: it takes the last position and divides it by their number.
result = {"pairs": pairs, "answers": answers, "meanPrompts": mean_prompts, "scores": {}, "circuits": {}}


def rows(graph):
    return [[float(x) for x in row] for row in graph.scores]


for name, method, named in [
    ("EAP", "EAP", {}), ("EAP zero", "EAP", {"intervention": "zero"}),
    ("EAP positional mean", "EAP", {"intervention": "mean-positional", "intervention_dataloader": mean_data}),
    ("EAP-IG-inputs", "EAP-IG-inputs", {"ig_steps": 5}), ("EAP-IG-activations", "EAP-IG-activations", {"ig_steps": 3}),
    ("exact", "exact", {}),
]:
    graph = Graph.from_model(model)
    function = metric if method == "exact" else loss
    attribute.attribute(model, graph, data, function, method, quiet=True, **named)
    # Scores of the package are changes: of the loss, and, where edges are really patched, of the metric.
    result["scores"][name] = rows(graph) if method != "exact" else [[-x for x in row] for row in rows(graph)]

graph = Graph.from_model(model)
result["senders"] = [node for node in graph.nodes if node != "logits"]
result["receivers"] = graph.get_dst_nodes()
result["edges"] = list(graph.edges)

for selection in ["top", "greedy"]:
    for absolute in [True, False]:
        for count in [10, 40, 90]:
            graph = Graph.from_model(model)
            graph.scores[:] = torch.tensor(result["scores"]["EAP-IG-inputs"])
            (graph.apply_topn if selection == "top" else graph.apply_greedy)(count, absolute=absolute, prune=False)
            taken = [name for name, edge in graph.edges.items() if edge.in_graph]
            graph.prune()
            entry = {"edges": taken, "pruned": [name for name, edge in graph.edges.items() if edge.in_graph], "values": {}}
            if absolute:
                for kind, named in [
                    ("patching", {}), ("zero", {}), ("mean-positional", {"intervention_dataloader": mean_data})
                ]:
                    values = evaluate.evaluate_graph(model, graph, data, metric, quiet=True, intervention=kind, **named)
                    entry["values"][kind] = [float(x) for x in values]
            result["circuits"][f"{selection} {'magnitude' if absolute else 'signed'} {count}"] = entry

result["clean"] = [float(x) for x in evaluate.evaluate_baseline(model, data, metric, quiet=True)]
result["corrupted"] = [float(x) for x in evaluate.evaluate_baseline(model, data, metric, run_corrupted=True, quiet=True)]
with open(sys.argv[3], "w") as file:
    json.dump(result, file, separators=(",", ":"))
