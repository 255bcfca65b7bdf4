#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Movement.cu"
