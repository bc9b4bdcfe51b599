// Large products that sum over the rows of two matrices: gradients of weights.
#pragma once

#include <algorithm>
#include <vector>

#include "half_product.h"

// total (height, width) += the transpose of left (depth, height) times right (depth, width).
template <class Number>
struct LargeProduct {
  int64_t depth, height, width;
  const Number *left, *right;
  float* total;
  int64_t left_stride, right_stride, total_stride;
};

constexpr int64_t PANEL = TILE_VECTORS * WIDTH;

// Rows that are summed at a time. A packed panel of them stays in a core's own cache; bfloat16
// tiles need it in the first-level cache.
template <class Number>
constexpr int64_t BLOCK = 512;
template <>
constexpr int64_t BLOCK<Half> = 256;

// Depth that a packed block of `rows` has: zeros fill the last step of a product.
template <class Number>
static int64_t padded(int64_t rows) {
  constexpr int64_t STEP = sizeof(Number) == sizeof(float) ? 1 : 32;
  return (rows + STEP - 1) / STEP * STEP;
}

// Writes columns of `rows` rows of the left operand as rows (columns, depth).
template <class Number>
static void pack_left(const LargeProduct<Number>& all, Span rows, Span columns, int64_t depth,
                      Number* packed) {
  constexpr int64_t LINE = 64 / sizeof(Number);
  for (int64_t first = columns.start; first < columns.stop; first += LINE) {
    const int64_t stop = std::min(first + LINE, columns.stop);
    for (int64_t row = rows.start; row < rows.stop; ++row) {
      const Number* from = all.left + row * all.left_stride;
      for (int64_t column = first; column < stop; ++column) {
        packed[column * depth + row - rows.start] = from[column];
      }
    }
    for (int64_t column = first; column < stop; ++column) {
      std::fill(packed + column * depth + rows.stop - rows.start, packed + (column + 1) * depth,
                Number{});
    }
  }
}

// Writes a panel of the right operand from `column` on, zeros beside its last column.
static void pack_right(const LargeProduct<float>& all, Span rows, int64_t column, int64_t,
                       float* packed) {
  const int64_t width = std::min(PANEL, all.width - column);
  for (int64_t row = rows.start; row < rows.stop; ++row, packed += PANEL) {
    const float* from = all.right + row * all.right_stride + column;
    std::copy(from, from + width, packed);
    std::fill(packed + width, packed + PANEL, 0.0f);
  }
}

static void pack_right(const LargeProduct<Half>& all, Span rows, int64_t column, int64_t depth,
                       Half* packed) {
  const int64_t width = std::min(PANEL, all.width - column);
  const Half zeros[PANEL] = {};
  for (int64_t row = rows.start; row < rows.start + depth; row += 2, packed += 2 * PANEL) {
    const Half* pair[2];
    Half copied[2][PANEL] = {};
    for (int64_t next = 0; next < 2; ++next) {
      pair[next] = zeros;
      if (row + next >= rows.stop) continue;
      pair[next] = all.right + (row + next) * all.right_stride + column;
      if (width < PANEL) pair[next] = std::copy(pair[next], pair[next] + width, copied[next]) - width;
    }
    for (int64_t at = 0; at < PANEL; at += WIDTH) {
      const Bits mixed = load_bits(pair[0] + at) | load_bits(pair[1] + at) << 16;
      std::memcpy(packed + 2 * at, &mixed, sizeof(mixed));
    }
  }
}

// Adds the product of `ROWS` packed rows and a packed panel to the total.
template <int ROWS, class Number>
static void add_tile(const LargeProduct<Number>& all, const Number* left, const Number* right,
                     int64_t depth, int64_t row, int64_t column) {
  float* total = all.total + row * all.total_stride + column;
  Tile<ROWS, TILE_VECTORS> tile = {};
  const bool is_whole = column + PANEL <= all.width;
  if (is_whole) {
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < TILE_VECTORS; ++v) {
        tile[r][v] = load(total + r * all.total_stride + v * WIDTH);
      }
    }
  }
  multiply<ROWS, TILE_VECTORS>(tile, left + row * depth, depth, right, depth);
  for (int r = 0; r < ROWS; ++r) {
    float* to = total + r * all.total_stride;
    if (is_whole) {
      for (int v = 0; v < TILE_VECTORS; ++v) store(to + v * WIDTH, tile[r][v]);
    } else {
      for (int64_t at = 0; at < all.width - column; ++at) {
        to[at] += tile[r][at / WIDTH][at % WIDTH];
      }
    }
  }
}

template <class Number>
static void add_large_product(const LargeProduct<Number>& all, int64_t num_threads) {
  const int64_t longest = padded<Number>(std::min(all.depth, BLOCK<Number>));
  const int64_t panels = (all.width + PANEL - 1) / PANEL;
  const RowTiles tiles(all.height, MAX_ROWS<Number>);
  std::vector<Number> left(all.height * longest);
#pragma omp parallel num_threads(static_cast<int>(num_threads))
  {
    FlushedSubnormals flushed;
    TilesInUse tiles_in_use;
    std::vector<Number> right(longest * PANEL);
    for (int64_t start = 0; start < all.depth; start += BLOCK<Number>) {
      const Span rows = {start, std::min(start + BLOCK<Number>, all.depth)};
      const int64_t depth = padded<Number>(rows.stop - rows.start);
#pragma omp for schedule(static)
      for (int64_t column = 0; column < all.height; column += 64) {
        pack_left(all, rows, {column, std::min(column + 64, all.height)}, depth, left.data());
      }
#pragma omp for schedule(static)
      for (int64_t panel = 0; panel < panels; ++panel) {
        pack_right(all, rows, panel * PANEL, depth, right.data());
        for (int64_t tile = 0; tile < tiles.count; ++tile) {
          with_constant<MAX_ROWS<Number>>(tiles.height(tile), [&](auto height) {
            add_tile<height>(all, left.data(), right.data(), depth, tiles.start(tile),
                             panel * PANEL);
          });
        }
      }
    }
  }
}
