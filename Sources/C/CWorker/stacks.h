// Call stacks, as cells.c needs them when a cell ends before its time. See stacks.c.
#ifndef FOLIO_STACKS_H
#define FOLIO_STACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "include/CWorker.h"

#define SWIFTCALL __attribute__((swiftcall))

/// Whether this is a cell thread, and where its stack lies.
extern _Thread_local bool folio_on_cell_thread;
extern _Thread_local uintptr_t folio_stack_low, folio_stack_high;

/// Reads two words of memory that may not be there.
bool folio_peek(uintptr_t address, uintptr_t words[2]);

/// Follows frame pointers from `frame`. Adds return addresses, each moved back into its call, behind `count` that are there, and returns
/// how many there are then, at most `most`.
int folio_walk(uintptr_t frame, uint64_t *frames, int count, int most);

/// The runtime's hook at every `throw`.
SWIFTCALL void folio_will_throw(void *error);

/// Fills in the call stack of an error's `throw`. Returns false if it is forgotten.
bool folio_recall_throw(void *error, struct folio_end *end);

#endif
