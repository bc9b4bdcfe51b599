// Products of bfloat16 numbers, two neighbours along the depth at a time, added up in floats.
#pragma once

#include "half.h"
#include "product.h"

// Writes a packed weight (depth, columns) whose pairs of rows lie side by side.
template <class Weight>
static void pack_pairs(Half* to, int64_t depth, int64_t columns, const Weight& weight) {
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t column = 0; column < columns; ++column) {
      to[(k / 2 * columns + column) * 2 + k % 2].bits = rounded(weight(k, column));
    }
  }
}

#if defined(__AMX_BF16__) || defined(SOFT_TILES)
#include "tiles.h"
#else
class TilesInUse {
 public:
  ~TilesInUse() {}  // there are none
};

// sum + the products of two pairs
static INLINE Vector add_pairs(Vector sum, Bits left, Bits right) {
#if defined(__AVX512BF16__)
  return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)left, (__m512bh)right);
#else
  sum += (Vector)(left << 16) * (Vector)(right << 16);
  return sum + (Vector)(left & 0xffff0000u) * (Vector)(right & 0xffff0000u);
#endif
}

// tile += rows (ROWS, depth) * packed (depth, VECTORS * WIDTH)
template <int ROWS, int VECTORS>
static INLINE void multiply(Tile<ROWS, VECTORS>& tile, const Half* rows, int64_t row_stride,
                            const Half* packed, int64_t depth) {
  for (int64_t k = 0; k < depth; k += 2, packed += 2 * VECTORS * WIDTH) {
    Bits weight[VECTORS];
    std::memcpy(weight, packed, sizeof(weight));
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) {
      uint32_t pair;
      std::memcpy(&pair, rows + r * row_stride + k, sizeof(pair));
      const Bits value = Bits{} + pair;
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) tile[r][v] = add_pairs(tile[r][v], value, weight[v]);
    }
  }
}
#endif
