import CWorker
import Foundation

/// What the symbol table of a cell's library says: its variables, and what it uses of others'.
struct LibrarySymbols {
  struct Object {
    var symbol: String
    var address: UnsafeMutableRawPointer
    var size: Int
  }

  struct Variable {
    /// `x`, or `Type.x` for a static member.
    var name: String
    var isStatic: Bool
    var object: Object
    /// The words by which the runtime knows that it has its first value.
    var guards: [Object]
  }

  private(set) var variables: [Variable] = []
  /// The classes of other libraries whose static members the library uses: `Foundation.UserDefaults`.
  private(set) var sharedClasses: [String] = []

  init(of library: UnsafeMutableRawPointer, path: String) {
    let objects = Self.objects(of: library, path: path).filter { $0.symbol.hasPrefix("$s") }
    // `$s6Cell_15KnobsO1t_Wz` guards `$s6Cell_15KnobsO1tSdvpZ`.
    var guards = objects.filter { $0.symbol.hasSuffix("_Wz") }
    for object in objects where object.symbol.hasSuffix("vp") || object.symbol.hasSuffix("vpZ") {
      let own = guards.filter { object.symbol.hasPrefix($0.symbol.dropLast(3)) }
      guards.removeAll { word in own.contains { $0.symbol == word.symbol } }
      variables.append(.init(name: Self.name(object.symbol), isStatic: object.symbol.hasSuffix("Z"), object: object, guards: own))
    }
    // A member of type `Void` has no memory of its own; that it was used for the first time may show all the same.
    for word in guards {
      variables.append(.init(name: Self.name(word.symbol.dropLast(3) + "ytvpZ"), isStatic: true, object: word, guards: [word]))
    }
    sharedClasses = Self.sharedClasses(of: library)
  }

  private static func objects(of library: UnsafeMutableRawPointer, path: String) -> [Object] {
    var objects: [Object] = []
    withUnsafeMutablePointer(to: &objects) { objects in
      _ = folio_each_object(library, path, objects) { context, symbol, address, size in
        guard let context, let symbol, let address else { return }
        context.assumingMemoryBound(to: [Object].self).pointee.append(
          Object(symbol: String(cString: symbol), address: address, size: size))
      }
    }
    return objects
  }

  /// `x` for `Cell_1.x : Swift.Int`, `Knobs.t` for `static Cell_1.Knobs.t : Swift.Double`, `Int.k` for
  /// `static (extension in Cell_1):Swift.Int.k : Swift.Int`; for what has no such name, all that is said of it.
  private static func name(_ symbol: String) -> String {
    guard let text = demangled(symbol) else { return symbol }
    guard let end = text.range(of: " : ") else { return text }
    var path = text[..<end.lowerBound]
    if path.hasPrefix("static ") { path = path.dropFirst("static ".count) }
    if path.hasPrefix("(extension in "), let close = path.range(of: "):") { path = path[close.upperBound...] }
    guard !path.contains(" "), !path.contains("("), let dot = path.firstIndex(of: ".") else { return text }
    return String(path[path.index(after: dot)...])
  }

  private static func demangled(_ symbol: String) -> String? {
    guard let text = demangle(symbol, symbol.utf8.count, nil, nil, 0) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  // MARK: - What others share

  /// Foundation's classes whose static members hold nothing that a cell could leave for another, or only what is followed in another way: files, the
  /// process's state, the worker's streams, time.
  private static let harmless: Set = [
    "FileManager", "ProcessInfo", "Bundle", "Thread", "Process", "JSONSerialization", "FileHandle", "NSNull", "NSTimeZone",
    "NSLocale",
    "NumberFormatter", "DateFormatter", "NSRegularExpression", "NSString", "NSNumber", "RunLoop", "Timer", "OperationQueue",
    "PropertyListSerialization", "ByteCountFormatter", "Host",
  ]

  private static func sharedClasses(of library: UnsafeMutableRawPointer) -> [String] {
    var symbols: [String] = []
    withUnsafeMutablePointer(to: &symbols) { symbols in
      folio_each_import(library, symbols) { context, symbol in
        guard let context, let symbol else { return }
        context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: symbol))
      }
    }
    return Array(Set(symbols.compactMap(sharedClass))).sorted()
  }

  /// Whether a function is of a cell, whose variables are followed, or of Folio's own, which leaves nothing behind for other cells.
  private static func isOfCellOrWorker(_ symbol: String) -> Bool {
    let address = UInt(bitPattern: dlsym(nil, symbol))
    return folio_is_worker_code(address) || folio_is_cell_code(address)
  }

  /// The class of a static member: `Foundation.NotificationCenter` for `static Foundation.NotificationCenter.default.getter : …`. Nil if it is
  /// no class of the system's or the toolchain's libraries.
  private static func sharedClass(_ symbol: String) -> String? {
    // `UserDefaults(suiteName:)` gives what others share, as its static member does.
    guard symbol.hasPrefix("$s"), symbol.hasSuffix("Z") || symbol.contains("UserDefaultsC"), !isOfCellOrWorker(symbol),
      let text = demangled(symbol)
    else { return nil }
    let path = text.split(separator: "static ").last ?? ""
    let parts = path.split(separator: ":").first { $0.contains(".") }?.split(separator: ".") ?? []
    guard parts.count > 2 else { return nil }
    if parts[0].hasPrefix("Foundation"), harmless.contains(String(parts[1])) { return nil }
    if parts[0] == "Dispatch" || parts[0] == "Swift" { return nil }
    // What is no class holds constants.
    let name = "\(parts[0]).\(parts[1])"
    return NSClassFromString(name) == nil ? nil : name
  }
}

/// The runtime's demangler (`swift/Demangling/Demangle.h`): the result is the caller's to free.
@_silgen_name("swift_demangle")
private func demangle(
  _ name: UnsafePointer<CChar>, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>?, _ size: UnsafeMutablePointer<Int>?,
  _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
