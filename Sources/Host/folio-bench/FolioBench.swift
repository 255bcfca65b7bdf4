import ArgumentParser

/// Measures Folio: each figure beside the limit or the peer that it is judged by, in the same run. Nothing here is a test: a slow machine
/// gives other figures, not a failure.
@main
struct FolioBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "folio-bench",
    abstract: "Measure Folio against limits and peers.",
    discussion: """
      Run it on a machine that does nothing else, from the repository's folder, in a release build:
        swift build -c release && .build/release/folio-bench session
      """,
    subcommands: [
      SessionBenchmark.self, ModelBenchmark.self, ModelOperation.self, VerbsBenchmark.self, VerbsOperation.self,
      DeviceBenchmark.self, SweepBenchmark.self,
    ])
}
