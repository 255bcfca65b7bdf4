import Foundation
import Machine

/// Where a model's files lie: found by the path of a folder or of a GGUF file, or by a name in the Hugging Face hub's cache on this machine.
///
/// The cache is laid out as `models--org--name/refs/main`, a file that holds a revision, and `snapshots/<revision>/`, the files
/// (<https://huggingface.co/docs/huggingface_hub/guides/manage-cache>). Nothing is downloaded.
package struct ModelFolder {
  /// The folder, or the GGUF file.
  package let url: URL
  /// Whether it is a GGUF file.
  package var isFile: Bool { hub == nil && url.pathExtension.lowercased() == "gguf" && !Self.isFolder(url) }
  /// The repository in the hub's cache, and the name that it was found by; nil for a folder.
  private var hub: (repository: URL, name: String)?

  /// - Parameters:
  ///   - name: A folder or a GGUF file, absolute or relative to `base`, or a hub name as `google/gemma-2b`.
  ///   - base: What a relative folder is relative to; the current directory if nil.
  package init(_ name: String, relativeTo base: String?, environment: [String: String]) throws(ModelError) {
    let base = URL(filePath: base ?? FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
    let folder = URL(filePath: HomeFolder.expanded(name, environment), directoryHint: .isDirectory, relativeTo: base)
      .standardizedFileURL
    if !name.isEmpty, Self.isFolder(folder) {
      try Self.refuseRepository(folder)
      url = folder
      return
    }
    if folder.pathExtension.lowercased() == "gguf", ModelFile.exists(folder) {
      url = URL(filePath: folder.path)
      return
    }
    let advice = "Give the path of a folder with config.json and model.safetensors, or of a GGUF file"
    guard Self.isHubName(name), !ModelFile.exists(folder) else {
      throw .modelNotFound(name: name, looked: [folder.path], advice: advice + Self.hubAdvice(name, folder))
    }
    let repository = ModelHub.repository(name, in: ModelHub.folder(environment: environment))
    guard Self.isFolder(repository) else {
      throw .modelNotFound(
        name: name, looked: [folder.path, repository.path],
        advice: advice
          + ", or bring it into the hub's cache: `hf download \(name)`, if the hub has it (HF_HOME and HF_HUB_CACHE say where to)."
      )
    }
    url = try Self.snapshot(of: repository, name)
    hub = (repository, name)
  }

  /// An error of loading the folder, with what the hub's cache tells about it: a download that was broken off.
  package func explained(_ error: ModelError) -> ModelError {
    guard let hub, Self.hasUnfinishedDownload(hub.repository) else { return error }
    let more = "; a download of the model was broken off, or is still under way. Run `hf download \(hub.name)` to its end"
    return switch error {
    case .unreadable(let file, let cause): .unreadable(file: file, cause: cause + more)
    case .badSafetensors(let file, let problem): .badSafetensors(file: file, problem: problem + more)
    default: error
    }
  }

  // MARK: Folders

  private static func isFolder(_ url: URL) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// A repository of the hub's cache holds no model itself, but snapshots of one.
  private static func refuseRepository(_ folder: URL) throws(ModelError) {
    guard let name = ModelHub.model(ofRepository: folder.lastPathComponent), isFolder(folder.appending(path: "snapshots"))
    else { return }
    throw .noSnapshot(
      name: folder.path, repository: folder.path,
      problem: "is a repository in the hub's cache, which holds snapshots of the model",
      advice: "Load “\(name)”, or one of \(list(snapshots(of: folder)))")
  }

  // MARK: The hub's cache

  /// `org/name`, or a name alone, of letters, digits and `-_.`, and no way out of the cache.
  private static func isHubName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".")
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      }
  }

  /// How a name would have to be for the hub.
  private static func hubAdvice(_ name: String, _ folder: URL) -> String {
    if ModelFile.exists(folder) { return ": this is a file." }
    if name.contains("@") {
      return
        ", or a hub name without a revision, as google/gemma-2b. Another revision than the main one is loaded by the path of its "
        + "snapshot: models--org--name/snapshots/REVISION in the hub's cache."
    }
    return ", or a hub name, which has one slash or none, as google/gemma-2b or gpt2."
  }

  /// The snapshot that `refs/main` names; without that file, the only snapshot there is.
  private static func snapshot(of repository: URL, _ name: String) throws(ModelError) -> URL {
    func fail(_ problem: String, _ advice: String) -> ModelError {
      .noSnapshot(name: name, repository: repository.path, problem: problem, advice: advice)
    }
    let download = "Download it: `hf download \(name)`."
    let all = snapshots(of: repository)
    guard !all.isEmpty else {
      let unfinished = hasUnfinishedDownload(repository) ? ", and a download that was broken off or is still under way" : ""
      throw fail("holds no snapshot\(unfinished)", download)
    }
    if let main = try? String(contentsOf: repository.appending(path: "refs/main"), encoding: .utf8) {
      let revision = main.trimmingCharacters(in: .whitespacesAndNewlines)
      if let folder = all.first(where: { $0.lastPathComponent == revision }) { return folder }
      throw fail(
        "has the main revision \(revision.isEmpty ? "“”" : revision), of which no snapshot is there",
        "\(download) Or load a snapshot that is there by its path: \(list(all))")
    }
    guard all.count == 1 else {
      throw fail(
        "holds \(all.count) snapshots, and no refs/main that says which one is meant",
        "Load the one that is meant by its path: \(list(all))")
    }
    return all[0]
  }

  private static func snapshots(of repository: URL) -> [URL] {
    let folder = repository.appending(path: "snapshots")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0) }.filter(isFolder)
  }

  private static func list(_ folders: [URL]) -> String { folders.map(\.path).joined(separator: ", ") + "." }

  /// Whether a file of the repository was only downloaded in part.
  private static func hasUnfinishedDownload(_ repository: URL) -> Bool {
    let blobs = (try? FileManager.default.contentsOfDirectory(atPath: repository.appending(path: "blobs").path)) ?? []
    return blobs.contains { $0.hasSuffix(".incomplete") }
  }
}
