/// What a job takes of a machine while it runs.
package struct JobResources: Sendable, Equatable {
  /// In bytes; 0 if that is not known.
  package var memory = 0
  package var cores = 1

  package init(memory: Int = 0, cores: Int = 1) { (self.memory, self.cores) = (memory, cores) }
}
