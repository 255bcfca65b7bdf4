/// The kernels of a card that the backend launches, all of them, so that what does not compile is an error before anything is computed.
struct CardKernels: Sendable {
  private let kernels: [Kernel?]
  /// Whether whole warpgroups multiply, as on Hopper alone.
  let hasWarpgroups: Bool

  /// One of them, by its name in the source.
  enum Name: Int, CaseIterable {
    case fill, combine, combine_scalar, add, add_scaled, activate, soft_cap, activate_gradient, soft_cap_gradient
    case copy_blocks, gather_rows, add_rows
    case rms_normalize, center_rows, rms_scale_gradient, divide_rows, scale_columns, add_to_rows, rms_input_gradient,
      rotate_halves
    case sum_axis, max_axis, sum_parts, sum_all, any_not_finite, argmax_parts, argmax, log_sum_exp_parts, log_sum_exp
    case causal_softmax, masked_softmax, softmax_gradient, mask_unseen, clear_unseen
    case decode_attention_parts, decode_attention
    case product_f32_128, product_f32_64, product_any_128, product_any_64, gemv_bf16, gemv_f32, reduce
    case product_bf16_nt, product_bf16_nn, product_bf16_nt_small, product_bf16_nn_small
    case product_bf16_nt_192, product_bf16_nn_192, product_bf16_nt_64, product_bf16_nn_64

    /// The file in which it stands.
    var source: String {
      switch self {
      case .fill, .combine, .combine_scalar, .add, .add_scaled, .activate, .soft_cap, .activate_gradient, .soft_cap_gradient:
        "Elementwise.cu"
      case .copy_blocks, .gather_rows, .add_rows: "Movement.cu"
      case .rms_normalize, .center_rows, .rms_scale_gradient, .divide_rows, .scale_columns, .add_to_rows, .rms_input_gradient,
        .rotate_halves:
        "Norms.cu"
      case .log_sum_exp_parts, .log_sum_exp: "Logits.cu"
      case .sum_axis, .max_axis, .sum_parts, .sum_all, .any_not_finite, .argmax_parts, .argmax: "Reductions.cu"
      case .causal_softmax, .masked_softmax, .softmax_gradient, .mask_unseen, .clear_unseen: "Softmax.cu"
      case .decode_attention_parts, .decode_attention: "Attention.cu"
      case .product_f32_128, .product_f32_64, .product_any_128, .product_any_64, .gemv_bf16, .gemv_f32, .reduce, .product_bf16_nt,
        .product_bf16_nn, .product_bf16_nt_small, .product_bf16_nn_small:
        "Products.cu"
      case .product_bf16_nt_192, .product_bf16_nn_192, .product_bf16_nt_64, .product_bf16_nn_64: "ProductsHopper.cu"
      }
    }
  }

  init(_ context: CardContext) throws(CUDAError) {
    let hasWarpgroups = context.card.hasWarpgroups
    let isThere = { (name: Name) in hasWarpgroups || name.source != "ProductsHopper.cu" }
    try context.prepare(Set(Name.allCases.filter(isThere).map(\.source)).sorted())
    var kernels: [Kernel?] = []
    for name in Name.allCases { kernels.append(isThere(name) ? try context.kernel("\(name)", in: name.source) : nil) }
    self.hasWarpgroups = hasWarpgroups
    self.kernels = kernels
  }

  subscript(name: Name) -> Kernel {
    guard let kernel = kernels[name.rawValue] else { fatalError("This card has no kernel \(name).") }
    return kernel
  }
}
