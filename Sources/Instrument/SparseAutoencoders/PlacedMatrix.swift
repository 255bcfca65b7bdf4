import Synchronization
import Tensors

/// A matrix where it was read, and its copies on devices, which are made when they are first needed.
package final class PlacedMatrix: Sendable {
  let home: WeightMatrix
  private let copies = Mutex<[ObjectIdentifier: WeightMatrix]>([:])

  init(_ matrix: WeightMatrix) { home = matrix }

  /// Some rows as fp32, `[rows.count, columns]`. Where rows lie as columns, only their own numbers are read.
  func gathered(_ rows: [Int]) -> Tensor {
    guard home.isTransposed, rows.count < 64 else { return home.gathered(rows) }
    return Tensor.joined(rows.map { home.rows($0..<$0 + 1).tensor })
  }

  /// The matrix where a backend computes; the one at home, if the backend has no room for it.
  func on(_ backend: any Backend) -> WeightMatrix {
    guard backend !== home.backend else { return home }
    return copies.withLock { copies in
      if let known = copies[ObjectIdentifier(backend)] { return known }
      guard backend.availableBytes > 2 * home.byteCount else { return home }
      let copy = home.moved(to: backend)
      copies[ObjectIdentifier(backend)] = copy
      return copy
    }
  }
}

extension Tensor {
  /// The product with a transposed matrix where the backend computes; it comes home.
  func projected(by matrix: PlacedMatrix, on backend: any Backend) -> Tensor { projected(by: matrix.on(backend)).home() }

  /// The product with a matrix as it stands, likewise.
  func projectedBack(by matrix: PlacedMatrix, on backend: any Backend) -> Tensor { projectedBack(by: matrix.on(backend)).home() }
}
