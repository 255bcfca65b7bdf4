import ArgumentParser

/// Where the site lies, for all commands that write it or read it.
struct SiteOptions: ParsableArguments {
  @Option(
    name: .customLong("site"),
    help: ArgumentHelp("The folder of the site. (default: 'Site' beside 'Notebooks')", valueName: "dir"),
    completion: .directory)
  private var named: String?

  var site: String { named ?? Project.defaultSite }
}
