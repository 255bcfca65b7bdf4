// What the three files about running cells share: cells.c (the thread that runs them), ends.c (how a run ends and is reported) and interruption.c
// (how a run is stopped). None of it is seen by cells.
#ifndef FOLIO_CELLS_H
#define FOLIO_CELLS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "include/CWorker.h"
#include "stacks.h"

#pragma GCC visibility push(hidden)

#define STACK_SIZE ((size_t)256 << 20)  // Reserved, not used: as deep as a recursion in unoptimised code may want to go.
#define GUARD_SIZE ((size_t)1 << 16)

// MARK: - The cell thread (cells.c)

/// The number of the cell that runs, or ran last.
extern _Atomic int32_t folio_current_cell;
/// Whether a cell runs.
extern _Atomic bool folio_cell_runs;
/// The thread that runs cells.
extern _Atomic pthread_t folio_cell_pthread;
/// Guards what the cell thread waits for, and the barring of cells' code; the condition tells that something of it has changed.
extern pthread_mutex_t folio_cells_lock;
extern pthread_cond_t folio_cells_changed;
/// Whether the calling thread waits for that condition. One that is parked there would block all who signal it, so it looks at the flag of
/// interruption itself.
extern _Thread_local bool folio_waits_for_work;

/// Whether the calling thread runs cells and has not been given up.
bool folio_is_cell_thread_in_charge(void);

// MARK: - Ends (ends.c)

/// Prepares for reports, and installs the handlers of signals.
void folio_ends_start(void (*describe_error)(void *error, char **description, int32_t *is_unavailable));

/// Tells how a run has ended. May be called in a signal handler.
void folio_report(const struct folio_end *end);

/// Waits for the next report, and takes it.
struct folio_end folio_next_report(void);

/// Lets the calling thread wait forever. May be called in a signal handler.
_Noreturn void folio_park(void);

// MARK: - Interruption (interruption.c)

/// Installs the handlers of signals, and starts the thread that stops cells.
void folio_interruption_start(void);

/// Forgets that the host has asked a former cell to stop.
void folio_interruption_clear(void);

/// Whether a thread has come to code of a cell that may not be executed now.
bool folio_met_bar(int signal, uintptr_t address, const ucontext_t *context);

/// Parks a thread that has, if it shall stop; otherwise returns when the code may be executed again.
void folio_stop_at_bar(const ucontext_t *context);

/// Reports that the cell was interrupted, and parks its thread.
/// - context: where it stood, if it is interrupted by a signal.
_Noreturn void folio_end_interrupted(const ucontext_t *context);

#pragma GCC visibility pop

#endif
