import Tensors

/// The residual stream as one kind of reader of an attention reads it: its queries, its keys or its values, head by head.
///
/// All heads read the same stream, unless a hook changes what one of them reads. Then this head's norm and its product are computed again, of
/// what it reads now; the others keep their numbers. TransformerLens calls these points `hook_q_input`, `hook_k_input` and `hook_v_input`.
struct ReaderInputs {
  let point: HookPoint
  let norm: Norm
  /// The product of all heads together.
  let linear: Linear
  let heads: Int
  let headWidth: Int

  /// What a backward pass needs to know of those heads that read something of their own: by lane, then by head.
  typealias Tape = [Int: [Int: Norm.Tape]]

  /// Passes what the heads read, rows `[row, width]` of the stream, through the hooks of the lanes, and puts what the heads make of what was
  /// changed into `projected`, `[row, head, c]`.
  func forward(_ stream: Tensor, _ projected: inout Tensor, _ rows: RowLayout, in batch: inout LaneBatch) throws -> Tape {
    var tape: Tape = [:]
    for (lane, range) in rows.rows.enumerated() where batch.lanes[lane].looks(at: point) {
      let (old, start) = (stream[range], rows.starts[lane])
      guard batch.lanes[lane].hooks.acts(at: [point]) else {
        record(old, start, in: &batch.lanes[lane].hooks.recorder)
        continue
      }
      for (head, new) in try visited(old, start, &batch.lanes[lane].hooks) where new != old {
        let (normed, saved) = norm.appliedKeepingTape(to: new)
        var result = normed.projected(by: weight(head))
        if let bias = linear.bias { result.addToRows(bias[columns(head)]) }
        projected.replace(TensorPart(first: .range(range), second: .index(head)), with: result)
        tape[lane, default: [:]][head] = saved
      }
    }
    return tape
  }

  /// Records copies of the stream, `[row, width]`, at the positions that are kept, and no more: there is one for each head.
  private func record(_ stream: Tensor, _ start: Int, in recorder: inout ActivationRecorder) {
    let wanted = max(recorder.kept.lowerBound, start)..<max(recorder.kept.upperBound, start)
    let part = stream[wanted.lowerBound - start..<wanted.upperBound - start]
    recorder.record(point, Tensor.stackColumns(Array(repeating: part, count: heads)), start: wanted.lowerBound)
  }

  /// What each head reads behind the hooks, of those heads on which any acts.
  private func visited(_ stream: Tensor, _ start: Int, _ hooks: inout HookSet) throws -> [(head: Int, input: Tensor)] {
    if let named = hooks.heads(at: point), !hooks.recorder.wants(point) {
      return try named.sorted().map { head in
        var input = stream
        try hooks.visit(point, head: head, &input, start: start)
        return (head, input)
      }
    }
    var inputs = Tensor.stackColumns(Array(repeating: stream, count: heads))
    try hooks.visit(point, &inputs, start: start)
    guard hooks.replaces(point) else { return [] }
    return (0..<heads).map { ($0, inputs.select($0, axis: 1)) }
  }

  /// Takes the gradient of the heads' numbers, `[row, head, c]`, back to what each of them read, where somebody asks for that, or where a head
  /// read something of its own: then nothing is left of its gradient in `gradient`.
  /// - Parameter common: the tape of the norm that the other heads share, of these rows.
  /// - Returns: the gradient of the stream through heads that read something of their own, `[row, width]`; nil if there are none.
  func backward(
    _ gradient: inout Tensor, _ tape: Tape, _ common: Norm.Tape, _ rows: RowLayout, in batch: inout GradientBatch
  ) -> Tensor? {
    var through: Tensor?
    for (lane, range) in rows.rows.enumerated() {
      let own = tape[lane] ?? [:]
      guard !own.isEmpty || batch.recorders[lane].wants(point) else { continue }
      let shared = Norm.Tape(input: common.input[range], scale: common.scale[range])
      let hooks = batch.forward.lanes[lane].hooks
      var inputs = Tensor(repeating: 0, shape: [range.count, heads, norm.weight.count])
      for head in 0..<heads where batch.recorders[lane].wants(point) || own[head] != nil {
        let part = TensorPart(first: .range(range), second: .index(head))
        let back = gradient.part(part).projectedBack(by: weight(head))
        inputs.replace(
          TensorPart(first: .all, second: .index(head)),
          with: norm.backward(back, own[head] ?? shared, hooks: own[head] == nil ? hooks : nil, start: rows.starts[lane]))
        if own[head] != nil { gradient.replace(part, with: Tensor(repeating: 0, shape: part.shape(in: gradient))) }
      }
      batch.recorders[lane].record(point, inputs, start: rows.starts[lane])
      guard !own.isEmpty else { continue }
      batch.forward.lanes[lane].hooks.goBack(point, &inputs, start: rows.starts[lane])
      let changed = Tensor.stack(own.keys.sorted().map { inputs.select($0, axis: 1) }).sum(axis: 0)
      var sum = through ?? Tensor(repeating: 0, shape: [gradient.shape[0], norm.weight.count])
      sum.replace(TensorPart(first: .range(range), second: .all), with: changed)
      through = sum
    }
    return through
  }

  private func columns(_ head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }

  private func weight(_ head: Int) -> WeightMatrix { linear.weight.rows(columns(head)) }
}

extension Lane {
  /// Whether anything acts on or records what is at a point.
  func looks(at point: HookPoint) -> Bool { hooks.recorder.wants(point) || hooks.acts(at: [point]) }
}

extension AttentionBlock {
  /// What the queries read.
  func queryInputs(_ configuration: ModelConfiguration) -> ReaderInputs {
    readers(.queryInput(layer: layer), weights.query, configuration.heads, configuration)
  }

  /// What the keys read.
  func keyInputs(_ configuration: ModelConfiguration) -> ReaderInputs {
    readers(.keyInput(layer: layer), weights.key, configuration.keyValueHeads, configuration)
  }

  /// What the values read.
  func valueInputs(_ configuration: ModelConfiguration) -> ReaderInputs {
    readers(.valueInput(layer: layer), weights.value, configuration.keyValueHeads, configuration)
  }

  private func readers(_ point: HookPoint, _ linear: Linear, _ heads: Int, _ c: ModelConfiguration) -> ReaderInputs {
    ReaderInputs(point: point, norm: weights.attentionNorm, linear: linear, heads: heads, headWidth: c.headWidth)
  }
}
