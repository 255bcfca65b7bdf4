import CKernels
import Foundation
import Tensors

extension Tensor {
  /// Turns logits, `[row, vocabulary]`, into the gradient of `Σ weight · -log softmax(row)[answer]`, and returns that sum.
  mutating func becomeCrossEntropyGradient(answers: [Int], weights: [Float]) -> Double {
    let (rows, width) = (shape[0], shape[1])
    return withUnsafeMutableElements { elements in
      guard let x = elements.baseAddress else { return 0 }
      var total = 0.0
      for row in 0..<rows {
        let (x, answer, weight) = (x + row * width, answers[row], weights[row])
        let (largest, wanted) = (largestNumber(x, width), x[answer])
        ck_causal_softmax(x, 1, width, width, width)
        // The largest logit's probability is one over the sum of exponentials.
        total += Double(weight) * (Double(largest.value - wanted) - Foundation.log(Double(x[largest.index])))
        ck_scale(x, weight, width)
        x[answer] -= weight
      }
      return total
    }
  }
}

private func largestNumber(_ x: UnsafePointer<Float>, _ count: Int) -> (value: Float, index: Int) {
  var (value, index) = (x[0], 0)
  for i in 1..<max(count, 1) where x[i] > value { (value, index) = (x[i], i) }
  return (value, index)
}
