// Products of a few rows with a packed weight, a register tile at a time.
#pragma once

#include <type_traits>

#include "vector.h"

// Vectors beside each other in a tile: for the gates, one of each.
constexpr int TILE_VECTORS = 4;

template <int ROWS, int VECTORS>
using Tile = Vector[ROWS][VECTORS];

// tile += rows (ROWS, depth) * packed (depth, VECTORS * WIDTH)
template <int ROWS, int VECTORS>
static INLINE void multiply(Tile<ROWS, VECTORS>& tile, const float* rows, int64_t row_stride,
                            const float* packed, int64_t depth) {
  constexpr int AHEAD = 8;
  for (int64_t k = 0; k < depth; ++k, packed += VECTORS * WIDTH) {
    Vector weight[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      __builtin_prefetch(packed + (AHEAD * VECTORS + v) * WIDTH);
    }
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) weight[v] = load(packed + v * WIDTH);
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) {
      const Vector value = splat(rows[r * row_stride + k]);
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) tile[r][v] += value * weight[v];
    }
  }
}

// Rows of a tile at most, for rows of such numbers.
template <class Number>
constexpr int MAX_ROWS = TILE_ROWS;

template <int N>
using Constant = std::integral_constant<int, N>;

// Calls body with a number from 1 to MAX as a constant.
template <int MAX, class Body>
static INLINE void with_constant(int number, const Body& body) {
  if constexpr (MAX > 1) {
    if (number < MAX) return with_constant<MAX - 1>(number, body);
  }
  body(Constant<MAX>{});
}

// Rows cut into tiles of nearly equal height.
struct RowTiles {
  int64_t rows, count;

  explicit RowTiles(int64_t rows, int most = TILE_ROWS)
      : rows(rows), count((rows + most - 1) / most) {}
  int64_t start(int64_t tile) const { return tile * rows / count; }
  int height(int64_t tile) const { return static_cast<int>(start(tile + 1) - start(tile)); }
};
