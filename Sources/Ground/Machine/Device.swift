/// The part of a machine on which a model computes: its processor, or one of its graphics cards.
///
/// It has one spelling, wherever it is written: `device:` of a notebook's front matter, `--device` of the command line, and the environment
/// variable `FOLIO_DEVICE`.
///
///     Device("cuda:1")           // .cuda(1)
///     Device("cuda")             // .cuda(0)
///     Device.cuda(1).description // "cuda:1"
public enum Device: Hashable, Sendable {
  /// A graphics card that has room for the model; the processor where there is none.
  case auto
  /// The processor.
  case cpu
  /// The graphics card of this number, counted from 0 as NVIDIA's driver counts them.
  case cuda(Int)
}

extension Device {
  /// The environment variable that names the device on which models compute, where nobody names another.
  package static let variable = "FOLIO_DEVICE"

  /// The device that an environment names by this variable: `auto` if it is not there or empty, nil if its value is no device.
  package static func preset(in environment: [String: String]) -> Device? {
    guard let text = environment[variable], !text.isEmpty else { return .auto }
    return Device(text)
  }
}

extension Device: LosslessStringConvertible {
  /// The device of this spelling: `auto`, `cpu`, `cuda` (the first card), or `cuda:1`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "auto": self = .auto
    case "cpu": self = .cpu
    case "cuda": self = .cuda(0)
    default:
      let number = text.dropFirst(Self.cards.count)
      // `Int` alone also reads a sign.
      guard text.hasPrefix(Self.cards), number.first?.isNumber == true, let index = Int(number) else { return nil }
      self = .cuda(index)
    }
  }

  /// Its spelling, from which `Device(_:)` makes it again: `auto`, `cpu`, `cuda:0`.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .cpu: "cpu"
    case .cuda(let index): "\(Self.cards)\(index)"
    }
  }

  /// The spellings there are, as words for a message.
  package static let spellings = "'auto', 'cpu', 'cuda' (the first graphics card) or 'cuda:1' (another, counted from 0)"

  private static let cards = "cuda:"
}

/// It is coded as its spelling.
extension Device: Codable {
  /// - Throws: `DecodingError`, if what is coded is no spelling of a device.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let device = Device(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is no device. Write \(Self.spellings).")
    }
    self = device
  }

  /// Writes its spelling.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
