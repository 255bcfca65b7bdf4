import Foundation
import Machine

extension WorkerProtocol {
  /// What the host tells the worker before its first command, by environment variables: the dynamic loader and the libraries need some of it when
  /// they load, and programs that a cell starts inherit it.
  public struct Environment: Sendable, Equatable {
    /// The variables' names.
    public enum Variable: String, CaseIterable, Sendable {
      case untrackedFolders = "FOLIO_UNTRACKED"
      case store = "FOLIO_CACHE"
      case build = "FOLIO_BUILD"
      case sites = "FOLIO_SITES"
      /// It is read by `Tensors`, in any process.
      case memoryLimit = "FOLIO_MEMORY_LIMIT"
      /// How many threads compute at once. It is read by `Tensors`, in any process, and the author may set it.
      case threads = "FOLIO_THREADS"
      /// A mark that each worker has of its own. Programs that it has started inherit it, and are known by it when the worker has ended before
      /// them.
      case mark = "FOLIO_WORKER"
    }

    /// Absolute paths. What a cell does in these folders says nothing of the notebook, since the session keeps them for itself.
    public var untrackedFolders: [String]
    /// The folder in which `memo` keeps values; nil if nothing is kept.
    public var store: String?
    /// Stands for this build of Folio, its toolchain and the kind of device: a value that another build has kept, or that was computed on
    /// another kind, is not found.
    public var build: String
    /// The device on which models compute: the processor or a graphics card, and not `auto`. Its variable (`Device.variable`) is read by
    /// `Transformer`, in any process.
    public var device: Device
    /// How much memory the worker may have, in bytes; nil if nobody has said it.
    public var memoryLimit: Int?
    /// The folders of sites in which cells find what other runs have put out, by absolute paths.
    public var sites: [String]

    /// What a worker is to be told.
    public init(
      untrackedFolders: [String], store: String?, build: String, device: Device, memoryLimit: Int?, sites: [String] = []
    ) {
      self.sites = sites
      self.untrackedFolders = untrackedFolders
      self.store = store
      self.build = build
      self.device = device
      self.memoryLimit = memoryLimit
    }

    /// What the host said, from the worker's environment variables. Nil if it is not all there, or cannot be read: then it was no host of
    /// this build.
    public init?(_ variables: [String: String]) {
      func value(_ variable: Variable) -> String? { variables[variable.rawValue] }
      guard let store = value(.store), let build = value(.build), let list = value(.untrackedFolders),
        let device = variables[Device.variable].flatMap({ Device($0) }), device != .auto,
        let folders = try? JSONDecoder().decode([String].self, from: Data(list.utf8))
      else { return nil }
      if let limit = value(.memoryLimit), Int(limit) == nil { return nil }
      self.init(
        untrackedFolders: folders, store: store.isEmpty ? nil : store, build: build, device: device,
        memoryLimit: value(.memoryLimit).flatMap { Int($0) },
        sites: value(.sites).flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? [])
    }

    /// An environment in which a worker finds all of this: another one, with these variables in place of those that it has. Empty ones are
    /// set too, since programs that a cell starts must not find what the host itself was started with.
    public func added(to others: [String: String]) -> [String: String] {
      var variables = others
      func text(_ paths: [String]) -> String? { (try? JSONEncoder().encode(paths)).map { String(decoding: $0, as: UTF8.self) } }
      variables[Variable.untrackedFolders.rawValue] = text(untrackedFolders)
      variables[Variable.sites.rawValue] = text(sites)
      variables[Variable.store.rawValue] = store ?? ""
      variables[Variable.build.rawValue] = build
      variables[Device.variable] = device.description
      variables[Variable.memoryLimit.rawValue] = memoryLimit.map(String.init)
      return variables
    }
  }
}
