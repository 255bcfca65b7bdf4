import CUDA
