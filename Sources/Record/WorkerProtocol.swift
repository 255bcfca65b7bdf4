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
    /// An `Answer`, as JSON.
    case end = 6
  }

  /// The length of a frame's header in bytes.
  public static let headerLength = 5

  /// What the host asks for, as JSON in a frame of kind 0. Each command is answered by one `Answer`.
  public enum Command: Codable, Sendable {
    case run(RunCommand)
    /// Release what the variables of these libraries hold.
    case release(libraries: [String])
  }

  /// Load a compiled cell, and run it.
  public struct RunCommand: Codable, Sendable {
    public var cell: Int
    /// The path of the compiled cell's dynamic library.
    public var library: String
    /// The name of its entry point.
    public var entryPoint: String
    /// For the cell that defines the parameters, their values: a JSON object.
    public var parameters: String?

    public init(cell: Int, library: String, entryPoint: String, parameters: String? = nil) {
      self.cell = cell
      self.library = library
      self.entryPoint = entryPoint
      self.parameters = parameters
    }
  }

  /// What came of a command.
  public struct Answer: Codable, Sendable {
    public var end: CellEnd
    /// The names of the cell's variables that hold plain values.
    public var values: [String]
    /// The files that were opened meanwhile.
    public var files: [FileUse]

    public init(end: CellEnd, values: [String] = [], files: [FileUse] = []) {
      self.end = end
      self.values = values
      self.files = files
    }
  }

  /// A file that a cell opened.
  public struct FileUse: Codable, Sendable, Equatable {
    /// Absolute.
    public var path: String
    /// Whether it was first opened to be read.
    public var wasRead: Bool
    public var wasWritten: Bool
    /// What the file was when it was first opened.
    public var state: FileState

    public init(path: String, wasRead: Bool, wasWritten: Bool, state: FileState) {
      self.path = path
      self.wasRead = wasRead
      self.wasWritten = wasWritten
      self.state = state
    }
  }

  /// By which a change of a file is noticed; all zeros for one that is not there.
  public struct FileState: Codable, Sendable, Equatable {
    public var size: UInt64
    public var inode: UInt64
    /// In nanoseconds since 1970.
    public var modified: Int64

    public init(size: UInt64 = 0, inode: UInt64 = 0, modified: Int64 = 0) {
      self.size = size
      self.inode = inode
      self.modified = modified
    }
  }

  /// How a cell's run ended.
  public enum CellEnd: Codable, Sendable, Equatable {
    case finished
    /// - Parameter isUnavailable: whether something that the notebook needs is not there: its model.
    case threw(description: String, isUnavailable: Bool, backtrace: [Frame])
    case trapped(signal: Int32, backtrace: [Frame])
    case stackOverflow(backtrace: [Frame])
    /// It was stopped because the host asked for it.
    case interrupted(backtrace: [Frame])
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
