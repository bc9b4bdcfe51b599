// The instructions of tiles.h in plain code, to test it on processors without them.
#pragma once

#include <cstdint>
#include <cstring>

struct SoftTile {
  uint8_t bytes[16][64];
};

static thread_local SoftTile soft_tiles[8];
static thread_local uint8_t soft_rows[8];
static thread_local uint16_t soft_row_bytes[8];

static __attribute__((noinline)) void soft_load_shapes(const void* shapes) {
  const uint8_t* from = static_cast<const uint8_t*>(shapes);
  std::memset(soft_tiles, 0, sizeof(soft_tiles));
  std::memcpy(soft_row_bytes, from + 16, sizeof(soft_row_bytes));
  std::memcpy(soft_rows, from + 48, sizeof(soft_rows));
}

static __attribute__((noinline)) void soft_load(int tile, const void* from, int64_t stride) {
  std::memset(&soft_tiles[tile], 0, sizeof(SoftTile));
  for (int row = 0; row < soft_rows[tile]; ++row) {
    std::memcpy(soft_tiles[tile].bytes[row], static_cast<const uint8_t*>(from) + row * stride,
                soft_row_bytes[tile]);
  }
}

static __attribute__((noinline)) void soft_store(int tile, void* to, int64_t stride) {
  for (int row = 0; row < soft_rows[tile]; ++row) {
    std::memcpy(static_cast<uint8_t*>(to) + row * stride, soft_tiles[tile].bytes[row],
                soft_row_bytes[tile]);
  }
}

static inline void soft_release() {}

static inline float soft_number(const uint8_t* from) {
  uint16_t half;
  std::memcpy(&half, from, sizeof(half));
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// sums (rows, columns) += left (rows, pairs) * right (pairs, columns)
static __attribute__((noinline)) void soft_multiply(int sums, int left, int right) {
  const int columns = soft_row_bytes[sums] / 4, pairs = soft_row_bytes[left] / 4;
  for (int row = 0; row < soft_rows[sums]; ++row) {
    float sum[16];
    std::memcpy(sum, soft_tiles[sums].bytes[row], sizeof(sum));
    for (int pair = 0; pair < pairs; ++pair) {
      const uint8_t* a = soft_tiles[left].bytes[row] + 4 * pair;
      for (int column = 0; column < columns; ++column) {
        const uint8_t* b = soft_tiles[right].bytes[pair] + 4 * column;
        sum[column] += soft_number(a) * soft_number(b) + soft_number(a + 2) * soft_number(b + 2);
      }
    }
    std::memcpy(soft_tiles[sums].bytes[row], sum, sizeof(sum));
  }
}

#undef _tile_loadconfig
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig soft_load_shapes
#define _tile_release soft_release
#define _tile_loadd soft_load
#define _tile_stored soft_store
#define _tile_dpbf16ps soft_multiply
