// A stand-in for NVIDIA's driver, `libcuda.so.1`, for machines without a card: its kernels run on the processor (CUDAHostKernels).
//
// It is strict where a card would only do harm: memory is poisoned and has borders that are looked at, work is done no earlier than somebody
// waits for it, and addresses on the card mean nothing to the host. Each file of the library that is opened is a machine of its own.

#ifndef FOLIO_CUDADRIVERSTANDIN_H
#define FOLIO_CUDADRIVERSTANDIN_H

#ifdef __cplusplus
extern "C" {
#endif

/// Changes how the machine is; see `Machine::Settings` for the names. Returns 0 if there is no such setting.
int stand_in_set(const char *name, long long value);

/// A setting, or a count of what there is or was done; -1 if there is neither of this name.
///
/// Counts: `calls`, and by a function's name (`cuMemAlloc_v2`) the calls of it; `allocations`, `pinned`, `streams`, `events`, `modules` and
/// `contexts` that are there; `leaks`, which were still there when their context came to its end; `allocated bytes`.
long long stand_in_get(const char *name);

/// What was done that a card must not be asked to do; empty if nothing was.
const char *stand_in_fault(void);

#ifdef __cplusplus
}
#endif

#endif
