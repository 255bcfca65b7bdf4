import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A document of XML as a tree, for what another program has written: only elements, attributes and text are read.
final class XMLTree: NSObject, XMLParserDelegate {
  indirect enum Node {
    case element(Element)
    case text(String)
  }

  struct Element {
    var name: String
    var attributes: [String: String]
    var children: [Node] = []

    var elements: [Element] {
      children.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    var text: String {
      children.map { node in
        switch node {
        case .text(let text): text
        case .element(let element): element.text
        }
      }.joined()
    }
  }

  private var open: [Element] = []
  private var root: Element?
  /// Deeper than any formula that someone reads; what walks over the tree must end.
  private static let deepest = 200

  /// The root of a document; nil if it is not well-formed.
  static func root(of data: Data) -> Element? {
    let (parser, tree) = (XMLParser(data: data), XMLTree())
    parser.delegate = tree
    parser.shouldProcessNamespaces = true
    return parser.parse() ? tree.root : nil
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    if open.count >= Self.deepest { parser.abortParsing() }
    open.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    guard let element = open.popLast() else { return }
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(.element(element)) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    guard !open.isEmpty else { return }
    if case .text(let before)? = open[open.count - 1].children.last {
      open[open.count - 1].children[open[open.count - 1].children.count - 1] = .text(before + string)
    } else {
      open[open.count - 1].children.append(.text(string))
    }
  }
}
