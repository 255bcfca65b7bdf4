#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Products.cu"
