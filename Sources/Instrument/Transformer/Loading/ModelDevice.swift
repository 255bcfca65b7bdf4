import CUDA
import Checkpoints
import Machine
import Tensors

extension Device {
  /// The device that this process is told to compute on; `auto` if it is not told.
  static func preset(_ environment: [String: String]) throws(ModelError) -> Device {
    guard let device = preset(in: environment) else {
      let text = environment[variable] ?? ""
      throw .badRequest("The environment variable \(variable) is “\(text)”, which is no device. Write \(spellings).")
    }
    return device
  }

  /// What computes there.
  /// - Parameter weights: how many bytes the model's weights take.
  /// - Throws: `deviceFailed` if a card that was asked for cannot be used. `auto` takes the processor then.
  func backend(weights: Int) throws(ModelError) -> any Backend {
    switch self {
    case .cpu: return CPUBackend.shared
    case .cuda(let index):
      do throws(CUDAError) { return try CUDABackend.of(index) } catch { throw .deviceFailed(error.description) }
    case .auto:
      // Asking for memory wakes a card, which takes a third of a second: it is only done where there is one.
      guard let cards = try? CUDASystem.shared.cards(asksForMemory: false) else { return CPUBackend.shared }
      for card in cards {
        guard let context = try? CardContext.of(card.index), context.available >= Device.room(weights: weights) else { continue }
        if let backend = try? CUDABackend.of(card.index) { return backend }
      }
      return CPUBackend.shared
    }
  }

  /// How much memory a card must have free for a model: its weights, and room to compute.
  private static func room(weights: Int) -> Int { weights + weights / 4 + 1 << 29 }
}

extension LanguageModel {
  /// The same model on another device: its weights go there once, and its runs are computed there.
  ///
  /// - Parameter device: `.auto` takes a graphics card that has room, or else the processor.
  /// - Throws: `deviceFailed` if the device cannot be used, or has no room for the weights.
  public func moved(to device: Device) throws(ModelError) -> LanguageModel {
    if device == .auto, self.device != .cpu { return self }
    let target = try device.backend(weights: atHome.weights.byteCountOnDevice)
    return target === backend ? self : target === atHome.backend ? atHome : try LanguageModel(self, on: target)
  }
}
