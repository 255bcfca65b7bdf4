#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Attention.cu"
