// Call stacks: where a cell stood when it ended, and where an error was thrown. See stacks.h.

#define _GNU_SOURCE
#include "stacks.h"

#include <pthread.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// MARK: - Stack walks

bool folio_peek(uintptr_t address, uintptr_t words[2]) {
  if (folio_on_cell_thread && address >= folio_stack_low && address + 16 <= folio_stack_high) {
    memcpy(words, (void *)address, 16);
    return true;
  }
  struct iovec to = {words, 16}, from = {(void *)address, 16};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 16;
}

// Swift code keeps frame pointers.
int folio_walk(uintptr_t frame, uint64_t *frames, int count, int most) {
  while (count < most && frame && frame % 8 == 0) {
    uintptr_t words[2];
    if (!folio_peek(frame, words) || !words[1]) break;
    frames[count++] = words[1] - 1;
    if (words[0] <= frame) break;
    frame = words[0];
  }
  return count;
}

// MARK: - Throws

#define REMEMBERED_THROWS 16
#define THROW_FRAMES 24

static struct throw {
  void *error;
  int frame_count;
  uint64_t frames[THROW_FRAMES];
} throws[REMEMBERED_THROWS];
static int next_throw = 0;
static pthread_mutex_t throws_lock = PTHREAD_MUTEX_INITIALIZER;

/// Remembers where the last errors were thrown; the runtime calls this at every `throw`, on any thread.
SWIFTCALL void folio_will_throw(void *error) {
  struct throw new = {.error = error};
  new.frame_count = folio_walk((uintptr_t)__builtin_frame_address(0), new.frames, 0, THROW_FRAMES);
  pthread_mutex_lock(&throws_lock);
  throws[next_throw] = new;
  next_throw = (next_throw + 1) % REMEMBERED_THROWS;
  pthread_mutex_unlock(&throws_lock);
}

bool folio_recall_throw(void *error, struct folio_end *end) {
  bool found = false;
  pthread_mutex_lock(&throws_lock);
  for (int back = 1; back <= REMEMBERED_THROWS && !found; back++) {
    struct throw *candidate = &throws[(next_throw - back + REMEMBERED_THROWS) % REMEMBERED_THROWS];
    if (candidate->error != error) continue;
    found = true;
    end->frame_count = candidate->frame_count;
    memcpy(end->frames, candidate->frames, sizeof candidate->frames);
  }
  pthread_mutex_unlock(&throws_lock);
  return found;
}
