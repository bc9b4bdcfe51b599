// Products of bfloat16 numbers in the processor's unit for matrices (AMX), which works on tiles
// of 16 rows of 64 bytes.
#pragma once

#include "half.h"
#include "product.h"

#if defined(SOFT_TILES)
#include "soft_tiles.h"
#endif

static_assert(WIDTH == 16, "a row of a tile is a vector");
static_assert(TILE_VECTORS == 4, "one tile for each vector beside another");

template <>
constexpr int MAX_ROWS<Half> = 16;

// Depth of a pair of tiles: 32 bfloat16 numbers in a row.
constexpr int TILE_DEPTH = 32;

// How tiles are cut, in the layout that the instruction reads.
struct TileShapes {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

// Keeps all stores before it, also those to `what`: compilers do not know that instructions of
// tiles read memory.
static INLINE void settle(const void* what) { __asm__ volatile("" ::"r"(what) : "memory"); }

// Rows of the sums and of the left operand in this thread's tiles, 0 if they are not in use.
static thread_local int tile_rows = 0;

// Gives the tiles back at the end of a thread's work.
class TilesInUse {
 public:
  ~TilesInUse() {
    if (tile_rows) _tile_release();
    tile_rows = 0;
  }
};

// Tiles 0 to 3 are sums, 4 is the left operand, 5 to 7 are for the right one.
static void shape_tiles(int rows) {
  if (rows == tile_rows) return;
  TileShapes shapes = {};
  shapes.palette = 1;
  for (int tile = 0; tile < 8; ++tile) {
    shapes.row_bytes[tile] = 64;
    shapes.rows[tile] = static_cast<uint8_t>(tile < 5 ? rows : 16);
  }
  settle(&shapes);
  _tile_loadconfig(&shapes);
  tile_rows = rows;
}

// tile += rows (ROWS, depth) * packed (depth, VECTORS * WIDTH); the numbers of tiles have to be
// written out.
template <int ROWS, int VECTORS>
static INLINE void multiply(Tile<ROWS, VECTORS>& tile, const Half* rows, int64_t row_stride,
                            const Half* packed, int64_t depth) {
  constexpr int64_t STRIDE = VECTORS * 64;
  shape_tiles(ROWS);
  settle(&tile);
  _tile_loadd(0, &tile[0][0], STRIDE);
  if constexpr (VECTORS > 1) _tile_loadd(1, &tile[0][1], STRIDE);
  if constexpr (VECTORS > 2) _tile_loadd(2, &tile[0][2], STRIDE);
  if constexpr (VECTORS > 3) _tile_loadd(3, &tile[0][3], STRIDE);
  for (int64_t k = 0; k < depth; k += TILE_DEPTH, packed += TILE_DEPTH * VECTORS * WIDTH) {
    _tile_loadd(4, rows + k, row_stride * 2);
    _tile_loadd(5, packed, STRIDE);
    _tile_dpbf16ps(0, 4, 5);
    if constexpr (VECTORS > 1) {
      _tile_loadd(6, packed + 2 * WIDTH, STRIDE);
      _tile_dpbf16ps(1, 4, 6);
    }
    if constexpr (VECTORS > 2) {
      _tile_loadd(7, packed + 4 * WIDTH, STRIDE);
      _tile_dpbf16ps(2, 4, 7);
    }
    if constexpr (VECTORS > 3) {
      _tile_loadd(5, packed + 6 * WIDTH, STRIDE);
      _tile_dpbf16ps(3, 4, 5);
    }
  }
  _tile_stored(0, &tile[0][0], STRIDE);
  if constexpr (VECTORS > 1) _tile_stored(1, &tile[0][1], STRIDE);
  if constexpr (VECTORS > 2) _tile_stored(2, &tile[0][2], STRIDE);
  if constexpr (VECTORS > 3) _tile_stored(3, &tile[0][3], STRIDE);
}
