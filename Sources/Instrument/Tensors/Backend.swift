import Machine

/// What computes with tensors: the processor, or a device as a graphics card.
///
/// A backend owns memory and some forty operations, which carry a model forward and back; `Tensor` checks the shapes, brings the
/// operands together and calls them. All of an operation's tensors lie on the backend that does it, and none of its results is one of
/// its other operands, unless it is said to work in place. Operations of a device may still be going on when they return: reading numbers
/// waits for them.
///
/// What it promises, and `BackendTests` holds on every one of them against twins in Double:
/// - Each operation's error stays within `ErrorBounds`.
/// - **Row invariance**: the bits of a row of a result depend on its own row of the operands, and on no other row computed with it, except
///   in `multiply(_:_:transposingRight:into:)`.
/// - Nothing throws. What a device could not do leaves its result void: `check` says so, and reading a void tensor stops the program.
package protocol Backend: AnyObject, Sendable {
  /// Where it computes.
  var device: Device { get }
  /// How many rows make products run at speed; more at once are no faster.
  var rowsAtOnce: Int { get }
  /// How many bytes may still be taken of its memory.
  var availableBytes: Int { get }
  /// Whether the bits of a row are the same whatever is computed with it.
  var isRowInvariant: Bool { get }
  /// How far its results may be off.
  var bounds: ErrorBounds { get }
  /// Throws what has gone wrong since it was last asked. The results of a memory that was too small are void, and it goes on; a device that
  /// was lost stays lost.
  func check() throws(DeviceError)

  // MARK: Memory

  /// A tensor whose numbers are not set yet.
  func allocate(_ shape: [Int]) -> Tensor
  /// The numbers of a tensor in the computer's memory.
  func upload(_ tensor: Tensor) -> Tensor
  /// The numbers of weights in the computer's memory, in a format that it multiplies by.
  func upload(_ weight: WeightMatrix) -> WeightMatrix
  /// Sets all numbers to one.
  func fill(_ y: inout Tensor, with value: Float)
  /// Copies numbers from places of one tensor to places of another.
  func copy(_ x: Tensor, into y: inout Tensor, _ places: CopyPlaces)
  /// Rows of weights as fp32, `[indices.count, columns]`.
  func gather(_ weight: WeightMatrix, _ indices: [Int], into y: inout Tensor)
  /// Adds each row of `x`, times a factor, to the row of `y` that its index names, one after the other: `y[indices[i]] += factor · x[i]`.
  func addRows(_ x: Tensor, at indices: [Int], factor: Float, to y: inout Tensor)

  // MARK: Number by number

  func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Tensor, into y: inout Tensor)
  /// With one number on the right, or, `reversed`, on the left.
  func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Float, reversed: Bool, into y: inout Tensor)
  /// y += factor · x.
  func add(_ x: Tensor, times factor: Float, to y: inout Tensor)
  /// y = cap · tanh(y / cap).
  func softCap(_ y: inout Tensor, at cap: Float)
  /// In place, the gradient of numbers that were capped to `capped`.
  func softCapGradient(_ gradient: inout Tensor, at cap: Float, capped: Tensor)
  /// y = f(x) ⊙ up, or f(x).
  func activate(_ function: Activation, _ x: Tensor, gating up: Tensor?, into y: inout Tensor)
  /// The gradients of x and of up.
  func activationGradient(
    _ function: Activation, _ x: Tensor, gating up: Tensor?, _ gradient: Tensor, into dx: inout Tensor, _ dup: inout Tensor?)

  // MARK: Row by row

  /// Each row over its root mean square, and the divisors, `[row, 1]`.
  func normalize(_ x: Tensor, epsilon: Float, into y: inout Tensor, scale: inout Tensor)
  func divideRows(_ x: Tensor, by scale: Tensor, into y: inout Tensor)
  func scaleColumns(_ x: Tensor, by factors: Tensor, into y: inout Tensor)
  func centerRows(_ x: Tensor, into y: inout Tensor)
  func addToRows(_ bias: Tensor, to y: inout Tensor)
  /// Rotary embedding of `[row, head, width]`.
  func rotate(_ x: Tensor, cosine: Tensor, sine: Tensor, into y: inout Tensor)
  /// The gradient of each row's divisor in x / scale.
  func scaleGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, into y: inout Tensor)
  /// The gradient of x in x / scale(x), given that of the quotient and that of the divisors.
  func normGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, scaleGradient: Tensor, into y: inout Tensor)
  /// In place, softmax of each row of `[rows, width]`, or of several such squares, over the columns that the row sees; 0 elsewhere.
  func softmax(_ y: inout Tensor, seeing columns: VisibleColumns)
  /// In place, softmax of each row over all of its columns, where -∞ counts for nothing.
  func softmax(_ y: inout Tensor)
  /// In place, the gradient of numbers whose softmax is `pattern`.
  func softmaxGradient(_ gradient: inout Tensor, pattern: Tensor)
  /// Sets what a row does not see to a number; with `pattern`, only where that is 0.
  func setUnseen(_ y: inout Tensor, to value: Float, seeing columns: VisibleColumns, where pattern: Tensor?)

  // MARK: Sums

  /// Sums or largest numbers along an axis, `[outer, length, inner]` to `[outer, inner]`, taken in Double.
  func reduce(_ reduction: Reduction, _ x: Tensor, axis: Int, into y: inout Tensor)
  /// The sum of all numbers, in Double.
  func sum(_ x: Tensor) -> Double
  /// The index of the largest number; of several equal ones, that of the first.
  func argmax(_ x: Tensor) -> Int
  /// The logarithm of the sum of each row's exponentials, in Double.
  func logSumExp(_ x: Tensor) -> [Double]
  /// Whether all numbers are finite.
  func isFinite(_ x: Tensor) -> Bool

  // MARK: Products

  /// The product with a weight as it stands, or transposed, added to `y` if wanted.
  func multiply(_ x: Tensor, _ weight: WeightMatrix, _ kind: WeightProduct, adding: Bool, into y: inout Tensor)
  /// The product of two tensors, of which no row invariance is promised.
  func multiply(_ x: Tensor, _ right: Tensor, transposingRight: Bool, into y: inout Tensor)

  // MARK: Attention

  /// See `AttentionCall`.
  func attend(_ call: AttentionCall, into z: inout Tensor) -> [AttentionSquares]
  func attendDecoding(_ call: AttentionCall, into z: inout Tensor)
  func attentionGradient(_ call: AttentionCall, z: Tensor, into gradients: inout AttentionGradients) -> [AttentionSquares]
  /// Scaled and capped scores of all queries of a part with all of its keys, `[head, query, key]`.
  func scores(_ call: AttentionCall, _ part: AttentionPart) -> Tensor
  /// Writes the values that patterns `[head, query, key]` gather into the part's rows of z.
  func gather(_ pattern: Tensor, _ call: AttentionCall, _ part: AttentionPart, into z: inout Tensor)
  /// dz · Vᵀ: the gradient of patterns, `[head, query, key]`.
  func patternGradient(_ z: Tensor, _ call: AttentionCall, _ part: AttentionPart) -> Tensor
  /// Adds Pᵀ · dz to the gradient of the part's own values.
  func addValueGradient(
    _ pattern: Tensor, _ z: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients)
  /// Writes the gradient of the queries, and adds to that of the part's own keys, given that of the scores before their cap.
  func addScoreGradient(
    _ scores: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients)
}

/// What has gone wrong on a device: its memory was too small, or it was lost.
public struct DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public let description: String

  package init(_ description: String) { self.description = description }
}

/// How far the results of a backend may be off, for each kind of operation: each error relative to what the kind says, so that it does not
/// matter how large the numbers are, or how many cancel each other.
package struct ErrorBounds: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    /// One rounding or two, number by number, and sums taken in Double: relative to the sum of the terms' magnitudes.
    case arithmetic
    /// Activations, relative to |x| |up|; soft caps, relative to their result.
    case functions
    /// The gradients of both: relative to the product of the gradient and what else goes in.
    case slopes
    /// Sums along a row, and what is made of them: relative to the sum of the terms' magnitudes.
    case rows
    /// Probabilities: relative to each, times one more than what its number is below the row's largest.
    case softmax
    /// Products with weights, forward and back: relative to Σ |a| |b| over the inner length, and what is added to.
    case products
    /// The same of numbers of very different magnitudes, of which a few make up the sum: as `products`.
    case wideProducts
    /// Products of few rows for decoding: as `products`.
    case decoding
    /// Products of two tensors: as `products`.
    case tensorProducts
    /// Attention, forward, decoding and back: relative to the same sums of magnitudes, in which a pattern's probability counts once more for
    /// every unit of the largest Σ scale |q| |k| of its row, since that is what the scores may be off.
    case attention
  }

  private let bounds: [Kind: Double]

  package init(_ bounds: [Kind: Double]) { self.bounds = bounds }

  /// The bound of a kind; 0 where none is stated.
  package subscript(kind: Kind) -> Double { bounds[kind] ?? 0 }
}

/// The four operations with two numbers.
package enum Arithmetic: Int32, Sendable { case add, subtract, multiply, divide }

/// What becomes of the numbers along an axis.
package enum Reduction: Sendable { case sum, max }

/// A product with a weight `[out, in]`.
package enum WeightProduct: Sendable {
  /// `[row, in]` to `[row, out]`, at the speed of the arithmetic.
  case forward
  /// `[row, out]` to `[row, in]`, as a gradient goes back.
  case back
  /// `[row, in]` to `[row, out]` for a few rows, at the speed at which the weight is read. Its sums are taken in another order than those
  /// of `forward`.
  case decoding
}

/// Which columns the rows of `[rows, width]` see: row r those before `first + r`, and of them the last `window`.
package struct VisibleColumns: Sendable {
  package let first: Int
  package let window: Int

  package init(first: Int, window: Int = .max) { (self.first, self.window) = (first, window) }

  /// The columns that a row of so many sees.
  package func columns(ofRow row: Int, width: Int) -> Range<Int> {
    let end = Swift.min(first + row, width)
    return Swift.min(first + row > window ? first + row - window : 0, end)..<end
  }
}

/// From which places of one tensor to which of another numbers are copied: along four axes, of each the length, and how far apart two
/// neighbours lie in either.
package struct CopyPlaces: Sendable {
  package var lengths: (Int, Int, Int, Int)
  package var from: (first: Int, strides: (Int, Int, Int, Int))
  package var to: (first: Int, strides: (Int, Int, Int, Int))

  package init(
    lengths: (Int, Int, Int, Int), from: (first: Int, strides: (Int, Int, Int, Int)),
    to: (first: Int, strides: (Int, Int, Int, Int))
  ) {
    (self.lengths, self.from, self.to) = (lengths, from, to)
  }

  /// A block `[count, length]` of numbers that lie together, whose rows begin `fromStride` and `toStride` numbers apart.
  package static func rows(
    _ count: Int, of length: Int, from first: Int, every fromStride: Int, to target: Int, every toStride: Int
  ) -> CopyPlaces {
    CopyPlaces(
      lengths: (1, 1, count, length), from: (first, (0, 0, fromStride, 1)), to: (target, (0, 0, toStride, 1)))
  }
}
