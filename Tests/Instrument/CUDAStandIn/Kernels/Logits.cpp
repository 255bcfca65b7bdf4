#include "Host.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Logits.cu"
