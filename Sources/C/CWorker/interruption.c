// How a running cell is stopped when the host asks for it by SIGINT. See CWorker.h.
//
// A cell is stopped in one of these ways, the first that takes effect. Work of the instrument and of FolioKit looks at the flag and throws. A loop
// of the cell's own code is parked where it stands, as by a trap. A thread that waits in the kernel is parked there. After a while the cells' code
// may not be executed any more, so that a thread that is nearly always in a library (a loop that prints) faults where the library returns to
// the cell, and is parked there. Code of other libraries is never stopped midway, since it may hold a lock that all need (that of malloc);
// if the cell never leaves it, the host ends the process.

#define _GNU_SOURCE
#include "cells.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic bool is_interrupted = false;
static sem_t interruption;
static _Thread_local bool has_stopped = false;

#define KNOCK_MICROSECONDS 2000
#define FIRST_BARRING_KNOCK 50  // The instrument's own work, and hooks of cells on other threads, may take so long to end in order.

bool folio_is_interrupted(void) { return atomic_load_explicit(&is_interrupted, memory_order_relaxed); }

void folio_interruption_clear(void) { is_interrupted = false; }

_Noreturn void folio_end_interrupted(const ucontext_t *context) {
  has_stopped = true;
  struct folio_end end = {.kind = FOLIO_INTERRUPTED, .cell = folio_current_cell};
  if (context) {
    end.frames[0] = context->uc_mcontext.gregs[REG_RIP];
    end.frame_count = folio_walk(context->uc_mcontext.gregs[REG_RBP], end.frames, 1, FOLIO_MAX_FRAMES);
  } else {
    end.frame_count = folio_walk((uintptr_t)__builtin_frame_address(0), end.frames, 0, FOLIO_MAX_FRAMES);
  }
  folio_report(&end);
  folio_park();
}

void folio_stop_if_interrupted(void) {
  if (folio_is_cell_thread_in_charge() && folio_is_interrupted() && folio_cell_runs) folio_end_interrupted(NULL);
}

/// Whether the signal has ended a system call in which the thread waited.
static bool waits_in_kernel(const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  uintptr_t words[2];
  if (registers[REG_RAX] != -EINTR || !folio_peek(registers[REG_RIP] - 2, words)) return false;
  return (words[0] & 0xffff) == 0x050f;  // syscall
}

/// Whether the calling thread runs the cell that shall stop.
static bool should_stop(void) {
  return folio_is_cell_thread_in_charge() && !has_stopped && !folio_waits_for_work && folio_is_interrupted() && folio_cell_runs;
}

// Cells' code can be executed at all other times, so that nothing else faults like this.
bool folio_met_bar(int signal, uintptr_t address, const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  bool fetches = (registers[REG_ERR] & 0x10) != 0;
  return signal == SIGSEGV && fetches && address == (uintptr_t)registers[REG_RIP] && folio_is_cell_code(address);
}

// Other threads of the cell wait until its own has stopped, and then go on.
void folio_stop_at_bar(const ucontext_t *context) {
  do {
    if (should_stop()) folio_end_interrupted(context);
    usleep(1000);
  } while (folio_cell_code_is_barred());
}

/// Runs on the cell thread: parks it, if it may be parked where it is.
static void handle_stop(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info;
  int error = errno;
  uintptr_t address = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  // Whoever sends may hold the channel. A call that was ended here (`sleep`) may not come again.
  if (should_stop() && (folio_is_cell_code(address) || (!folio_is_sending && waits_in_kernel(context)))) folio_end_interrupted(context);
  errno = error;
}

/// Takes the host's word, on any thread.
static void handle_interrupt(int signal) {
  (void)signal;
  int error = errno;
  atomic_store(&is_interrupted, true);
  sem_post(&interruption);
  errno = error;
}

/// Knocks at the cell thread until it has stopped.
static void *interrupt_cells(void *nothing) {
  (void)nothing;
  for (;;) {
    while (sem_wait(&interruption) != 0) {}
    // The instrument's own work gets a moment to end in order: an error unwinds, and gives its memory back.
    usleep(20000);
    for (int knock = 0; folio_cell_runs && folio_is_interrupted(); knock++) {
      pthread_kill(folio_cell_pthread, SIGUSR2);
      pthread_mutex_lock(&folio_cells_lock);
      if (knock == FIRST_BARRING_KNOCK && folio_cell_runs && folio_is_interrupted()) folio_bar_cell_code(true);
      pthread_cond_broadcast(&folio_cells_changed);
      pthread_mutex_unlock(&folio_cells_lock);
      usleep(KNOCK_MICROSECONDS);
    }
  }
  return NULL;
}

void folio_interruption_start(void) {
  sem_init(&interruption, 0, 0);
  struct sigaction interrupt = {.sa_handler = handle_interrupt, .sa_flags = SA_RESTART};
  sigaction(SIGINT, &interrupt, NULL);
  struct sigaction stop = {.sa_sigaction = handle_stop, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR2, &stop, NULL);
  pthread_t thread;
  if (pthread_create(&thread, NULL, interrupt_cells, NULL) != 0) abort();
}
