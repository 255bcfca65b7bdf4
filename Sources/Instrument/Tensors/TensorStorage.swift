import Synchronization

/// The memory of a tensor, released with its last owner: in the computer's own memory, or on a device.
///
/// Written to only through `Tensor`, which makes sure first that it is the only owner; that is why it may be shared between threads.
final class TensorStorage: @unchecked Sendable {
  /// How many numbers it was made for.
  let count: Int
  /// The memory of the device on which the numbers lie; nil for the computer's own.
  let block: (any DeviceBlock)?
  private let hostBase: UnsafeMutablePointer<Float>?
  /// Numbers that came home from a device, for the next reader; forgotten when they are written to there.
  private let home = Mutex<Home?>(nil)

  private struct Home {
    let range: Range<Int>
    let storage: TensorStorage
  }

  /// Memory of the computer.
  init(count: Int) {
    (self.count, block, hostBase) = (count, nil, HostMemory.take(count))
  }

  /// Memory of a device.
  init(count: Int, block: any DeviceBlock) { (self.count, self.block, hostBase) = (count, block, nil) }

  deinit { if let hostBase { HostMemory.giveBack(hostBase, count) } }

  /// Where the numbers lie in the computer's memory.
  var base: UnsafeMutablePointer<Float> {
    guard let hostBase else { fatalError("The numbers of a tensor on \(place) were taken for numbers in the computer's memory.") }
    return hostBase
  }

  private var place: String { block.map { "\($0.backend.device)" } ?? "the processor" }

  /// Some of the numbers in the computer's memory, where they lie or as they came home, and the index of the first of them there.
  func atHome(_ range: Range<Int>) -> (storage: TensorStorage, first: Int) {
    guard let block else { return (self, range.lowerBound) }
    let found = home.withLock { home -> Result<(TensorStorage, Int), DeviceError> in
      if let known = home, known.range.contains(range) || range.isEmpty {
        return .success((known.storage, range.isEmpty ? 0 : range.lowerBound - known.range.lowerBound))
      }
      return Result { () throws(DeviceError) in
        let storage = TensorStorage(count: range.count)
        try block.download(range, into: UnsafeMutableBufferPointer(start: storage.base, count: range.count))
        home = Home(range: range, storage: storage)
        return (storage, 0)
      }
    }
    switch found {
    case .success(let found): return found
    // Numbers that there are not are no numbers to go on with.
    case .failure(let error): fatalError("The numbers of a tensor on \(place) cannot be read. \(error)")
    }
  }

  /// Forgets what came home, since the numbers on the device will be others.
  func willChange() { if block != nil { home.withLock { $0 = nil } } }
}

extension Range<Int> {
  fileprivate func contains(_ other: Range<Int>) -> Bool { lowerBound <= other.lowerBound && other.upperBound <= upperBound }
}

/// A block of a device's memory that holds numbers, given back with its last owner.
package protocol DeviceBlock: AnyObject, Sendable {
  /// Who computes with it.
  var backend: any Backend { get }
  /// Whether it holds no numbers, since the device could not make them.
  var isVoid: Bool { get }
  /// Brings numbers home, when everything that writes them is done.
  /// - Throws: what kept the device from making them.
  func download(_ range: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws(DeviceError)
}
