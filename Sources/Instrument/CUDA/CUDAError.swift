import Text

/// What keeps a card from being used, or took it away. Each description is a whole text for users: what is the matter, and what to do.
package enum CUDAError: Error, Equatable, Sendable {
  /// The driver's library is not there, or cannot be opened.
  case noDriver(cause: String)
  /// NVRTC is not there, or cannot be opened.
  case noCompiler(cause: String)
  /// No card has this number.
  case noCard(index: Int, count: Int)
  /// A card that is there, but does not let this process in.
  case unavailable(index: Int, cause: String)
  /// The driver, or NVRTC, is older than something that it is to work with.
  case tooOld(cause: String, advice: String)
  /// A setting of the user's that says nothing.
  case setting(variable: String, value: String, advice: String)
  /// A call that the driver, or NVRTC, did not carry out.
  case driver(call: String, code: Int, name: String, message: String)
  /// A kernel's source that NVRTC does not take.
  case compilation(file: String, log: String)
  /// There was no room on the card, also after unused memory was given back. Nothing else is damaged by it. In bytes.
  case outOfMemory(asked: Int, inUse: Int, budget: Int)
  /// The card does not answer any more, or not rightly; it stays so for this process.
  case lost(cause: String)
}

extension CUDAError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noDriver(let cause):
      """
      There is no NVIDIA driver to be used: \(cause). Install the driver of the card (https://www.nvidia.com/drivers); \
      start a container with its cards (“--gpus all”); FOLIO_CUDA_DRIVER names its file, where it is set. The device “cpu” needs none.
      """
    case .noCompiler(let cause):
      """
      There is no NVRTC to be used, which compiles the kernels for the card: \(cause). \
      Install it (“pip install nvidia-cuda-nvrtc”), or name its file in FOLIO_NVRTC. The device “cpu” needs none.
      """
    case .noCard(_, 0):
      """
      The NVIDIA driver sees no card. If there is one, look at CUDA_VISIBLE_DEVICES, which hides all cards when it is empty, \
      and at what “nvidia-smi” says. The device “cpu” needs none.
      """
    case .noCard(let index, 1): "There is no card “cuda:\(index)”: the NVIDIA driver sees one, “cuda:0”."
    case .noCard(let index, let count):
      "There is no card “cuda:\(index)”: the NVIDIA driver sees \(count), “cuda:0” to “cuda:\(count - 1)”."
    case .unavailable(let index, let cause):
      """
      The card “cuda:\(index)” cannot be used: \(cause) Another process may have it to itself, or all of its memory; \
      “nvidia-smi” shows them. The device “cpu” needs none.
      """
    case .tooOld(let cause, let advice): "\(cause). \(advice)."
    case .setting(let variable, let value, let advice): "\(variable) is “\(value)”. \(advice)."
    case .driver(let call, let code, let name, let message): "\(call) failed with \(name) (\(code)): \(message)."
    case .compilation(let file, let log): "NVRTC does not compile “\(file)”:\n\(log)"
    case .outOfMemory(let asked, let inUse, let budget):
      """
      The card has no room for \(ByteCount.text(asked)) more: \(ByteCount.text(inUse)) of \(ByteCount.text(budget)) are in use. \
      Capture less at once or use a shorter text, raise FOLIO_CUDA_MEMORY if it is set, or use the device “cpu”.
      """
    case .lost(let cause):
      """
      The card cannot be used any more by this process: \(cause) \
      Start it again; if that does not help, “nvidia-smi” and the system's log (“dmesg”) say more.
      """
    }
  }
}
