import CKernels

/// The function that makes neurons of an MLP's first product.
public enum Activation: Hashable, Sendable, CaseIterable {
  /// x · Φ(x), with the error function (Hendrycks and Gimpel 2016, arXiv:1606.08415).
  case gelu
  /// Its approximation by tanh, which transformers calls `gelu_new` or `gelu_pytorch_tanh`.
  case geluTanh
  /// x · σ(x), also called swish (Elfwing et al. 2017, arXiv:1702.03118).
  case silu

  var kernel: ck_activation {
    switch self {
    case .gelu: ck_gelu
    case .geluTanh: ck_gelu_tanh
    case .silu: ck_silu
    }
  }
}
