#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Softmax.cu"
