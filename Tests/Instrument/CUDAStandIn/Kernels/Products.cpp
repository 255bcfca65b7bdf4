#include "Host.h"
#include "HostTiles.h"

#include "../../../../Sources/C/CCUDAKernels/Kernels/Products.cu"
