import CCmark
import Foundation

/// GitHub's `~~strikethrough~~`: runs of one or two tildes, by the rules that CommonMark has for emphasis.
enum Strikethrough {
  static func run(_ root: MarkdownNode) {
    var (parents, seen) = ([MarkdownNode](), Set<MarkdownNode>())
    for node in MarkdownTree.all(CMARK_NODE_TEXT, in: root) where node.literal.contains("~") {
      if let parent = node.parent, seen.insert(parent).inserted { parents.append(parent) }
    }
    for parent in parents { strike(parent) }
  }

  private struct Run {
    var node: MarkdownNode
    var count: Int
    var canOpen: Bool
    var canClose: Bool
  }

  private static func strike(_ parent: MarkdownNode) {
    // Those of one tilde, and those of two, with their places among all.
    var open: [[(place: Int, node: MarkdownNode)]] = [[], []]
    for (place, run) in runs(in: parent).enumerated() {
      if run.canClose, let opening = open[run.count - 1].popLast() {
        enclose(from: opening.node, to: run.node)
        while let other = open[2 - run.count].last, other.place > opening.place { open[2 - run.count].removeLast() }
      } else if run.canOpen {
        open[run.count - 1].append((place, run.node))
      }
    }
  }

  /// Cuts the texts of a node at their tildes.
  private static func runs(in parent: MarkdownNode) -> [Run] {
    var runs: [Run] = []
    for text in parent.children where text.kind == CMARK_NODE_TEXT && text.literal.contains("~") {
      let pieces = pieces(of: text.literal)
      var nodes: [MarkdownNode] = []
      for (index, piece) in pieces.enumerated() {
        let node = MarkdownNode.make(CMARK_NODE_TEXT, literal: piece)
        nodes.append(node)
        guard piece.first == "~", piece.count <= 2 else { continue }
        let before = index > 0 ? pieces[index - 1].unicodeScalars.last : edge(cmark_node_previous(text), isBefore: true)
        let after = index + 1 < pieces.count ? pieces[index + 1].unicodeScalars.first : edge(text.next, isBefore: false)
        let isLeft = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before))
        let isRight = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after))
        runs.append(Run(node: node, count: piece.count, canOpen: isLeft, canClose: isRight))
      }
      text.replace(by: nodes)
    }
    return runs
  }

  private static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    for character in text {
      if let last = pieces.last, (last.first == "~") == (character == "~") {
        pieces[pieces.count - 1].append(character)
      } else {
        pieces.append(String(character))
      }
    }
    return pieces
  }

  /// What stands beside a text in its line: of markup, its mark.
  private static func edge(_ node: MarkdownNode?, isBefore: Bool) -> Unicode.Scalar? {
    guard let node else { return nil }
    switch node.kind {
    case CMARK_NODE_TEXT: return isBefore ? node.literal.unicodeScalars.last : node.literal.unicodeScalars.first
    case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: return nil
    default: return "*"
    }
  }

  private static func isSpace(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(\.properties.isWhitespace) ?? true }

  private static func isPunctuation(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return false }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
      .otherPunctuation:
      return true
    default: return scalar.isASCII && "$+<=>^`|~".unicodeScalars.contains(scalar)
    }
  }

  private static func enclose(from open: MarkdownNode, to close: MarkdownNode) {
    var (content, node) = ([MarkdownNode](), open.next)
    while let next = node, next != close {
      content.append(next)
      node = next.next
    }
    let element = MarkdownNode.inline("<del>", "</del>", [])
    cmark_node_insert_before(open, element)
    element.append(content)
    open.remove()
    close.remove()
  }
}
