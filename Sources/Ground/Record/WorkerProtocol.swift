/// What the host and the worker say to each other, as values.
///
/// Before its first command the worker is told an `Environment`. From then on the bytes between the two are frames:
/// `[kind: UInt8][length: UInt32, little endian][seal: UInt32][bytes]`, on a socket that a cell's prints cannot reach. The host sends a `Command`, the
/// worker answers it by one `Answer`, and sends outputs meanwhile.
public enum WorkerProtocol {
  /// What a frame from the worker holds.
  public enum FrameKind: UInt8, Sendable {
    /// Bytes that the cell printed to `stdout`.
    case standardOutput = 1
    /// Bytes that the cell printed to `stderr`.
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

  /// The length of the header of a worker's frame, in bytes.
  public static let headerLength = 9

  /// The length of the header of the host's frame, which is without a seal, in bytes.
  public static let commandHeaderLength = 5

  /// The most that a frame holds, in bytes.
  public static let longestFrame = 1 << 30

  /// The exit status of a worker that ends because it has no host any more.
  public static let noHost: Int32 = 70

  /// Tells the worker's frames from what else may come to the socket, since a cell can find its descriptor, and write to it. The
  /// host tells the worker a number before all else, in eight bytes.
  public struct Seal: Sendable {
    /// What the host tells the worker.
    public let number: UInt64

    /// A seal that no cell can guess.
    public init(_ number: UInt64 = .random(in: 0...UInt64.max)) { self.number = number }

    /// What stands in the header of a frame.
    public func callAsFunction(kind: UInt8, length: UInt32) -> UInt32 {
      // As `sealed` in CWorker/channel.c.
      let mixed = (number ^ (UInt64(kind) << 32 | UInt64(length))) &* 0x9E37_79B9_7F4A_7C15
      return UInt32(truncatingIfNeeded: ((mixed ^ mixed >> 29) &* 0xBF58_476D_1CE4_E5B9) >> 32)
    }
  }

  /// What the host asks for, as JSON in a frame of kind 0. Each command is answered by one `Answer`.
  public enum Command: Codable, Sendable {
    case run(RunCommand)
    /// Release what the variables of these libraries hold.
    case release(libraries: [String])
  }

  /// Load a compiled cell, and run it.
  public struct RunCommand: Codable, Sendable {
    /// The cell's number.
    public var cell: Int
    /// The path of the compiled cell's dynamic library.
    public var library: String
    /// The name of its entry point.
    public var entryPoint: String
    /// For the cell that defines the parameters, their values: a JSON object.
    public var parameters: String?
    /// Tells the runs of one worker apart: from 1.
    public var run: Int
    /// What the process must be like when the cell begins.
    public var process: ProcessState

    /// What is to be run, and how.
    public init(
      cell: Int, library: String, entryPoint: String, parameters: String? = nil, run: Int, process: ProcessState = ProcessState()
    ) {
      self.cell = cell
      self.library = library
      self.entryPoint = entryPoint
      self.parameters = parameters
      self.run = run
      self.process = process
    }
  }

  /// What came of a command.
  public struct Answer: Codable, Sendable {
    /// How the command ended.
    public var end: CellEnd
    /// What the cell did, as far as it concerns other cells.
    public var effects: Effects

    /// An end, without effects if none are given.
    public init(end: CellEnd, effects: Effects = Effects()) {
      self.end = end
      self.effects = effects
    }
  }

  /// What a run read and changed.
  public struct Effects: Codable, Sendable {
    /// The variables, objects and other things that were accessed.
    public var accesses: [Access] = []
    /// The variables that the run made or changed, as they are now.
    public var variables: [VariableState] = []
    /// The files that were used during the run.
    public var files: [FileUse] = []
    /// What the process is like now.
    public var process = ProcessState()
    /// The classes of libraries whose shared state the cell's code may use: `Foundation.UserDefaults`.
    public var sharedClasses: [String] = []
    /// Whether something that the cell began (a thread, a task) still goes on.
    public var goesOn = false

    /// None.
    public init() {}
  }

  /// A variable: the library of the cell that defines it, and its name there.
  public struct VariableName: Codable, Hashable, Sendable {
    /// The path of the library.
    public var library: String
    /// `x`, or `Type.x` for a static member.
    public var name: String

    /// The variable of a name in a library.
    public init(library: String, name: String) {
      self.library = library
      self.name = name
    }
  }

  /// What a run read or changed of what other runs can read and change.
  public struct Access: Codable, Sendable {
    /// What can be accessed.
    public enum Target: Codable, Hashable, Sendable {
      /// A variable of a cell.
      case variable(VariableName)
      /// Objects that a run of this worker made, by its number.
      case objects(run: Int)
      /// What no cell defines, in words.
      case other(String)
    }

    /// What was accessed.
    public var target: Target
    /// Whether it was read.
    public var wasRead: Bool
    /// Whether it was changed, or read and changed.
    public var wasChanged: Bool

    /// What was done to something.
    public init(_ target: Target, wasRead: Bool, wasChanged: Bool) {
      self.target = target
      self.wasRead = wasRead
      self.wasChanged = wasChanged
    }
  }

  /// A variable after a run.
  public struct VariableState: Codable, Sendable {
    /// Which variable it is.
    public var variable: VariableName
    /// The type's full name.
    public var type: String
    /// Whether it holds a plain value: one that nothing but an access to the variable itself can change.
    public var isPlain: Bool
    /// The digest of a plain value; nil if it has none, being too large or an object.
    public var digest: String?

    /// A variable that holds a value of a type.
    public init(_ variable: VariableName, type: String, isPlain: Bool, digest: String?) {
      self.variable = variable
      self.type = type
      self.isPlain = isPlain
      self.digest = digest
    }
  }

  /// What a cell may change of its process; nil and nothing where it is as when the worker started. All of it is a value: the worker makes it so
  /// before a cell begins.
  public struct ProcessState: Codable, Hashable, Sendable {
    /// The working directory, absolute.
    public var directory: String?
    /// Environment variables that were set, or (nil) removed.
    public var environment: [String: String?] = [:]
    /// The mask of new files' modes, as `umask` tells it.
    public var fileModeMask: UInt32?
    /// The C library's locale, as `setlocale` tells it.
    public var locale: String?
    /// Foundation's default time zone.
    public var timeZone: String?
    /// The state of the C library's `random`.
    public var random: [UInt8]?
    /// The state of the C library's `drand48`.
    public var drand48: [UInt16]?

    /// The process as it was when the worker started.
    public init() {}
  }

  /// A file or folder that a cell used.
  public struct FileUse: Codable, Sendable, Equatable {
    /// Absolute.
    public var path: String
    /// Whether it was opened to be read before the cell itself wrote it.
    public var wasRead = false
    /// Whether it was opened to be written, or got its name.
    public var wasWritten = false
    /// Whether the names in a folder were read.
    public var wasListed = false
    /// Whether only the file system was asked about it.
    public var wasExamined = false
    /// Whether it was removed, and nothing else had been done to it before.
    public var wasRemoved = false
    /// What the file was when it was first opened.
    public var state = FileState()

    /// A path of which no use is known yet.
    public init(path: String) { self.path = path }
  }

  /// What tells a file from the same one changed; all zeros for one that is not there.
  public struct FileState: Codable, Sendable, Equatable {
    /// In bytes.
    public var size: UInt64
    /// The file system's number of the file.
    public var inode: UInt64
    /// When it was last changed, in nanoseconds since 1970.
    public var modified: Int64

    /// A file of a size, a number and a time.
    public init(size: UInt64 = 0, inode: UInt64 = 0, modified: Int64 = 0) {
      self.size = size
      self.inode = inode
      self.modified = modified
    }
  }

  /// How a cell's run ended.
  public enum CellEnd: Codable, Sendable, Equatable {
    /// It came to its end.
    case finished
    /// It threw an error.
    /// - Parameter isUnavailable: whether something that the notebook needs is not there: its model.
    case threw(description: String, isUnavailable: Bool, backtrace: [StackFrame])
    /// The Swift runtime stopped it: an index out of range, a failed precondition.
    case trapped(signal: Int32, backtrace: [StackFrame])
    /// It used up its stack.
    case stackOverflow(backtrace: [StackFrame])
    /// It was stopped because the host asked for it.
    case interrupted(backtrace: [StackFrame])
    /// The worker is about to die by the signal.
    case crashed(signal: Int32, address: UInt64, backtrace: [StackFrame])
    /// The dynamic loader refused the cell.
    case notLoaded(String)
  }

  /// A frame of a call stack: an offset in a library, for the host to look up in the library's debug information.
  public struct StackFrame: Codable, Sendable, Equatable {
    /// The path of the library.
    public var library: String
    /// In bytes from where the library begins.
    public var offset: UInt64
    /// The mangled name of the nearest symbol, where the loader knows one.
    public var symbol: String?

    /// A place in a library's code.
    public init(library: String, offset: UInt64, symbol: String?) {
      self.library = library
      self.offset = offset
      self.symbol = symbol
    }
  }
}
