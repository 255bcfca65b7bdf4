import Foundation
import TestSupport
import Testing

/// What `folio install` promises: the program works from the PATH, in every folder, without the folder in which it was built.
@Suite struct InstallationTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func shell(_ line: String) throws -> Command.Result {
    try folioTests.shell(line, in: folder, environment: ["HOME": folder.path])
  }

  @Test func whatIsInstalledRunsNotebooksByItself() throws {
    let result = try shell(
      """
      set -e; "$F" install --prefix usr; export PATH="$PWD/usr/bin:$PATH"; mkdir -p p/Notebooks
      printf '```swift\\n6 * 7\\n```\\n' > p/Notebooks/n.md
      cd p; folio run Notebooks/n.md; folio doctor | grep ' Folio '
      """)
    #expect(result.status == 0, "\(result)")
    #expect(result.output.contains("\n42\n"))
    #expect(
      result.output.contains("\(URL(filePath: folder.path).resolvingSymlinksInPath().path)/usr/lib/folio/folio-worker"),
      "\(result)")
  }

  @Test func withoutAPrefixItIsTheUsersOwn() throws {
    let result = try shell("\"$F\" install")
    #expect(result.output.contains("\(folder.path)/.local/bin/folio\n"), "\(result)")
    #expect(result.errors.contains("Your PATH lacks \(folder.path)/.local/bin."), "\(result)")
  }

  @Test func aSecondInstallationReplacesTheFirst() throws {
    #expect(try shell("\"$F\" install --prefix usr && usr/bin/folio install --prefix usr && usr/bin/folio --version").status == 0)
  }

  @Test func theFilesOfOthersAreLeftAlone() throws {
    let result = try shell("mkdir -p usr/bin; echo theirs > usr/bin/folio; \"$F\" install --prefix usr")
    #expect(result.status == 2)
    #expect(result.errors.contains("usr/bin/folio' was not written by 'folio install'"), "\(result)")
    #expect(try shell("cat usr/bin/folio; ls usr").output == "theirs\nbin\n")
    #expect(try shell("\"$F\" install --prefix usr --remove").status == 2)
  }

  @Test func theManualPageOfThePluginIsInstalled() throws {
    let result = try shell(
      """
      set -e; mkdir -p b/t/release b/plugins/GenerateManual/outputs/folio; parts=$(dirname "$F")
      cp "$F" "$parts/folio-worker" b/t/release; ln -s "$parts/Modules" b/t/release/Modules
      printf '.Sh NAME\nfolio\n\nWords.\n.Sh "EXIT STATUS"\n.Ex -std' > b/plugins/GenerateManual/outputs/folio/folio.1
      b/t/release/folio install --prefix usr >&2; cat usr/share/man/man1/folio.1
      """)
    #expect(result.output == ".Sh NAME\nfolio\n.Pp\nWords.\n", "\(result)")
  }

  @Test func anInstallationIsRemovedWhole() throws {
    let result = try shell("\"$F\" install --prefix usr >/dev/null; \"$F\" install --prefix usr --remove; find usr -mindepth 1")
    #expect(result.status == 0)
    #expect(result.output.split(separator: "\n").allSatisfy { $0.hasPrefix("removed ") }, "\(result)")
    #expect(try shell("\"$F\" install --prefix usr --remove").errors.contains("There is no Folio in"))
  }

  @Test func whereNothingCanBeWrittenItSaysSo() throws {
    let result = try shell("\"$F\" install --prefix /proc/none")
    #expect(result.status == 2)
    #expect(result.errors.contains("Folio cannot be installed in '/proc/none'"), "\(result)")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func shellsCompleteSubcommands(shell name: String) throws {
    let result = try shell("\"$F\" --generate-completion-script \(name)")
    #expect(result.status == 0)
    #expect(result.output.contains("preview"), "\(result)")
  }

  @Test func bashTakesTheCompletions() throws {
    #expect(
      try shell("\"$F\" install --prefix usr && . usr/share/bash-completion/completions/folio && complete -p folio").status == 0)
  }

  @Test func aLinkFromThePathIsEnough() throws {
    let result = try shell("mkdir bin && ln -s \"$F\" bin/folio && PATH=\"$PWD/bin:$PATH\" folio doctor | grep ' Folio '")
    #expect(result.status == 0, "\(result)")
  }

  @Test func aCopyOfTheProgramAloneSaysWhatItLacks() throws {
    let result = try shell("cp \"$F\" folio && ./folio doctor")
    #expect(result.status == 2)
    #expect(result.output.contains("folio-worker is missing"), "\(result)")
    #expect(result.output.contains("folio install"), "\(result)")
  }
}
