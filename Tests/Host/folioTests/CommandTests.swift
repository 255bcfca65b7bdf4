import Foundation
import Processes
import TestSupport
import Testing

/// What the command does with notebooks, and what it says.
@Suite struct CommandTests {
  @Test(arguments: [
    (
      ["--help"],
      ["build", "run", "preview", "diff", "check", "git", "export", "import", "api", "cache", "doctor", "install", "Exit status"]
    ),
    (["diff", "--help"], ["--format", "--tolerance", "--site", "-o", "Exit status", "Examples"]),
    (["check", "--help"], ["--accept", "--format", "--tolerance", "-P", "--device", "Exit status", "Examples"]),
    (["git", "--help"], ["install", "uninstall"]),
    (
      ["build", "--help"],
      [
        "--site", "-P", "--keep-going", "--timeout", "--memory", "--device", "FOLIO_DEVICE", "--force", "--explain",
        "--interactive", "--plotly",
        "Notebooks/",
        "Examples",
      ]
    ),
    (["preview", "--help"], ["--port", "--site", "--host", "--device", "Ctrl-C", "Examples"]),
    (
      ["export", "--help"],
      ["<notebook>", "--to", "ipynb", "swift", "-o", "--no-outputs", "-P", "--device", "--force", "Examples"]
    ),
    (["import", "--help"], ["<file>", "-o", "--force", "norun", "Exit status", "Examples"]),
    (["cache", "--help"], ["prune", "FOLIO_CACHE", "Examples"]),
    (["run", "--help"], ["<notebook>", "-P", "--keep-going", "--timeout", "--device"]),
    (["doctor", "--help"], ["BLAS", "NVRTC", "Exit status"]),
    (["api", "--help"], ["<words>", "--markdown", "Exit status", "Examples"]),
    (["install", "--help"], ["--prefix", "--remove", "PREFIX/bin/folio", "Exit status", "Examples"]),
  ])
  func helpNamesEverything(arguments: [String], words: [String]) throws {
    let result = try arguments.count == 1 ? folio(arguments[0]) : folio(arguments[0], arguments[1])
    #expect(result.status == 0)
    for word in words { #expect(result.output.contains(word), "\(word) in \(result.output)") }
  }

  @Test func whatIsNoNotebookStopsNeitherABuildNorIsTakenForOne() throws {
    try withNotebook("```swift\n40 + 2\n```") { folder in
      try folder.write("", to: "Notebooks/old.md/a")
      let built = try folio("build", in: folder)
      #expect(built.status == 2)
      #expect(built.output.contains("Site/n/index.html"))
      #expect(built.errors.contains("'Notebooks/old.md' is a folder"))
      try folder.write("---\nafter: m\n---\n", to: "Notebooks/o.md")
      let disordered = try folio("build", in: folder)
      #expect(disordered.status == 2)
      #expect(disordered.output.isEmpty)
      expect(disordered.errors, contains: "Notebooks/o.md:2: error: 'after' names 'm'", "'n'")
      #expect(try folio("build", "--keep-going", in: folder).output.contains("Site/n/index.html"))
      for arguments in [["run", "."], ["run", "n.ipynb"], ["preview", "nope.md"], ["preview", "Notebooks"]] {
        let result = try folio(arguments[0], arguments[1], in: folder)
        #expect(result.status == 2, "\(arguments): \(result)")
        #expect(result.errors.split(separator: "\n").count == 2, "\(arguments): \(result)")
      }
    }
  }

  @Test func buildingWritesPagesAndSaysWhere() throws {
    try withNotebook("---\nparams: {n: 2}\n---\n# T\n```swift\nparams.n * 21\n```") { folder in
      let result = try folio("build", in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("Site/n/index.html"))
      let page = try folder.read("Site/n/index.html")
      #expect(page.contains("42"))
      #expect(!page.contains(folder.path))
      #expect(try folio("build", "Notebooks/n.md", "-P", "n=3", "--site", "Other", in: folder).status == 0)
      #expect(try folder.read("Other/n/n=3/index.html").contains("63"))
    }
  }

  @Test func runningShowsOutputsInOrder() throws {
    try withNotebook("```swift\nprint(\"a\")\ndisplay(1)\nprint(\"b\", terminator: \"\")\n```\n```swift\n\"c\"\n```") { folder in
      let result = try folio("run", "Notebooks/n.md", in: folder)
      #expect(result.output == "a\n1\nb\nc\n", "\(result)")
      #expect(result.status == 0, "\(result)")
    }
  }

  @Test func aNumberOfTheProseIsShownWithItsExpression() throws {
    try withNotebook("```swift\nlet n = 3\n```\n\nThere are `{swift} n` of `{swift} n * 48`.\n") { folder in
      // Also of outputs that are known.
      for _ in 0..<2 {
        let result = try folio("run", "Notebooks/n.md", in: folder)
        #expect(result.output == "n = 3\nn * 48 = 144\n")
      }
    }
  }

  @Test(arguments: [
    (
      "```swift\nthrow CancellationError()\n```", Int32(1),
      "Notebooks/n.md:2: error: Error raised at top level: CancellationError()"
    ),
    ("\n```swift\n[1][3]\n```", 1, "Notebooks/n.md:3: error: Fatal error: Index out of range"),
    ("```swift\nlet x = y\n```", 2, "Notebooks/n.md:2:9: error: cannot find 'y' in scope"),
    ("```swift\n//| labl: x\n```", 2, "Notebooks/n.md:2: error: a cell has no option 'labl'"),
    ("```swift\nkill(getpid(), SIGKILL)\n```", 1, "killed by SIGKILL in cell-1"),
    ("```swift\ntry LanguageModel.load(\"no/such-model\")\n```", 2, "no/such-model"),
  ])
  func theExitStatusAndTheMessageSayWhatWentWrong(notebook: String, status: Int32, message: String) throws {
    try withNotebook(notebook) { folder in
      let result = try folio("build", in: folder)
      #expect(result.status == status, "\(result)")
      #expect(result.errors.contains(message), "\(result)")
    }
  }

  @Test func aWrongUseOfTheCommandIs64() throws {
    try withNotebook("---\nparams: {n: 2}\n---\n") { folder in
      #expect(try folio("biuld", in: folder).status == 64)
      #expect(try folio("build", "--sit", "x", in: folder).status == 64)
      #expect(try folio("build", "-P", "n", in: folder).status == 64)
      #expect(try folio("build", "--timeout", "-1", in: folder).status == 64)
      let result = try folio("build", "-P", "n=two", in: folder)
      #expect(result.status == 64)
      #expect(result.errors.contains("'n' is of type Int"))
      #expect(try folio("build", "-P", "m=1", in: folder).errors.contains("no parameter 'm'"))
    }
  }

  @Test func aWorkerDoesNotOutliveItsHost() throws {
    try withNotebook("```swift\nprint(getpid())\nwhile true {}\n```") { folder in
      let output = try Descriptor.pipe()
      let process = try start(["run", "Notebooks/n.md"], in: folder, output: output.write)
      var buffer = [UInt8](repeating: 0, count: 100)
      let printed = String(decoding: try #require(output.read.read(&buffer)), as: UTF8.self)
      let worker = try #require(Int32(printed.trimmingCharacters(in: .newlines)), "\(printed)")
      kill(process.identifier, SIGKILL)
      _ = process.wait()
      // Gone, or dead and not yet reaped.
      var state = "running"
      for _ in 0..<100 where state == "running" {
        usleep(50_000)
        let status = try? String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8)
        state = status.map { $0.contains(") Z ") ? "dead" : "running" } ?? "gone"
      }
      #expect(state != "running")
    }
  }

  @Test func aBuildCanSayWhyEachCellRan() throws {
    let notebook =
      "---\nparams: {idx: 2}\n---\n```swift\n//| label: base\nlet base = params.idx\n```\n```swift\nbase * 21\n```\n```swift\n7\n```"
    try withNotebook(notebook) { folder in
      #expect(try folio("build", "--explain", in: folder).output.contains("n  base    ran: new\n"))
      let again = try folio("build", "--explain", in: folder)
      expect(again.output, contains: "n  cell-3  reused\n", "0 of 3 cells ran")
      let changed = try folio("build", "--explain", "-P", "idx=3", in: folder).output
      #expect(changed.contains("n@idx=3  base    ran: params.idx 2 -> 3\n"), "\(changed)")
      #expect(changed.contains("n@idx=3  cell-2  ran: base changed by cell base\n"), "\(changed)")
      #expect(changed.contains("n@idx=3  cell-3  reused\n"))
      #expect(try folio("build", "--force", in: folder).output.contains("3 of 3 cells ran"))
    }
  }

  @Test func theCacheCanBeListedAndPruned() throws {
    try withNotebook("```swift\n1\n```") { folder in
      let cache = folder.path + "/cache"
      #expect(try folio("build", in: folder, environment: ["FOLIO_CACHE": cache]).status == 0)
      let listed = try folio("cache", in: folder, environment: ["FOLIO_CACHE": cache]).output
      #expect(listed.hasPrefix(cache))
      expect(listed, contains: "compiled cells")
      expect(listed, lacks: "in all                         0")
      #expect(try folio("cache", "prune", "--to", "0", in: folder, environment: ["FOLIO_CACHE": cache]).status == 0)
      #expect(
        try folio("cache", in: folder, environment: ["FOLIO_CACHE": cache]).output.contains("in all                         0"))
    }
  }

  @Test func aCacheInAFolderThatOthersMayWriteToIsListedWithAWarning() throws {
    let folder = try TestFolder()
    #expect(chmod(folder.path, 0o777) == 0)
    let result = try folio("cache", environment: ["FOLIO_CACHE": folder.path])
    #expect(result.status == 0)
    expect(result.errors, contains: "warning: the cache folder '\(folder.path)' is not safe to load code from", "chmod go-w")
  }

  @Test(arguments: [
    ("FOLIO_THREADS", "many", "a whole number above 0"), ("FOLIO_THREADS", "0", "a whole number above 0"),
    ("FOLIO_CACHE_LIMIT", "5G", "a number of gigabytes"), ("FOLIO_CACHE_LIMIT", "-1", "a number of gigabytes"),
    ("FOLIO_MEMORY_LIMIT", "8G", "a whole number of bytes above 0"),
  ])
  func aWrongValueInTheEnvironmentIsToldOnceWithWhatIsAllowed(variable: String, value: String, form: String) throws {
    try withNotebook("```swift\n40 + 2\n```") { folder in
      let result = try folio("run", "n", in: folder, environment: [variable: value])
      #expect(result.output == "42\n")
      #expect(result.errors.ranges(of: variable).count == 1, "\(result)")
      expect(result.errors, contains: "\(variable) is '\(value)' and counts as not set", form)
    }
  }

  @Test func rightValuesInTheEnvironmentAreNotTold() throws {
    let values = ["FOLIO_THREADS": "2", "FOLIO_CACHE_LIMIT": "0.5", "FOLIO_MEMORY_LIMIT": ""]
    #expect(try folio("cache", environment: values).errors == "")
  }

  @Test(arguments: [["build"], ["build", "Notebooks/n.md"], ["preview", "--port", "0"]])
  func aSiteThatIsNoFolderIsToldOnceBeforeAnyCellRuns(arguments: [String]) throws {
    try withNotebook("```swift\nclose(creat(\"ran\", 0o644))\n```") { folder in
      try folder.write("", to: "file")
      for site in ["file", "file/Site"] {
        let result = try Command.run(Command.path, arguments + ["--site", site], in: folder)
        #expect(result.status == 2)
        #expect(result.errors.ranges(of: "error: ").count == 1, "\(result)")
        #expect(result.errors.contains("the site cannot be in '\(site)'"), "\(result)")
        #expect(!folder.exists("Notebooks/ran"))
      }
    }
  }

  @Test func whatKeepsEveryPageFromBeingWrittenIsToldOnce() throws {
    try withNotebook("```swift\n1\n```") { folder in
      try folder.write("```swift\n2\n```", to: "Notebooks/m.md")
      try folder.write("", to: "Site/assets")
      let result = try folio("build", "--keep-going", in: folder)
      #expect(result.status == 2)
      #expect(result.errors.ranges(of: "error: ").count == 1, "\(result)")
    }
  }

  @Test func whereThePortIsTakenNoCellRuns() throws {
    try withNotebook("```swift\nclose(creat(\"ran\", 0o644))\n```") { folder in
      let script = """
        exec 3< <(exec timeout -s TERM 300 "$F" preview --port 0 --site Other n 2>/dev/null); read -r url <&3
        port=${url#http://127.0.0.1:}; while [ ! -e Notebooks/ran ]; do sleep 0.01; done; rm Notebooks/ran
        "$F" preview --force --port "${port%%/*}"; status=$?; kill -TERM $!; exit $status
        """
      let result = try shell(script, in: folder)
      #expect(result.status == 2)
      #expect(result.output == "")
      #expect(result.errors.ranges(of: " is taken").count == 1, "\(result)")
      #expect(!folder.exists("Notebooks/ran"))
    }
  }

  @Test func aCellThatDoesNotCompileIsNotCountedAsRun() throws {
    try withNotebook("```swift\nlet x = y\n```") { folder in
      let result = try folio("build", "--explain", in: folder)
      expect(result.output, contains: "0 of 1 cells ran, 1 failed", "cell-1  does not compile: new\n")
    }
  }

  @Test func theVersionIsANumber() throws {
    #expect(try folio("--version").output.contains(/^\d+\.\d+\.\d+\n$/))
  }

  @Test func aFolderWithoutNotebooksIsExplained() throws {
    let result = try folio("build", at: "/")
    #expect(result.status == 2)
    #expect(result.errors.contains("there is no folder 'Notebooks' here"))
  }
}
