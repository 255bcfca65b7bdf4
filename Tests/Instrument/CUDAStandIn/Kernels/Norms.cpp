#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Norms.cu"
