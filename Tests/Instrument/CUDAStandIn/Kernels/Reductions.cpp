#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Reductions.cu"
