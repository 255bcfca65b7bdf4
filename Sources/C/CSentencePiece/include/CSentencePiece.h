// A C face for the part of SentencePiece's C++ API that Folio needs: load, encode, and ask about pieces.
//
// Nothing here throws or aborts on bad input. Text goes in and out as bytes with a length, because a piece may hold a NUL.
// A loaded processor is never changed again, so it may be read from many threads at once.

#ifndef FOLIO_CSENTENCEPIECE_H
#define FOLIO_CSENTENCEPIECE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csp_processor csp_processor;

typedef enum {
  csp_piece_normal = 0,
  csp_piece_unknown = 1,
  csp_piece_control = 2,
  csp_piece_byte = 3,
  csp_piece_unused = 4,
} csp_piece_kind;

/// Loads a serialised model from memory. Returns NULL, with a message of at most `capacity` bytes in `message`, when it is not one.
csp_processor *csp_load(const void *bytes, size_t count, char *message, size_t capacity);
void csp_free(csp_processor *processor);

/// The piece that begins a text, or -1 if the model has none.
int32_t csp_bos(const csp_processor *processor);

/// How many pieces the model has: its vocabulary.
int32_t csp_piece_count(const csp_processor *processor);

/// Encodes UTF-8 text. Returns the ids, to be released with `csp_free_ids`, and their number in `idCount`; NULL if it failed.
int32_t *csp_encode(const csp_processor *processor, const char *text, size_t count, size_t *idCount);
void csp_free_ids(int32_t *ids);

/// The bytes of a piece, valid as long as the processor; NULL when the id is outside of the vocabulary.
const char *csp_piece(const csp_processor *processor, int32_t id, size_t *count);

/// The id of a piece; of bytes that are none, that of the unknown piece.
int32_t csp_token(const csp_processor *processor, const char *piece, size_t count);

csp_piece_kind csp_kind(const csp_processor *processor, int32_t id);

#ifdef __cplusplus
}
#endif

#endif
