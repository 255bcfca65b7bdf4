import Foundation

/// The cache of the Hugging Face hub on this machine, where its own library keeps what it has downloaded
/// (<https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>).
package enum ModelHub {
  /// The environment variables that say where it is, the strongest first; `HOME` comes after them.
  package static let variables = ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"]

  /// The cache's folder; it need not be there.
  package static func folder(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
    let below = ["", "", "hub", "huggingface/hub"]
    for (variable, path) in zip(variables, below) {
      guard let folder = environment[variable], !folder.isEmpty else { continue }
      let url = URL(filePath: HomeFolder.expanded(folder, environment), directoryHint: .isDirectory)
      return path.isEmpty ? url : url.appending(path: path)
    }
    return URL(filePath: HomeFolder.path(environment), directoryHint: .isDirectory).appending(path: ".cache/huggingface/hub")
  }

  /// The names of the models in it, as `google/gemma-2b`, in order.
  package static func models(in folder: URL) -> [String] {
    names(in: folder).compactMap(model(ofRepository:)).sorted()
  }

  /// The model whose repository in the cache has this name; nil for what is no repository of a model.
  package static func model(ofRepository name: String) -> String? {
    name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)).replacing("--", with: "/") : nil
  }

  /// The folder of a model's repository in the cache.
  package static func repository(_ model: String, in folder: URL) -> URL {
    folder.appending(path: prefix + model.replacing("/", with: "--"))
  }

  /// Whether a model is on this machine: in the folder of this path, or in the cache under this name. It says nothing of whether it loads.
  /// - Parameter base: The folder that a relative path starts from.
  package static func holds(
    _ name: String, relativeTo base: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    let path = HomeFolder.expanded(name, environment)
    let folder = URL(filePath: path, relativeTo: URL(filePath: base, directoryHint: .isDirectory))
    let snapshots = repository(name, in: Self.folder(environment: environment)).appending(path: "snapshots")
    return FileManager.default.fileExists(atPath: folder.path)
      || names(in: snapshots).contains { !names(in: snapshots.appending(path: $0)).isEmpty }
  }

  /// The files of a model's weights on this machine, with their sizes in bytes; none if the model is not here. Of several snapshots of a hub's
  /// model it is the largest.
  package static func weightFiles(
    _ name: String, relativeTo base: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [(path: String, bytes: Int)] {
    guard !name.isEmpty else { return [] }
    let path = HomeFolder.expanded(name, environment)
    let place = URL(filePath: path, relativeTo: URL(filePath: base, directoryHint: .isDirectory))
    let snapshots = repository(name, in: folder(environment: environment)).appending(path: "snapshots")
    let folders = [place] + names(in: snapshots).map { snapshots.appending(path: $0) }
    let found = folders.map { folder in ([folder] + names(in: folder).map { folder.appending(path: $0) }).compactMap(weightFile) }
    return found.max { $0.reduce(0) { $0 + $1.bytes } < $1.reduce(0) { $0 + $1.bytes } } ?? []
  }

  /// A file of weights behind whatever links; nil for another file, or a folder.
  private static func weightFile(_ url: URL) -> (path: String, bytes: Int)? {
    var status = stat()
    guard ["safetensors", "gguf"].contains(url.pathExtension.lowercased()), stat(url.path, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    return (url.path, Int(status.st_size))
  }

  private static func names(in folder: URL) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
  }

  private static let prefix = "models--"
}
