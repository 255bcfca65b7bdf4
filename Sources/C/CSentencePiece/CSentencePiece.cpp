#include "CSentencePiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct csp_processor {
  sentencepiece::SentencePieceProcessor processor;
};

static void report(const std::string &text, char *message, size_t capacity) {
  if (capacity == 0) return;
  size_t count = std::min(text.size(), capacity - 1);
  std::memcpy(message, text.data(), count);
  message[count] = 0;
}

csp_processor *csp_load(const void *bytes, size_t count, char *message, size_t capacity) try {
  auto loaded = std::make_unique<csp_processor>();
  auto status = loaded->processor.LoadFromSerializedProto(std::string_view(static_cast<const char *>(bytes), count));
  if (!status.ok()) {
    report(status.ToString(), message, capacity);
    return nullptr;
  }
  return loaded.release();
} catch (const std::exception &error) {
  report(error.what(), message, capacity);
  return nullptr;
} catch (...) {
  report("the library gave up", message, capacity);
  return nullptr;
}

void csp_free(csp_processor *processor) { delete processor; }

int32_t csp_bos(const csp_processor *processor) { return processor->processor.bos_id(); }

int32_t csp_piece_count(const csp_processor *processor) { return processor->processor.GetPieceSize(); }

int32_t *csp_encode(const csp_processor *processor, const char *text, size_t count, size_t *idCount) try {
  std::vector<int> ids;
  if (!processor->processor.Encode(std::string_view(text, count), &ids).ok()) return nullptr;
  auto *copy = static_cast<int32_t *>(std::malloc(std::max<size_t>(1, ids.size()) * sizeof(int32_t)));
  if (copy == nullptr) return nullptr;
  std::copy(ids.begin(), ids.end(), copy);
  *idCount = ids.size();
  return copy;
} catch (...) {
  return nullptr;
}

void csp_free_ids(int32_t *ids) { std::free(ids); }

const char *csp_piece(const csp_processor *processor, int32_t id, size_t *count) {
  if (id < 0 || id >= csp_piece_count(processor)) return nullptr;
  const std::string &piece = processor->processor.IdToPiece(id);
  *count = piece.size();
  return piece.data();
}

int32_t csp_token(const csp_processor *processor, const char *piece, size_t count) {
  return processor->processor.PieceToId(std::string_view(piece, count));
}

csp_piece_kind csp_kind(const csp_processor *processor, int32_t id) {
  if (id < 0 || id >= csp_piece_count(processor)) return csp_piece_unused;
  if (processor->processor.IsUnknown(id)) return csp_piece_unknown;
  if (processor->processor.IsControl(id)) return csp_piece_control;
  if (processor->processor.IsByte(id)) return csp_piece_byte;
  if (processor->processor.IsUnused(id)) return csp_piece_unused;
  return csp_piece_normal;
}
