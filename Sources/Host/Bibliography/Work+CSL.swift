import Record

extension Work {
  /// What an entry of CSL JSON says; nil if it has no id.
  init?(csl entry: JSONValue, place: Place) {
    guard let id = entry["id"]?.string ?? entry["id"]?.number.map({ "\(Int($0))" }) else { return nil }
    self.init(key: id, kind: entry["type"]?.string ?? "", place: place)
    func field(_ name: String) -> String {
      entry[name]?.string ?? entry[name]?.number.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? ""
    }
    authors = Self.names(entry["author"])
    editors = Self.names(entry["editor"])
    title = field("title")
    let date = (entry["issued"] ?? entry["published"])?["date-parts"]?.array?.first?.array?.first
    year =
      date.flatMap { $0.string ?? $0.number.map { "\(Int($0))" } } ?? String(entry["issued"]?["raw"]?.string?.prefix(4) ?? "")
    container = field("container-title")
    (volume, number) = (field("volume"), field("issue").isEmpty ? field("number") : field("issue"))
    pages = field("page").replacing(/\s*[-–—]+\s*/, with: "–")
    (edition, publisher) = (field("edition"), field("publisher"))
    (doi, url, note) = (field("DOI"), field("URL"), field("note"))
  }

  private static func names(_ value: JSONValue?) -> [Name] {
    (value?.array ?? []).compactMap { name in
      if let literal = name["literal"]?.string { return Name(family: literal) }
      guard let family = name["family"]?.string else { return nil }
      let particle = name["non-dropping-particle"]?.string ?? name["dropping-particle"]?.string
      return Name(
        given: name["given"]?.string ?? "", family: particle.map { "\($0) \(family)" } ?? family,
        suffix: name["suffix"]?.string ?? "")
    }
  }
}
