import Foundation
import Keys
import Processes
import Record

/// Where plotly.js comes from: a file that the user names, or the package `plotly` on PyPI, which carries it.
///
/// Nothing of it is a part of Folio. What comes from PyPI is compared with the digest below before it is used.
package enum PlotlyPackage {
  /// The version of the Python package.
  static let version = "7.1.0"
  /// SHA-256 of the `plotly.min.js` in it.
  static let digest = "3b6e15d45dbb7fca5bd2094291e961ddc5472cd887009e6009a56dab668d721f"
  /// The version of the script in it.
  static let scriptVersion = "4.1.1"

  /// The script from a file, from the site's own copy, or from PyPI.
  /// - Parameters:
  ///   - file: the user's; nil for the package's.
  ///   - site: its `assets` are looked at first.
  ///   - python: what runs `pip`.
  package static func script(file: String?, site: String, python: String = "python3") throws -> PlotlyScript {
    if let file {
      guard let data = FileManager.default.contents(atPath: file) else {
        throw Diagnostic("\(file) cannot be read", advice: "Name a plotly.min.js after '--plotly'.")
      }
      return try PlotlyScript(data, path: file)
    }
    let own = "\(site)/assets/plotly-\(scriptVersion).min.js"
    if let data = FileManager.default.contents(atPath: own), Digest(of: data).hexadecimal == digest {
      return try PlotlyScript(data, path: own)
    }
    let data = try download(python)
    guard Digest(of: data).hexadecimal == digest else {
      throw Diagnostic(
        "plotly.min.js of the package plotly \(version) has the SHA-256 \(Digest(of: data).hexadecimal), and not \(digest)",
        advice: "It is not used. If you trust another copy, name it: '--plotly plotly.min.js'.")
    }
    return try PlotlyScript(data, path: "plotly \(version)")
  }

  /// Asks pip for the wheel and takes the script out of it.
  private static func download(_ python: String) throws -> Data {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let program = """
      import glob, subprocess, sys, zipfile
      subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", ".",
                      "plotly==\(version)"], check=True)
      with zipfile.ZipFile(glob.glob("plotly-*.whl")[0]) as wheel:
          open("plotly.min.js", "wb").write(wheel.read("plotly/package_data/plotly.min.js"))
      """
    let advice = "Install python3 and python3-pip, or name a file: '--plotly plotly.min.js'. Without it the figures are static."
    func failure(_ reason: some StringProtocol) -> Diagnostic {
      Diagnostic("plotly \(version) could not be taken from PyPI with '\(python) -m pip': \(reason)", advice: advice)
    }
    var call = ChildProcess.Call(python, ["-c", program])
    (call.directory, call.joinsStreams, call.advice) = (folder.path, true, advice)
    let finished: ChildProcess.Finished
    do { finished = try ChildProcess.finish(call) } catch let error as Diagnostic where error.advice == advice {
      throw failure(error.message)
    }
    guard finished.status == 0, let data = FileManager.default.contents(atPath: folder.path + "/plotly.min.js") else {
      throw failure(
        finished.text.split(separator: "\n").last { $0.contains("rror") || $0.contains("No module") } ?? "it ended without a word"
      )
    }
    return data
  }
}
