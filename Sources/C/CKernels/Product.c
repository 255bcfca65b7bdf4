// The matrix product in the manner of GotoBLAS (Goto and van de Geijn 2008): blocks of the factors are packed into the order of their
// use, and tiles of the result are summed in registers.
//
// What makes it row-invariant: `inner` is divided in the same places for every product, a number of the result is the sum of those
// blocks in order, and within a block one number after the other is multiplied and added. Tiles differ in size only.

#include "Product.h"

#include <pthread.h>
#include <sys/mman.h>

#include "Kinds.h"

/// The numbers of `inner` that are summed in registers before they are added to the result. A result's bits depend on it.
enum { depth_of_block = 256 };

/// The columns of `right` that are packed at a time: with the depth, a part of the second cache.
enum { columns_of_block = 256 };

/// What is left of the scratch page for `left`, less what packing may write too much; and the most rows that fit.
enum { left_floats = ck_scratch_floats - depth_of_block * columns_of_block - 16, rows_of_block = left_floats / depth_of_block };

struct tile {
  const float *left, *right;
  float *result;
  size_t stride, columns, depth;
  float factor;
  bool adding;
};

struct kind {
  size_t lanes, tile_rows;
  void (*pack_left)(const float *from, size_t stride, size_t rows, size_t depth, float *to);
  void (*pack_left_transposed)(const float *from, size_t stride, size_t rows, size_t readable, size_t depth, float *to);
  void (*pack_right)(
    const uint8_t *from, ck_format format, size_t first, size_t stride, size_t columns, size_t depth, float *to);
  void (*pack_right_transposed)(
    const uint8_t *from, ck_format format, size_t first, size_t stride, size_t columns, size_t depth, float *to);
  /// By rows - 1 and vectors - 1.
  void (*tiles[14][2])(const struct tile *tile);
};

#define KERNELS "Tile.h"
#include "EachKind.h"

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_key(void) {
  if (pthread_key_create(&scratch_key, free)) abort();
}

/// Kept for the thread's life rather than taken for each task: to clear a fresh page takes longer than a small product.
float *ck_scratch(void) {
  pthread_once(&scratch_once, make_scratch_key);
  float *scratch = pthread_getspecific(scratch_key);
  if (scratch) return scratch;
  size_t bytes = ck_scratch_floats * sizeof(float);
  scratch = aligned_alloc(bytes, bytes);
  if (!scratch) abort();
#if defined(MADV_HUGEPAGE)
  madvise(scratch, bytes, MADV_HUGEPAGE);
#endif
  if (pthread_setspecific(scratch_key, scratch)) abort();
  return scratch;
}

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t parts(size_t count, size_t size) { return (count + size - 1) / size; }

/// Packs rows from..<to of `left` at `depth` numbers from k, in slivers of nearly equal size: 15 rows are 8 and 7, not 14 and 1.
static void pack_left(
  const ck_product *p, const struct kind *kind, size_t from, size_t to, size_t slivers, size_t k, size_t depth, float *packed) {
  for (size_t s = 0; s < slivers; s++) {
    size_t first = (to - from) * s / slivers, rows = (to - from) * (s + 1) / slivers - first, row = from + first;
    if (p->left_transposed)
      kind->pack_left_transposed(
        p->left + k * p->left_stride + row, p->left_stride, rows, p->rows - row, depth, packed + first * depth);
    else
      kind->pack_left(p->left + row * p->left_stride + k, p->left_stride, rows, depth, packed + first * depth);
  }
}

/// The tiles of one packed block of rows with one packed block of columns.
static void multiply_packed(
  const ck_product *p, const struct kind *kind, size_t from, size_t to, size_t slivers, size_t column, size_t columns, size_t k,
  size_t depth, const float *left, const float *right) {
  struct tile tile = {.stride = p->result_stride, .depth = depth, .factor = p->factor, .adding = p->adding || k > 0};
  for (size_t s = 0; s < slivers; s++) {
    size_t first = (to - from) * s / slivers, rows = (to - from) * (s + 1) / slivers - first;
    tile.left = left + first * depth;
    for (size_t c = 0; c < columns; c += 2 * kind->lanes) {
      tile.right = right + c * depth;
      tile.result = p->result + (from + first) * p->result_stride + column + c;
      tile.columns = smaller(columns - c, 2 * kind->lanes);
      kind->tiles[rows - 1][tile.columns > kind->lanes](&tile);
    }
  }
}

/// One packed block of columns after the other with rows from..<to of `left`, which are packed for all `deep` numbers from k.
static void multiply_columns(
  const ck_product *p, const struct kind *kind, size_t from, size_t to, size_t column_from, size_t column_to, size_t k,
  size_t deep, float *left, float *right) {
  size_t slivers = parts(to - from, kind->tile_rows);
  for (size_t done = 0; done < deep; done += depth_of_block)
    pack_left(p, kind, from, to, slivers, k + done, smaller(deep - done, depth_of_block), left + done * (to - from));
  for (size_t c = column_from; c < column_to; c += columns_of_block) {
    size_t columns = smaller(column_to - c, columns_of_block);
    for (size_t done = 0; done < deep; done += depth_of_block) {
      size_t depth = smaller(deep - done, depth_of_block);
      size_t first = p->right_first + (p->right_transposed ? c * p->right_stride + k + done : (k + done) * p->right_stride + c);
      (p->right_transposed ? kind->pack_right_transposed : kind->pack_right)(
        p->right, p->format, first, p->right_stride, columns, depth, right);
      multiply_packed(p, kind, from, to, slivers, c, columns, k + done, depth, left + done * (to - from), right);
    }
  }
}

/// Rows and columns [from, to) of the product.
static void multiply(const ck_product *p, size_t row_from, size_t row_to, size_t column_from, size_t column_to) {
  const struct kind *kind = kind_of_cpu();
  float *right = ck_scratch(), *left = right + depth_of_block * columns_of_block;
  size_t blocks = parts(row_to - row_from, rows_of_block);
  for (size_t b = 0; b < blocks; b++) {
    size_t from = row_from + (row_to - row_from) * b / blocks, to = row_from + (row_to - row_from) * (b + 1) / blocks;
    // Few rows are packed for several blocks of `inner`. So a transposed `right` is read on where it was left, page by page; for other
    // orders each read of it would wait until the CPU knows its page's address again.
    size_t most = p->right_transposed ? left_floats / (to - from) / depth_of_block * depth_of_block : depth_of_block;
    for (size_t k = 0; k < p->inner; k += most)
      multiply_columns(p, kind, from, to, column_from, column_to, k, smaller(p->inner - k, most), left, right);
  }
}

/// The time of a part of the product, in the vector operations of AVX-512 for each k: those of its tiles, and those of packing.
static double cost(size_t rows, size_t columns) {
  return (double)rows * (double)columns / 16 + 0.4 * (double)rows + 0.4 * (double)columns;
}

/// Tasks are the fields of a grid, whose columns begin at whole tiles. Of the grids with so many fields the cheapest is taken.
static size_t rows_of_grid(const ck_product *p, size_t tasks) {
  size_t best = 1, tiles = parts(p->columns, 32);
  double least = 0;
  for (size_t rows = 1; rows <= tasks; rows++) {
    if (tasks % rows) continue;
    double field = cost(parts(p->rows, rows), smaller(p->columns, parts(tiles, tasks / rows) * 32));
    if (rows == 1 || field < least) {
      best = rows;
      least = field;
    }
  }
  return best;
}

size_t ck_product_tasks(const ck_product *product, size_t threads) {
  // A task of 100 000 vector operations takes about 30 µs, of which its start is a small part.
  double work = cost(product->rows, product->columns) * (double)product->inner;
  size_t tasks = (size_t)(work / 100000), most = 4 * threads;
  if (tasks <= 1 || threads <= 1) return 1;
  // Several a thread, so that a thread that has to wait for its core does not hold up the others; as many for each.
  return tasks < threads ? tasks : smaller(tasks, most) / threads * threads;
}

void ck_product_task(const ck_product *product, size_t task, size_t tasks) {
  size_t grid_rows = rows_of_grid(product, tasks), grid_columns = tasks / grid_rows;
  size_t r = task / grid_columns, c = task % grid_columns, tiles = parts(product->columns, 32);
  size_t row_from = product->rows * r / grid_rows, row_to = product->rows * (r + 1) / grid_rows;
  size_t column_from = tiles * c / grid_columns * 32, column_to = smaller(product->columns, tiles * (c + 1) / grid_columns * 32);
  if (row_from >= row_to || column_from >= column_to) return;
  if (product->inner > 0) {
    multiply(product, row_from, row_to, column_from, column_to);
  } else if (!product->adding) {
    for (size_t i = row_from; i < row_to; i++)
      memset(product->result + i * product->result_stride + column_from, 0, (column_to - column_from) * sizeof(float));
  }
}
