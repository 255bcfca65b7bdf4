import Foundation

extension Driver {
  /// How many cards the driver sees; none where it did not start for want of them.
  func cardCount() throws(CUDAError) -> Int {
    var count: Int32 = 0
    let result = deviceGetCount(&count)
    if result == Code.noDevice || (result == Code.notInitialized && !isStarted) { return 0 }
    try check(result, "cuDeviceGetCount")
    return Int(count)
  }

  /// The driver's own number of a card.
  func device(_ index: Int) throws(CUDAError) -> Int32 {
    let count = try cardCount()
    guard index >= 0, index < count else { throw .noCard(index: index, count: count) }
    var device: Int32 = 0
    try check(deviceGet(&device, Int32(index)), "cuDeviceGet")
    return device
  }

  /// What a card is.
  func card(_ index: Int, asksForMemory: Bool) throws(CUDAError) -> Card {
    let device = try device(index)
    func attribute(_ number: Int32) throws(CUDAError) -> Int {
      var value: Int32 = 0
      try check(deviceGetAttribute(&value, number, device), "cuDeviceGetAttribute")
      return Int(value)
    }
    var name = [CChar](repeating: 0, count: 256)
    try check(deviceGetName(&name, Int32(name.count), device), "cuDeviceGetName")
    var uuid = [UInt8](repeating: 0, count: 16)
    try check(deviceGetUuid(&uuid, device), "cuDeviceGetUuid")
    var total = 0
    try check(deviceTotalMem(&total, device), "cuDeviceTotalMem")
    return Card(
      index: index, name: String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
      totalMemory: total, freeMemory: asksForMemory ? try freeMemory(index, device) : nil,
      capability: .init(try attribute(Constant.capabilityMajor), try attribute(Constant.capabilityMinor)),
      multiprocessors: try attribute(Constant.multiprocessorCount), uuid: Self.text(uuid: uuid),
      sharedMemoryPerBlock: try attribute(Constant.sharedMemoryPerBlockOptIn))
  }

  /// A card's context, which lives until it has been given back as often as it was taken.
  func retainContext(_ index: Int, _ device: Int32) throws(CUDAError) -> Handle {
    var context: Handle?
    let result = primaryContextRetain(&context, device)
    guard result == Code.success, let context else {
      throw .unavailable(index: index, cause: error(result, "cuDevicePrimaryCtxRetain").description)
    }
    return context
  }

  /// What is free on a card, in bytes. That can be asked only of a card that is in use, so it is for the moment.
  private func freeMemory(_ index: Int, _ device: Int32) throws(CUDAError) -> Int {
    let context = try retainContext(index, device)
    defer { _ = primaryContextRelease(device) }
    try check(contextSetCurrent(context), "cuCtxSetCurrent")
    var (free, total) = (0, 0)
    try check(memGetInfo(&free, &total), "cuMemGetInfo")
    return free
  }

  private static func text(uuid: [UInt8]) -> String {
    let digits = uuid.map { String(format: "%02x", $0) }
    return "GPU-"
      + [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]].map { $0.joined() }.joined(separator: "-")
  }
}
