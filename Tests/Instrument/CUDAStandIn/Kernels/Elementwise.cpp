#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Elementwise.cu"
