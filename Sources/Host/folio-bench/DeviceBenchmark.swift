import ArgumentParser
import BackendConformance
import Foundation
import Machine
import Tensors

/// One device: whether it keeps what a backend promises, how fast it is, and how exact. It needs no toolchain and no file.
struct DeviceBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device",
    abstract: "Check a device's conformance, then measure products, a model of gemma-2b's shape, and errors.",
    discussion: """
      Prints Markdown, each line as soon as it is known, and takes less than three minutes on an H100. On a processor, take fewer --layers \
      and --tokens. The exit status is 1 if a promise is broken.
      """)

  @Argument(help: ArgumentHelp("cpu, cuda or cuda:1.", valueName: "device"))
  var device = Device.auto

  @Option(help: ArgumentHelp("How many of gemma-2b's 18 layers the model has.", valueName: "n"))
  var layers = 18

  @Option(help: ArgumentHelp("How many tokens the prompt has.", valueName: "n"))
  var tokens = 1100

  @Option(help: ArgumentHelp("How often each operation is run; the median counts.", valueName: "n"))
  var repetitions = 3

  @Option(help: ArgumentHelp("What is done: small and large (conformance), products, model, errors.", valueName: "names"))
  var parts = "small,large,products,errors,model"

  func validate() throws {
    for part in names where !["small", "large", "products", "errors", "model"].contains(part) {
      throw ValidationError("There is no part '\(part)'; choose among small, large, products, errors, model.")
    }
    if layers < 1 || tokens < 8 { throw ValidationError("A model has a layer at least, and a prompt 8 tokens.") }
  }

  private var names: [String] { parts.split(separator: ",").map(String.init) }

  func run() throws {
    let device = try BenchmarkDevice(device), (backend, start) = (device.backend, ContinuousClock.now)
    DeviceTable.note("\(device.name), \(device.driver)")
    var isSound = true
    for size in ConformanceSize.allCases where names.contains(size.rawValue) {
      isSound = DeviceConformance.run(backend, size) && isSound
    }
    if names.contains("errors") { try DeviceErrors(backend: backend).small() }
    if names.contains("products") { DeviceProducts(backend, rows: tokens, .measurements).run() }
    if names.contains("model") {
      let pair = try BenchmarkPrompt(file: nil, tokens: tokens, differingFromEnd: min(100, tokens / 2))
      let models = try DeviceModel(
        device: device, layers: layers, pair: pair, repetitions: repetitions, table: .measurements
      ).run()
      if names.contains("errors"), models.here.backend !== models.there.backend {
        try DeviceErrors(backend: backend).large(models.here, models.there, Array(pair.clean.prefix(64)))
      }
    }
    try backend.check()
    DeviceTable.note("\nAll of it took \(DeviceTable.Unit.seconds.text((ContinuousClock.now - start) / .seconds(1))).")
    if !isSound { throw ExitCode(1) }
  }
}
