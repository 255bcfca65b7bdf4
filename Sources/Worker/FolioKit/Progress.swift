import CellRuntime
import Record

/// Goes through a sequence and shows how far it has come: a live bar on a terminal, one stable line in the record
/// (`Generating: 26 of 26`, or `12 of 26` if the loop was left early).
///
/// ```swift
/// for example in progress(examples, "Generating") { … }
/// ```
public func progress<Elements: Collection>(_ elements: Elements, _ title: String = "Progress") -> ProgressSequence<Elements> {
  ProgressSequence(elements: elements, title: title)
}

/// A sequence that shows how far a loop over it has come: what `progress` makes.
public struct ProgressSequence<Elements: Collection>: Sequence {
  let elements: Elements
  let title: String

  /// How many elements there are.
  public var underestimatedCount: Int { elements.count }

  /// Begins a loop.
  public func makeIterator() -> Iterator { Iterator(elements, title: title) }

  /// Gives the elements of one loop. It is a class, so that a loop that is left early says so when it lets go of its iterator.
  public final class Iterator: IteratorProtocol {
    private var rest: Elements.Iterator
    private var state: ProgressOutput
    private var isFinished = false
    private var lastSent = ContinuousClock.now

    init(_ elements: Elements, title: String) {
      rest = elements.makeIterator()
      state = ProgressOutput(title: title, completed: -1, total: elements.count)
    }

    /// The next element, after it is shown that the one before is done. If the cell shall stop, it stops here.
    public func next() -> Elements.Element? {
      // A loop that the user stops ends here, in order, and not in the midst of its work.
      CellInterruption.stopIfRequested()
      // The element before this one is done only now.
      state.completed += 1
      guard let element = rest.next() else {
        finish()
        return nil
      }
      let now = ContinuousClock.now
      if state.completed == 0 || now - lastSent > .milliseconds(100) {
        lastSent = now
        CellServices.current.showLive(state)
      }
      return element
    }

    private func finish() {
      guard !isFinished else { return }
      isFinished = true
      CellServices.current.show(.progress(state))
    }

    deinit {
      // Never asked for an element: the loop did not run.
      if state.completed >= 0 { finish() }
    }
  }
}
