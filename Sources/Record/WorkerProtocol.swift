/// What the host and the worker say to each other, as values. The bytes between them are frames:
/// `[kind: UInt8][length: UInt32, little endian][bytes]`, on a socket that a cell's prints cannot reach.
public enum WorkerProtocol {
  /// What a frame from the worker holds.
  public enum FrameKind: UInt8, Sendable {
    /// Bytes that the cell printed.
    case standardOutput = 1
    case standardError = 2
    /// An `Output`, as JSON.
    case output = 3
    /// A `ProgressOutput`, as JSON: a loop that still runs. Not recorded.
    case progress = 4
    /// "Empty the pipes of the descriptors 1 and 2, then acknowledge by one byte": keeps direct writes in order.
    case synchronize = 5
    /// A `CellEnd`, as JSON: the answer to a command.
    case end = 6
  }

  /// The length of a frame's header in bytes.
  public static let headerLength = 5

  /// The host's one command: load a compiled cell, and run it. Sent as JSON in a frame of kind 0.
  public struct RunCommand: Codable, Sendable {
    public var cell: Int
    /// The path of the compiled cell's dynamic library.
    public var library: String
    /// The name of its entry point.
    public var entryPoint: String

    public init(cell: Int, library: String, entryPoint: String) {
      self.cell = cell
      self.library = library
      self.entryPoint = entryPoint
    }
  }

  /// How a cell's run ended.
  public enum CellEnd: Codable, Sendable, Equatable {
    case finished
    /// - Parameter isUnavailable: whether something that the notebook needs is not there: its model.
    case threw(description: String, isUnavailable: Bool, backtrace: [Frame])
    case trapped(signal: Int32, backtrace: [Frame])
    case stackOverflow(backtrace: [Frame])
    /// The worker is about to die by the signal.
    case crashed(signal: Int32, address: UInt64, backtrace: [Frame])
    /// The dynamic loader refused the cell.
    case notLoaded(String)
  }

  /// A frame of a call stack: an offset in a library, for the host to look up in the library's debug information.
  public struct Frame: Codable, Sendable, Equatable {
    public var library: String
    public var offset: UInt64
    /// The mangled name of the nearest symbol, where the loader knows one.
    public var symbol: String?

    public init(library: String, offset: UInt64, symbol: String?) {
      self.library = library
      self.offset = offset
      self.symbol = symbol
    }
  }
}
