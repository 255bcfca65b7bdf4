// Threads for tests that wait, and for tests of several threads.
//
// Tests run on Swift's shared threads, of which there are as few as cores. One that waits there keeps what it waits for from coming, and
// an expectation that fails on a thread of Foundation's is reported without its test's name. So here are threads that a test may block,
// and on which it stays itself.

import Foundation

/// Runs it on a thread of its own.
package func waiting<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withTaskExecutorPreference(OwnThread()) { try body() }
}

/// Runs it so many times at once, each on a thread of its own.
package func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
  await withDiscardingTaskGroup { group in
    for index in 0..<count { group.addTask(executorPreference: OwnThread()) { body(index) } }
  }
}

/// Whether it comes true, looked at every few milliseconds.
///
/// Minutes, since long tests may keep all of Swift's shared threads for seconds at a time: then a server answers late.
package func eventually(_ condition: () throws -> Bool) -> Bool {
  for _ in 0..<18_000 {
    if (try? condition()) == true { return true }
    usleep(10_000)
  }
  return false
}

private final class OwnThread: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
