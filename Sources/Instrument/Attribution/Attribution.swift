// Which parts of a model an answer comes from.
//
// - `LogitDifference` is the question: two sets of answers, and by how much the model prefers the first.
// - `model.directLogitAttribution(_:toward:)` splits it into what the embedding, every head and every MLP write.
// - `model.attentionPatterns(_:heads:)` shows where a head looks.
//
// The module promises that what should sum does: an attribution carries the remainder between its parts and the whole, so that a reader
// need not believe it. It knows the model and its hook points, and nothing of notebooks or figures: results are tensors with labels.
