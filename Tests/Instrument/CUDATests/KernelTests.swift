import CUDA
import CUDAStandIn
import Foundation
import Keys
import Store
import TestSupport
import Testing

/// Kernels are compiled once, kept for the next process, and launched as they were asked to be.
@Suite struct KernelTests {
  private let file = "Elementwise.cu"
  private let folder: TestFolder
  /// Where machines may keep what they have compiled.
  private let store: EntryStore

  init() throws {
    folder = try TestFolder()
    store = EntryStore(folder: folder.path + "/store")
  }

  // MARK: - Launches

  @Test func aKernelComputesWithItsArguments() throws {
    let card = try StandInMachine().system().context(0)
    let (x, y, out) = (card.memory([1, 2, 3]), card.memory([10, 20, 30]), card.allocate(12))
    let combine = try card.kernel("combine", in: file)
    card.launch(combine, grid: (1, 1, 1), block: 256, [.int(1), .input(y), .input(x), .output(out), .long(3)])
    #expect(try card.numbers(out, 3) == [9, 18, 27])
    let combineScalar = try card.kernel("combine_scalar", in: file)
    card.launch(combineScalar, grid: (1, 1, 1), block: 256, [.int(2), .input(x), .float(0.5), .output(out), .long(3), .int(0)])
    #expect(try card.numbers(out, 3) == [0.5, 1, 1.5])
  }

  @Test func anArgumentMayPointIntoABlock() throws {
    let card = try StandInMachine().system().context(0)
    let (x, y) = (card.memory([1, 2, 3, 4]), card.memory([0, 0, 0, 0]))
    card.launch(
      try card.kernel("add", in: file), grid: (1, 1, 1), block: 256,
      [.input(x, byteOffset: 4), .output(y, byteOffset: 8), .long(2)])
    #expect(try card.numbers(y, 4) == [0, 0, 2, 3])
  }

  @Test func aPointerThatIsLeftOutIsNull() throws {
    let card = try StandInMachine().system().context(0)
    let (x, y) = (card.memory([0, 1]), card.allocate(8))
    card.launch(
      try card.kernel("activate", in: file), grid: (1, 1, 1), block: 256, [.int(2), .input(x), .null, .output(y), .long(2)])
    let values = try card.numbers(y, 2)
    #expect(values[0] == 0)
    #expect(abs(values[1] - 0.731_058_6) < 1e-6)
  }

  /// A kernel has no business with memory that is not on its card, or is no one's any more.
  @Test func aPointerThatIsNoOnesIsFoundOut() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    card.launch(try card.kernel("fill", in: file), grid: (1, 1, 1), block: 256, [.long(4096), .long(1), .float(1)])
    #expect(throws: CUDAError.self) { try card.synchronize() }
    expect(machine.fault, contains: "The kernel fill was given memory that is no one's")
  }

  @Test func aLaunchOfNoBlocksDoesNothing() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let memory = card.memory([1])
    let fill = try card.kernel("fill", in: file)
    card.launch(fill, grid: (0, 1, 1), block: 256, [.output(memory), .long(0), .float(5)])
    #expect(machine.driver.get("cuLaunchKernel") == 0)
    #expect(try card.numbers(memory, 1) == [1])
  }

  @Test func launchesAreDoneInTheirOrder() throws {
    let card = try StandInMachine().system().context(0)
    let memory = card.memory([1])
    for _ in 0..<5 { try card.add(memory, to: memory, 1) }
    try card.fill(memory, 1, with: 3)
    try card.add(memory, to: memory, 1)
    #expect(try card.numbers(memory, 1) == [6])
  }

  @Test(arguments: [((1, 1, 1), 1025, 0), ((1, 65536, 1), 256, 0), ((1, 1, 65536), 256, 0), ((1, 1, 1), 256, 228 << 10)])
  func aLaunchThatNoCardTakesIsToldWithItsKernel(grid: (Int, Int, Int), block: Int, shared: Int) throws {
    let card = try StandInMachine().system().context(0)
    let memory = card.memory([1])
    let fill = try card.kernel("fill", in: file)
    card.launch(fill, grid: grid, block: block, shared: shared, [.output(memory), .long(1), .float(5)])
    #expect(memory.isVoid)
    let failure = #expect(throws: CUDAError.self) { try card.check() }
    expect(failure?.description, contains: "fill", "CUDA_ERROR_INVALID_VALUE")
  }

  /// A card gives a block 48 KiB unasked; more must be allowed first, once.
  @Test func aLaunchMayHaveAllSharedMemoryThatThereIs() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let memory = card.memory([1])
    let fill = try card.kernel("fill", in: file)
    func launch(shared: Int) {
      card.launch(fill, grid: (1, 1, 1), block: 256, shared: shared, [.output(memory), .long(1), .float(5)])
    }
    launch(shared: 48 << 10)
    #expect(machine.driver.get("cuFuncSetAttribute") == 0)
    launch(shared: 100 << 10)
    launch(shared: 227 << 10)
    #expect(machine.driver.get("cuFuncSetAttribute") == 1)
    #expect(try card.numbers(memory, 1) == [5])
  }

  @Test func theTimeOfWorkIsMeasured() throws {
    let card = try StandInMachine().system().context(0)
    let memory = card.allocate(4_000_000)
    let seconds = try card.time { for _ in 0..<20 { try? card.fill(memory, 1_000_000, with: 1) } }
    #expect(seconds > 0)
  }

  // MARK: - Compiling

  @Test func aProgramIsCompiledWhenItsFirstKernelIsAskedFor() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    #expect(machine.compiler.get("compilations") == 0)
    let first = try card.kernel("fill", in: file)
    let again = try card.kernel("fill", in: file)
    _ = try card.kernel("add", in: file)
    #expect(first === again)
    #expect(machine.compiler.get("compilations") == 1)
    #expect(machine.compiler.get("programs") == 0)
    #expect(machine.driver.get("modules") == 1)
  }

  @Test func theNextProcessFindsWhatWasCompiled() throws {
    let machine = try StandInMachine(store: store)
    _ = try machine.system().context(0).kernel("fill", in: file)
    let card = try machine.system().context(0)
    let memory = card.memory([0])
    try card.fill(memory, 1, with: 4)
    #expect(try card.numbers(memory, 1) == [4])
    #expect(machine.compiler.get("compilations") == 1)
  }

  @Test(arguments: [(90, 131), (100, 130)])
  func anotherCompilerOrAnotherCardHasItsOwnCode(capability: Int, version: Int) throws {
    let machine = try StandInMachine(store: store)
    _ = try machine.system().context(0).kernel("fill", in: file)
    let other = try StandInMachine(["capability": capability], store: store)
    other.compiler.set("version", version)
    _ = try other.system().context(0).kernel("fill", in: file)
    #expect(other.compiler.get("compilations") == 1)
  }

  @Test func threadsThatAskAtOnceWaitForOneCompilation() async throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    machine.compiler.set("milliseconds", 50)
    let file = file
    await concurrently(8) { index in
      #expect(throws: Never.self) { try card.kernel(["fill", "add"][index % 2], in: file) }
    }
    #expect(machine.compiler.get("compilations") == 1)
    #expect(machine.driver.get("modules") == 1)
  }

  /// They may both compile; neither may harm what the other keeps.
  @Test func processesThatCompileAtOnceAgree() async throws {
    let store = store
    let all = try (0..<4).map { _ in try StandInMachine(store: store) }
    let file = file
    await concurrently(4) { index in
      all[index].compiler.set("milliseconds", 20)
      let card = try? all[index].system().context(0)
      let memory = card?.memory([0])
      #expect(throws: Never.self) { try memory.map { try card?.fill($0, 1, with: 4) } }
      #expect((try? memory.map { try card?.numbers($0, 1) }) == [4])
    }
    let last = try StandInMachine(store: store)
    _ = try last.system().context(0).kernel("fill", in: file)
    #expect(last.compiler.get("compilations") == 0)
  }

  @Test func programsArePreparedTogether() throws {
    let machine = try StandInMachine()
    let card = try machine.system().context(0)
    let programs = KernelSources.own.programs.keys.sorted()
    try card.prepare(programs)
    #expect(machine.compiler.get("compilations") == programs.count)
    _ = try card.kernel("fill", in: file)
    #expect(machine.compiler.get("compilations") == programs.count)
  }

  @Test func theFirstProgramThatCannotBePreparedIsTold() throws {
    let card = try StandInMachine().system().context(0)
    let error = #expect(throws: CUDAError.self) { try card.prepare([file, "First.cu", "Second.cu"]) }
    expect(error?.description, contains: "“First.cu”")
    #expect(throws: Never.self) { try card.kernel("fill", in: file) }
  }

  // MARK: - What is kept

  /// The files of compiled kernels in the store.
  private func cubins() throws -> [String] {
    let folder = store.folder + "/cubins"
    let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    return names.map { "\(folder)/\($0)" }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }
  }

  @Test(arguments: ["cut", "changed", "empty", "open to others"])
  func aDamagedFileIsCompiledAgain(damage: String) throws {
    let machine = try StandInMachine(store: store)
    _ = try machine.system().context(0).kernel("fill", in: file)
    let path = try #require(try cubins().first)
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    switch damage {
    case "cut": data.removeLast(data.count / 2)
    case "changed": data[data.count / 2] ^= 1
    case "empty": data = Data()
    default: break
    }
    try data.write(to: URL(fileURLWithPath: path))
    if damage == "open to others" { try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path) }
    _ = try machine.system().context(0).kernel("fill", in: file)
    #expect(machine.compiler.get("compilations") == 2)
  }

  /// It is whole, but the driver does not take it: as after an error of a compiler, or when a store is carried to another machine.
  @Test func whatTheDriverRefusesIsCompiledAgain() throws {
    let machine = try StandInMachine(store: store)
    _ = try machine.system().context(0).kernel("fill", in: file)
    let path = try #require(try cubins().first)
    let digits = path.split(separator: "/").suffix(2).joined()
    let key = try #require(Key(hexadecimal: digits))
    #expect(store.put(Data("not a cubin".utf8), .cubins, key))
    for _ in 0..<2 { _ = try machine.system().context(0).kernel("fill", in: file) }
    #expect(machine.compiler.get("compilations") == 2)
  }

  @Test func aStoreThatCannotBeWrittenCostsOnlyTime() throws {
    try folder.write("a file, where a folder should be", to: "store")
    let machine = try StandInMachine(store: store)
    for _ in 0..<2 { _ = try machine.system().context(0).kernel("fill", in: file) }
    #expect(machine.compiler.get("compilations") == 2)
  }

  // MARK: - What does not compile

  @Test func aMistakeInASourceIsToldWithTheCompilersWords() throws {
    let machine = try StandInMachine()
    var sources = KernelSources.own
    sources.programs[file]? += "\nint mistake("
    let system = CUDASystem(.init(environment: machine.environment, sources: sources))
    let error = #expect(throws: CUDAError.self) { try system.context(0).kernel("fill", in: file) }
    expect(error?.description, contains: "“Elementwise.cu”", "error: this is not the text that the stand-in knows")
    #expect(machine.compiler.get("programs") == 0)
  }

  @Test func aKernelThatItsProgramLacksIsToldByName() throws {
    let card = try StandInMachine().system().context(0)
    let error = #expect(throws: CUDAError.self) { try card.kernel("no_such_kernel", in: file) }
    expect(error?.description, contains: "no_such_kernel", "CUDA_ERROR_NOT_FOUND")
    // Nothing is lost by it.
    #expect(try card.numbers(card.memory([1]), 1) == [1])
  }

  @Test func aProgramThatIsNotThereIsToldByName() throws {
    let card = try StandInMachine().system().context(0)
    let error = #expect(throws: CUDAError.self) { try card.kernel("fill", in: "Missing.cu") }
    expect(error?.description, contains: "“Missing.cu”")
  }

  @Test func aDriverOlderThanTheCompilerIsTold() throws {
    let machine = try StandInMachine(["driver version": 12040])
    let error = #expect(throws: CUDAError.self) { try machine.system().context(0).kernel("fill", in: file) }
    expect(
      error?.description, contains: "is for CUDA 12.4", "NVRTC 13.0", "sm_90a", "update the driver",
      "pip install nvidia-cuda-nvrtc-cu12")
  }

  @Test(arguments: [(60, "pip install nvidia-cuda-nvrtc-cu12"), (121, "pip install --upgrade nvidia-cuda-nvrtc")])
  func aCardThatTheCompilerDoesNotKnowIsTold(capability: Int, advice: String) throws {
    let machine = try StandInMachine(["capability": capability])
    machine.compiler.set("newest architecture", 90)
    let error = #expect(throws: CUDAError.self) { try machine.system().context(0).kernel("fill", in: file) }
    expect(error?.description, contains: "NVRTC 13.0", "\(capability / 10).\(capability % 10)", advice)
  }

  // MARK: - NVRTC itself

  private static let compiler = CUDASystem(.init())
  private static let hasCompiler = LibrarySearch(environment: ProcessInfo.processInfo.environment).compiler(newest: 13)
    .contains { dlopen($0.name, RTLD_NOW | RTLD_LOCAL) != nil }

  @Test(.enabled(if: hasCompiler)) func nVRTCMakesMachineCode() throws {
    let code = try Self.compiler.machineCode(of: file, for: .init(9, 0))
    #expect(code.starts(with: [0x7f, 0x45, 0x4c, 0x46]), "machine code is an ELF file")
  }

  @Test(.enabled(if: hasCompiler)) func aMistakeIsToldInNVRTCsWords() throws {
    let sources = KernelSources(programs: ["Mistake.cu": "__global__ void f() { missing(); }"])
    let system = CUDASystem(.init(sources: sources))
    let error = #expect(throws: CUDAError.self) { try system.machineCode(of: "Mistake.cu", for: .init(8, 0)) }
    expect(error?.description, contains: "Mistake.cu(1): error: identifier \"missing\" is undefined")
  }
}
