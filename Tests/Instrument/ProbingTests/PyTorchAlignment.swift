import Foundation
import Tensors
import Transformer

/// An interchange written out in PyTorch over Hugging Face's transformers in fp64, on a fixture of a family: its loss, and what autograd says of the
/// directions. The base is the fixture's clean prompt and the source its corrupted one.
struct PyTorchAlignment: Sendable, CustomStringConvertible {
  let family: String
  let point: HookPoint
  let head: Int?
  let positions: [Int]
  let weights: [Float]
  let others: [Int]?
  let width: Int
  let loss: Double
  let gradient: [Float]

  var description: String { "\(family) at \(point)" }

  /// The rows sin(1.7 (i + 1)(j + 1) + 0.3), at right angles by Gram and Schmidt.
  var basis: Tensor {
    var rows: [[Double]] = []
    for i in weights.indices {
      var row = (0..<width).map { sin(1.7 * Double((i + 1) * ($0 + 1)) + 0.3) }
      for other in rows {
        let along = zip(row, other).reduce(0.0) { $0 + $1.0 * $1.1 }
        for j in row.indices { row[j] -= along * other[j] }
      }
      let length = row.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
      rows.append(row.map { $0 / length })
    }
    return Tensor(rows: rows.map { $0.map(Float.init) })
  }

  static let all = [
    PyTorchAlignment(
      family: "gpt2", point: .residualPost(layer: 0), head: nil, positions: [17, 30], weights: [1, 1], others: [87, 5], width: 24,
      loss: 0.29701581765,
      gradient: [
        4.0376491e-04, 1.6721068e-03, -1.9493261e-03, 1.9914944e-03, -2.2650502e-03, -2.0209388e-03, -1.2226581e-04,
        1.4297992e-03, 2.5233841e-03, 4.3294913e-04, -1.7563899e-04, -3.6317663e-04, 5.4740884e-03, 5.4777055e-04,
        -2.0313307e-03, -7.1743067e-04, 1.2461089e-03, 1.4157560e-03, -1.6805657e-03, -1.3298630e-03, 1.1909417e-03,
        1.7632685e-04, -2.0232422e-03, -9.7328793e-04, -8.2611238e-05, -1.5061831e-03, 1.5038654e-03, -1.7068727e-03,
        1.8885764e-03, 1.6898812e-03, -2.9734419e-04, -1.4342293e-03, -1.4780166e-03, -4.0674306e-04, -3.5067283e-04,
        6.5736468e-04, -4.5388562e-03, -2.6779835e-04, 2.0734952e-03, 6.3872093e-04, -5.4193725e-04, -8.2164957e-04,
        1.3535776e-03, -1.5550197e-04, -9.7888075e-04, -1.4539684e-04, 1.4694680e-03, 2.0115631e-04,
      ]),
    PyTorchAlignment(
      family: "gemma2", point: .residualPost(layer: 0), head: nil, positions: [17, 20, 38], weights: [1, 0.25], others: nil,
      width: 24, loss: 6.48219858310,
      gradient: [
        -1.2861707e-02, -2.8972994e-02, -6.2568990e-03, -2.9584216e-03, 1.3711628e-02, -9.0105694e-04, 2.0419995e-02,
        -5.8020232e-03, 2.8557250e-02, 1.4594504e-02, -3.0304700e-02, -5.5771171e-03, -2.8019999e-02, -1.5328472e-02,
        4.5023953e-02, 3.9039921e-02, -3.6920525e-02, 1.9933504e-02, 2.5509570e-02, 1.4430174e-02, 6.2565885e-03,
        -6.1129412e-03, 1.9400443e-02, -3.4880429e-02, 1.3700500e-03, 2.0401723e-02, 2.2927071e-03, -4.9715044e-03,
        3.3266844e-03, -8.5328572e-04, -8.3420813e-03, 1.2693068e-02, -2.2787799e-02, -9.0617720e-03, 2.5424108e-03,
        7.0620374e-05, 8.1734974e-03, 9.5166207e-04, -8.9514196e-03, -1.5727617e-02, 1.7334786e-02, -1.5791396e-02,
        -1.0211020e-02, -1.4315150e-02, 2.3865839e-03, -8.1446826e-04, 1.0297624e-02, 1.2056896e-02,
      ]),
    PyTorchAlignment(
      family: "gpt2", point: .z(layer: 1), head: 2, positions: [39], weights: [1, 1], others: [87], width: 6, loss: 0.28685187291,
      gradient: [
        0.0010821, 0.0012664, -0.0003966, 0.0055008, 0.0015553, 0.0005682, 0.0011684, 0.0014754, -0.0004453, 0.0062812,
        0.0019309, 0.0007003,
      ]),
  ]
}
