import Document
import Foundation
import Machine
import Record

/// The device that a notebook's models shall compute on, and who says so: the command line, else the front matter, else the environment that
/// Folio was started with, else nobody, which is `auto`.
package struct DeviceChoice: Equatable, Sendable {
  package enum Origin: Equatable, Sendable {
    case commandLine
    case frontMatter(Place)
    case environment
    case nobody
  }

  package var device: Device
  package var origin: Origin

  /// - Throws: a `Diagnostic` if it is the environment that decides, and its value is no device.
  package init(
    _ notebook: Notebook, commandLine: Device?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Diagnostic) {
    if let commandLine {
      (device, origin) = (commandLine, .commandLine)
    } else if let asked = notebook.frontMatter.device {
      (device, origin) = (asked.device, .frontMatter(Place(file: notebook.file, line: asked.line)))
    } else if let preset = Device.preset(in: environment) {
      (device, origin) = (preset, environment[Device.variable]?.isEmpty == false ? .environment : .nobody)
    } else {
      throw Diagnostic(
        "the environment variable \(Device.variable) is '\(environment[Device.variable] ?? "")', which is no device",
        advice: "Its value is \(Device.spellings).")
    }
  }

  /// The device that it is on this machine.
  /// - Parameters:
  ///   - needed: the memory that a card must have free to be taken by `auto`, in bytes.
  ///   - graphics: what cards there are, as far as the choice of this device needs it. It is asked only where a card may be taken.
  /// - Throws: a `Diagnostic`, at the place of the choice, if a card is asked for on which no model can compute here.
  package func resolved(needing needed: () -> Int, on graphics: (Device) throws -> GraphicsReport) throws -> ResolvedDevice {
    switch device {
    case .cpu: return .processor
    case .auto:
      let cards = try graphics(device).usableCards
      guard !cards.isEmpty else { return .processor }
      let needed = needed()
      let roomiest = cards.compactMap { card in card.availableMemory.map { (card, free: $0) } }.filter { $0.free >= needed }
        .max { ($0.free, -$0.0.index) < ($1.free, -$1.0.index) }
      return roomiest.map { ResolvedDevice($0.0) } ?? .processor
    case .cuda(let index): return ResolvedDevice(try card(index, of: graphics(device)))
    }
  }

  private func card(_ index: Int, of report: GraphicsReport) throws(Diagnostic) -> GraphicsReport.Card {
    if let obstacle = report.obstacle { throw problem("it cannot be had here", obstacle) }
    guard let card = report.cards.first(where: { $0.index == index }) else {
      let names = report.cards.map { "\(Device.cuda($0.index)) (\($0.name))" }.joined(separator: ", ")
      throw problem("there is no such graphics card", names.isEmpty ? "There is none at all." : "There are: \(names).")
    }
    if let obstacle = card.obstacle { throw problem("it cannot be used", obstacle) }
    return card
  }

  private func problem(_ what: String, _ why: String) -> Diagnostic {
    Diagnostic(
      .error, at: place, "\(who) asks for \(device), and \(what)",
      advice: "\(why) To let models compute on the processor: --device cpu")
  }

  private var place: Place? { if case .frontMatter(let place) = origin { place } else { nil } }

  private var who: String {
    switch origin {
    case .commandLine: "'--device'"
    case .frontMatter: "'device'"
    case .environment: "the environment variable \(Device.variable)"
    case .nobody: "the notebook"
    }
  }
}

/// A device that is there, and its kind: the processor, or a graphics card by the name of its model.
package struct ResolvedDevice: Equatable, Sendable {
  /// Never `auto`.
  package let device: Device
  /// `cpu`, or the card's name, as `NVIDIA H200`: what computes the same numbers as another of its kind.
  package let kind: String

  package static let processor = ResolvedDevice(device: .cpu, kind: Device.cpu.description)

  package init(_ card: GraphicsReport.Card) { self.init(device: .cuda(card.index), kind: card.name) }

  private init(device: Device, kind: String) { (self.device, self.kind) = (device, kind) }
}

extension Notebook {
  /// What its models and a long prompt may take of a card's memory, in bytes, as far as the models are known before a cell runs: those that
  /// `needs` or a parameter names, and that are on this machine. It is the most that they may take, so that `auto` takes no card
  /// that is too small.
  var neededCardMemory: Int {
    let parameters = frontMatter.parameters.compactMap { if case .string(let text) = $0.value { text } else { nil } }
    let files = Set(frontMatter.needs + parameters).sorted().flatMap { ModelHub.weightFiles($0, relativeTo: folder) }
    // On a card a weight has 16 or 32 bits; in safetensors it has 16 at least, in GGUF it may have 4.
    let weights = files.reduce(0) { $0 + $1.bytes * ($1.path.lowercased().hasSuffix(".gguf") ? 8 : 2) }
    return weights + (2 << 30)
  }
}
