// The process that loads compiled cells and runs them, one notebook's session from its first cell to its last.
//
// It links FolioKit and exports its symbols, so that cells resolve them here: one copy of the model, its caches and the displays.
// It is started by the host with its control socket as descriptor 3 and the acknowledgements' pipe as descriptor 4, reads commands
// until the socket closes, and answers each by exactly one `WorkerProtocol.Answer`. Asked by `--graphics`, it only tells what graphics cards there are. What runs on which thread, and how the process survives
// a trap, stands in CWorker.

import CSpawn
import CUDA
import CellRuntime
import Foundation
import Machine
import Record

#if canImport(Glibc)
  import Glibc
#endif

for withMemory in [false, true] where CommandLine.arguments.dropFirst() == GraphicsReport.request(withMemory: withMemory)[...] {
  let report = GraphicsReport(CUDASystem.shared, withMemory: withMemory)
  FileHandle.standardOutput.write(try JSONEncoder().encode(report) + Data("\n".utf8))
  exit(0)
}
guard let environment = WorkerProtocol.Environment(ProcessInfo.processInfo.environment),
  HostChannel.open(control: 3, acknowledgements: 4)
else {
  FileHandle.standardError.write(Data("folio-worker is started by folio; run 'folio --help'\n".utf8))
  exit(64)
}
// Floating point, dates and sorting read the same on every machine.
setlocale(LC_ALL, "C.UTF-8")
let worker = Worker(environment)
let commands = Thread {
  while let command = HostChannel.nextCommand() { HostChannel.send(worker.answer(to: command)) }
  folio_end_programs(getpid(), 0, nil)
  exit(0)
}
commands.start()
dispatchMain()
