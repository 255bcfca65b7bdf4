import ArgumentParser
import CUDA
import Foundation
import Machine
import Tensors

extension Device: ExpressibleByArgument {}

/// A device that is measured: who computes there, and what it says of itself.
struct BenchmarkDevice {
  let backend: any Backend
  /// As its maker calls it.
  let name: String
  /// What drives it, with versions.
  let driver: String
  /// The most memory that was taken of it since the program began, in bytes.
  let peakBytes: () -> Int

  init(_ device: Device) throws {
    switch device {
    case .cpu:
      backend = CPUBackend.shared
      name = Self.processor
      driver = "\(BLAS.kernel) kernels, \(Parallel.threads) threads"
      peakBytes = { Measured.peakMemory }
    case .auto, .cuda:
      let index = if case .cuda(let index) = device { index } else { 0 }
      let (card, report) = (try CUDABackend.of(index), GraphicsReport(.shared, withMemory: false))
      backend = card
      name = card.context.card.name
      driver = "driver for CUDA \(report.driver?.version ?? "?"), NVRTC \(report.compiler?.version ?? "?")"
      peakBytes = { card.context.peak }
    }
  }

  private static var processor: String {
    let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "a processor"
  }

  /// Waits until all that was asked of the device is done, of which a tensor came last.
  static func wait(for tensor: Tensor) { _ = tensor.reshaped([-1])[..<min(1, tensor.count)].elements }
}
