// The kernels of CCUDAKernels, compiled as C++ for the processor: the same sources, behind `Host.h`.

#ifndef FOLIO_CUDAHOSTKERNELS_H
#define FOLIO_CUDAHOSTKERNELS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Runs a kernel, block after block, until it is done. `shared` is the size of the dynamic shared memory in bytes, and `arguments` are
/// the addresses of the arguments, as `cuLaunchKernel` takes them. The program stops with a message if there is no such kernel, if a block
/// has more threads than the kernel allows, or if threads wait for others that never come. May be called by several threads at once.
void host_launch(const char *name, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned block, size_t shared, void **arguments);

/// Whether there is a kernel of this name.
int host_has(const char *name);

/// How many parameters a kernel has; their sizes in bytes are written to `sizes`, at most `capacity` of them. 0 if there is no such kernel.
size_t host_parameters(const char *name, size_t *sizes, size_t capacity);

/// Whether a parameter of a kernel is a pointer.
int host_is_pointer(const char *name, size_t parameter);

/// The order in which this thread's launches run the threads of a block, and the blocks: forwards (0) or backwards (1). A kernel whose
/// result depends on it lacks a barrier.
void host_run_backwards(int backwards);

#ifdef __cplusplus
}
#endif

#endif
