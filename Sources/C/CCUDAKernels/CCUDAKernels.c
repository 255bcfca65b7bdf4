#include "CCUDAKernels.h"

// `#embed` is of C23; the compiler has it in every standard.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const char platform[] = {
#embed "Kernels/Platform.cuh"
    , 0};
static const char elements[] = {
#embed "Kernels/Elements.cuh"
    , 0};
static const char rows[] = {
#embed "Kernels/Rows.cuh"
    , 0};
static const char activations[] = {
#embed "Kernels/Activations.cuh"
    , 0};
static const char tiles[] = {
#embed "Kernels/Tiles.cuh"
    , 0};
static const char plainTile[] = {
#embed "Kernels/PlainTile.cuh"
    , 0};
static const char halvesTile[] = {
#embed "Kernels/HalvesTile.cuh"
    , 0};
static const char warpgroups[] = {
#embed "Kernels/Warpgroups.cuh"
    , 0};
static const char attention[] = {
#embed "Kernels/Attention.cu"
    , 0};
static const char elementwise[] = {
#embed "Kernels/Elementwise.cu"
    , 0};
static const char logits[] = {
#embed "Kernels/Logits.cu"
    , 0};
static const char movement[] = {
#embed "Kernels/Movement.cu"
    , 0};
static const char norms[] = {
#embed "Kernels/Norms.cu"
    , 0};
static const char products[] = {
#embed "Kernels/Products.cu"
    , 0};
static const char productsHopper[] = {
#embed "Kernels/ProductsHopper.cu"
    , 0};
static const char reductions[] = {
#embed "Kernels/Reductions.cu"
    , 0};
static const char softmax[] = {
#embed "Kernels/Softmax.cu"
    , 0};

#define SOURCE(name, text) {name, text, sizeof text - 1}

const cuda_source cuda_sources[] = {
    SOURCE("Platform.cuh", platform),
    SOURCE("Elements.cuh", elements),
    SOURCE("Rows.cuh", rows),
    SOURCE("Activations.cuh", activations),
    SOURCE("Tiles.cuh", tiles),
    SOURCE("PlainTile.cuh", plainTile),
    SOURCE("HalvesTile.cuh", halvesTile),
    SOURCE("Warpgroups.cuh", warpgroups),
    SOURCE("Attention.cu", attention),
    SOURCE("Elementwise.cu", elementwise),
    SOURCE("Logits.cu", logits),
    SOURCE("Movement.cu", movement),
    SOURCE("Norms.cu", norms),
    SOURCE("Products.cu", products),
    SOURCE("ProductsHopper.cu", productsHopper),
    SOURCE("Reductions.cu", reductions),
    SOURCE("Softmax.cu", softmax),
};
const size_t cuda_source_count = sizeof cuda_sources / sizeof *cuda_sources;

// A product and a sum are one rounding where the source says `fmaf`, and nowhere else: so that two paths through a kernel give the same bits.
const char *const cuda_options[] = {"--std=c++17", "--fmad=false"};
const size_t cuda_option_count = sizeof cuda_options / sizeof *cuda_options;
