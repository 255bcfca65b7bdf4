/// The `config.json` of each reference checkpoint, as transformers 4.57.1 wrote it.
enum FamilyTexts {
  static let gemma2 = """
    {"architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": 4.0,
     "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1, "final_logit_softcapping": 3.0, "head_dim": 16,
     "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 48, "initializer_range": 0.12, "intermediate_size": 96,
     "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
     "max_position_embeddings": 512, "model_type": "gemma2", "num_attention_heads": 4, "num_hidden_layers": 4,
     "num_key_value_heads": 2, "pad_token_id": 0, "query_pre_attn_scalar": 24, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
     "sliding_window": 16, "transformers_version": "4.57.1", "use_cache": true, "vocab_size": 512}
    """

  static let gemma3 = """
    {"_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
     "attn_logit_softcapping": null, "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1, "final_logit_softcapping": null,
     "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96,
     "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"],
     "max_position_embeddings": 512, "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 6,
     "num_key_value_heads": 1, "pad_token_id": 0, "query_pre_attn_scalar": 24, "rms_norm_eps": 1e-06,
     "rope_local_base_freq": 10000.0, "rope_scaling": null, "rope_theta": 1000000.0, "sliding_window": 16,
     "transformers_version": "4.57.1", "use_bidirectional_attention": false, "use_cache": true, "vocab_size": 512}
    """

  static let gemma3Scaled = """
    {"_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
     "attn_logit_softcapping": null, "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1, "final_logit_softcapping": null,
     "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
     "max_position_embeddings": 512, "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 3,
     "num_key_value_heads": 2, "pad_token_id": 0, "query_pre_attn_scalar": 16, "rms_norm_eps": 1e-06,
     "rope_local_base_freq": 10000.0, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "rope_theta": 1000000.0,
     "sliding_window": 16, "transformers_version": "4.57.1", "use_bidirectional_attention": false, "use_cache": true,
     "vocab_size": 512}
    """

  static let llama = """
    {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2,
     "dtype": "float32", "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "max_position_embeddings": 512, "mlp_bias": false, "model_type": "llama",
     "num_attention_heads": 4, "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "pretraining_tp": 1,
     "rms_norm_eps": 1e-05,
     "rope_scaling": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 32, "rope_type": "llama3"},
     "rope_theta": 500000.0, "tie_word_embeddings": false, "transformers_version": "4.57.1", "use_cache": true,
     "vocab_size": 512}
    """

  static let llamaTied = """
    {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2,
     "dtype": "float32", "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "max_position_embeddings": 512, "mlp_bias": false, "model_type": "llama",
     "num_attention_heads": 4, "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "pretraining_tp": 1,
     "rms_norm_eps": 1e-05, "rope_scaling": null, "rope_theta": 100000.0, "tie_word_embeddings": true,
     "transformers_version": "4.57.1", "use_cache": true, "vocab_size": 512}
    """

  static let mistral = """
    {"architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 2, "dtype": "float32",
     "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "max_position_embeddings": 512, "model_type": "mistral", "num_attention_heads": 4,
     "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
     "sliding_window": 16, "tie_word_embeddings": false, "transformers_version": "4.57.1", "use_cache": true, "vocab_size": 512}
    """

  static let qwen2 = """
    {"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1,
     "hidden_act": "silu", "hidden_size": 64, "initializer_range": 0.12, "intermediate_size": 96,
     "layer_types": ["full_attention", "full_attention", "full_attention", "full_attention"], "max_position_embeddings": 512,
     "max_window_layers": 28, "model_type": "qwen2", "num_attention_heads": 4, "num_hidden_layers": 4, "num_key_value_heads": 2,
     "pad_token_id": 0, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000.0, "sliding_window": null,
     "tie_word_embeddings": true, "transformers_version": "4.57.1", "use_cache": true, "use_sliding_window": false,
     "vocab_size": 512}
    """

  static let qwen3 = """
    {"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2,
     "dtype": "float32", "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "layer_types": ["full_attention", "full_attention", "full_attention", "full_attention"],
     "max_position_embeddings": 512, "max_window_layers": 28, "model_type": "qwen3", "num_attention_heads": 4,
     "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "rms_norm_eps": 1e-06, "rope_scaling": null,
     "rope_theta": 1000000.0, "sliding_window": null, "tie_word_embeddings": true, "transformers_version": "4.57.1",
     "use_cache": true, "use_sliding_window": false, "vocab_size": 512}
    """

  static let gpt2 = """
    {"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0, "bos_token_id": 2,
     "dtype": "float32", "embd_pdrop": 0, "eos_token_id": 1, "initializer_range": 0.12, "layer_norm_epsilon": 1e-05,
     "model_type": "gpt2", "n_embd": 48, "n_head": 4, "n_inner": null, "n_layer": 4, "n_positions": 128,
     "reorder_and_upcast_attn": false, "resid_pdrop": 0, "scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true,
     "summary_activation": null, "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index",
     "summary_use_proj": true, "transformers_version": "4.57.1", "use_cache": true, "vocab_size": 512}
    """

  static let gptNeoX = """
    {"architectures": ["GPTNeoXForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "bos_token_id": 2,
     "classifier_dropout": 0.1, "dtype": "float32", "eos_token_id": 1, "hidden_act": "gelu", "hidden_dropout": 0.0,
     "hidden_size": 64, "initializer_range": 0.12, "intermediate_size": 128, "layer_norm_eps": 1e-05,
     "max_position_embeddings": 256, "model_type": "gpt_neox", "num_attention_heads": 4, "num_hidden_layers": 4,
     "partial_rotary_factor": 0.25, "rope_scaling": null, "rope_theta": 10000, "rotary_emb_base": 10000, "rotary_pct": 0.25,
     "tie_word_embeddings": false, "transformers_version": "4.57.1", "use_cache": true, "use_parallel_residual": true,
     "vocab_size": 512}
    """

  static let gptNeoXSerial = """
    {"architectures": ["GPTNeoXForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "bos_token_id": 2,
     "classifier_dropout": 0.1, "dtype": "float32", "eos_token_id": 1, "hidden_act": "gelu", "hidden_dropout": 0.0,
     "hidden_size": 64, "initializer_range": 0.12, "intermediate_size": 128, "layer_norm_eps": 1e-05,
     "max_position_embeddings": 256, "model_type": "gpt_neox", "num_attention_heads": 4, "num_hidden_layers": 3,
     "partial_rotary_factor": 1.0, "rope_scaling": null, "rope_theta": 10000, "rotary_emb_base": 10000, "rotary_pct": 1.0,
     "tie_word_embeddings": false, "transformers_version": "4.57.1", "use_cache": true, "use_parallel_residual": false,
     "vocab_size": 512}
    """

  static let all = [
    "gemma2": gemma2,
    "gemma3": gemma3,
    "gemma3-scaled": gemma3Scaled,
    "llama": llama,
    "llama-tied": llamaTied,
    "mistral": mistral,
    "qwen2": qwen2,
    "qwen3": qwen3,
    "gpt2": gpt2,
    "gpt-neox": gptNeoX,
    "gpt-neox-serial": gptNeoXSerial,
  ]
}

/// The same, as transformers 5.24.0 wrote them after reading those.
enum FamilyTextsOfFive {
  static let gemma3 = """
    {"_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
     "attn_logit_softcapping": null, "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1, "final_logit_softcapping": null,
     "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96,
     "layer_types": ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"],
     "max_position_embeddings": 512, "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 6,
     "num_key_value_heads": 1, "pad_token_id": 0, "query_pre_attn_scalar": 24, "rms_norm_eps": 1e-06,
     "rope_parameters": {"full_attention": {"rope_theta": 1000000.0, "rope_type": "default"}, "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}},
     "sliding_window": 16, "tie_word_embeddings": true, "transformers_version": "5.24.0", "use_bidirectional_attention": false,
     "use_cache": true, "vocab_size": 512}
    """

  static let gemma3Scaled = """
    {"_sliding_window_pattern": 6, "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
     "attn_logit_softcapping": null, "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1, "final_logit_softcapping": null,
     "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
     "max_position_embeddings": 512, "model_type": "gemma3_text", "num_attention_heads": 4, "num_hidden_layers": 3,
     "num_key_value_heads": 2, "pad_token_id": 0, "query_pre_attn_scalar": 16, "rms_norm_eps": 1e-06,
     "rope_parameters": {"full_attention": {"factor": 8.0, "rope_theta": 1000000.0, "rope_type": "linear"}, "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}},
     "sliding_window": 16, "tie_word_embeddings": true, "transformers_version": "5.24.0", "use_bidirectional_attention": false,
     "use_cache": true, "vocab_size": 512}
    """

  static let llama = """
    {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2,
     "dtype": "float32", "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "max_position_embeddings": 512, "mlp_bias": false, "model_type": "llama",
     "num_attention_heads": 4, "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "pretraining_tp": 1,
     "rms_norm_eps": 1e-05,
     "rope_parameters": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 32, "rope_theta": 500000.0, "rope_type": "llama3"},
     "tie_word_embeddings": false, "transformers_version": "5.24.0", "use_cache": true, "vocab_size": 512}
    """

  static let gptNeoX = """
    {"architectures": ["GPTNeoXForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "bos_token_id": 2,
     "classifier_dropout": 0.1, "dtype": "float32", "eos_token_id": 1, "hidden_act": "gelu", "hidden_dropout": 0.0,
     "hidden_size": 64, "initializer_range": 0.12, "intermediate_size": 128, "is_decoder": false, "layer_norm_eps": 1e-05,
     "max_position_embeddings": 256, "model_type": "gpt_neox", "num_attention_heads": 4, "num_hidden_layers": 4,
     "pad_token_id": null, "partial_rotary_factor": 0.25,
     "rope_parameters": {"partial_rotary_factor": 0.25, "rope_theta": 10000, "rope_type": "default"}, "rope_theta": 10000,
     "tie_word_embeddings": false, "transformers_version": "5.24.0", "use_cache": true, "use_parallel_residual": true,
     "vocab_size": 512}
    """

  static let qwen3 = """
    {"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2,
     "dtype": "float32", "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "layer_types": ["full_attention", "full_attention", "full_attention", "full_attention"],
     "max_position_embeddings": 512, "max_window_layers": 28, "model_type": "qwen3", "num_attention_heads": 4,
     "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "rms_norm_eps": 1e-06,
     "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}, "sliding_window": null, "tie_word_embeddings": true,
     "transformers_version": "5.24.0", "use_cache": true, "use_sliding_window": false, "vocab_size": 512}
    """

  static let mistral = """
    {"architectures": ["MistralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 2, "dtype": "float32",
     "eos_token_id": 1, "head_dim": 16, "hidden_act": "silu", "hidden_size": 48, "initializer_range": 0.12,
     "intermediate_size": 96, "max_position_embeddings": 512, "model_type": "mistral", "num_attention_heads": 4,
     "num_hidden_layers": 4, "num_key_value_heads": 2, "pad_token_id": 0, "rms_norm_eps": 1e-06,
     "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "sliding_window": 16, "tie_word_embeddings": false,
     "transformers_version": "5.24.0", "use_cache": true, "vocab_size": 512}
    """

  static let gemma2 = """
    {"architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": 4.0,
     "bos_token_id": 2, "dtype": "float32", "eos_token_id": 1, "final_logit_softcapping": 3.0, "head_dim": 16,
     "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 48, "initializer_range": 0.12, "intermediate_size": 96,
     "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
     "max_position_embeddings": 512, "model_type": "gemma2", "num_attention_heads": 4, "num_hidden_layers": 4,
     "num_key_value_heads": 2, "pad_token_id": 0, "query_pre_attn_scalar": 24, "rms_norm_eps": 1e-06,
     "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "sliding_window": 16, "tie_word_embeddings": true,
     "transformers_version": "5.24.0", "use_bidirectional_attention": null, "use_cache": true, "vocab_size": 512}
    """

  static let gpt2 = """
    {"activation_function": "gelu_new", "add_cross_attention": false, "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0,
     "bos_token_id": 2, "dtype": "float32", "embd_pdrop": 0, "eos_token_id": 1, "initializer_range": 0.12,
     "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_embd": 48, "n_head": 4, "n_inner": null, "n_layer": 4,
     "n_positions": 128, "pad_token_id": null, "reorder_and_upcast_attn": false, "resid_pdrop": 0,
     "scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true, "summary_activation": null,
     "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index", "summary_use_proj": true,
     "tie_word_embeddings": true, "transformers_version": "5.24.0", "use_cache": true, "vocab_size": 512}
    """

  static let all = [
    "gemma3": gemma3,
    "gemma3-scaled": gemma3Scaled,
    "llama": llama,
    "gpt-neox": gptNeoX,
    "qwen3": qwen3,
    "mistral": mistral,
    "gemma2": gemma2,
    "gpt2": gpt2,
  ]
}
