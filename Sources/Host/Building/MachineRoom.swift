import Document
import Foundation
import Machine
import Processes
import Record
import Scheduling
import Session

/// A schedule of runs of notebooks on this machine: what each takes, and what there is beside those that run.
package struct MachineRoom {
  package private(set) var schedule: Schedule
  private let options: NotebookSession.Options
  /// What a command says of what a run takes, whatever the notebooks say.
  private let resources: Resources

  /// - Parameters:
  ///   - jobs: the group of each is the notebook's file.
  ///   - notebooks: one of each group, at least.
  package init(
    jobs: [Schedule.Job], notebooks: [Notebook], options: NotebookSession.Options, resources: Resources = Resources()
  ) {
    (self.options, self.resources) = (options, resources)
    schedule = Schedule(jobs, keepsGoing: options.keepsGoing)
    for notebook in Dictionary(grouping: notebooks, by: \.file).values.compactMap(\.first) {
      schedule.setNeed(need(of: notebook), of: notebook.file)
    }
  }

  /// What a run takes: what is said of it, or what its last run took. One that has never run may load anything.
  private func need(of notebook: Notebook) -> Schedule.Resources {
    let said = notebook.frontMatter.resources.overridden(by: resources)
    let known = NotebookSession.peakMemory(of: notebook, store: options.store)
    return Schedule.Resources(
      memory: said.memory ?? (known > 0 ? known + known / 2 : SystemMemory.total / 2), cores: said.cores ?? 1)
  }

  /// Begins the next run that there is room for.
  /// - Parameter prepared: the files of notebooks for which a session waits.
  package mutating func next(prepared: Set<String>) -> Int? {
    let needs = schedule.running.map { schedule.need(of: schedule.jobs[$0].group) }
    let cores = min(Processor.threads, Descriptors.mostPrograms) - needs.reduce(0) { $0 + $1.cores }
    // Who has begun a moment ago has not taken yet what it will take.
    let promised = SystemMemory.total - needs.reduce(0) { $0 + $1.memory }
    return schedule.next(
      free: Schedule.Resources(memory: min(SystemMemory.available, promised), cores: cores), prepared: prepared)
  }

  /// A run has ended: what it took is known now.
  package mutating func end(_ place: Int, notebook: Notebook, succeeded: Bool = true) {
    schedule.setNeed(need(of: notebook), of: notebook.file)
    schedule.end(place, succeeded: succeeded)
  }

  package mutating func stop() { schedule.stop() }

  /// Whether a run has not begun.
  package var hasOpen: Bool { schedule.open > 0 }
}
