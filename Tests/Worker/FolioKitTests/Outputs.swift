import CellRuntime
import Record
import Synchronization

/// What a body shows.
func outputs(_ body: () throws -> Void) rethrows -> [Output] {
  let shown = Shown()
  var services = CellServices()
  services.show = { shown.append($0) }
  try CellServices.$substitute.withValue(services) { try body() }
  return shown.all
}

private final class Shown: Sendable {
  private let outputs = Mutex<[Output]>([])

  var all: [Output] { outputs.withLock { $0 } }

  func append(_ output: Output) { outputs.withLock { $0.append(output) } }
}
