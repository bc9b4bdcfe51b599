// What products of bfloat16 numbers are worth on this processor.
#pragma once

#include <chrono>
#include <vector>

#include "half_product.h"

#if defined(__AMX_BF16__) && defined(__linux__) && !defined(SOFT_TILES)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static int64_t prepared_half() {
#if defined(__AMX_BF16__) && defined(__linux__) && !defined(SOFT_TILES)
  // Linux gives a process the memory that tiles need when it asks: arch_prctl(2),
  // ARCH_REQ_XCOMP_PERM for XTILEDATA.
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0 ? 1 : -1;
#elif defined(__AVX512BF16__) && !defined(SOFT_TILES)
  return 1;
#else
  return 0;
#endif
}

// A product of about the size that a training step makes many of, with tiles of two heights.
struct ProbeProduct {
  static constexpr int64_t ROWS = 47, DEPTH = 512, COLUMNS = TILE_VECTORS * WIDTH, PANELS = 8;
  static constexpr int TIMES = 20;

  // Products of the first `PANELS` panels of columns; returns the seconds of the fastest of some.
  template <class Number>
  static double multiplied(const std::vector<Number>& rows, const std::vector<Number>& packed,
                           std::vector<float>& out) {
    TilesInUse tiles_in_use;
    const RowTiles tiles(ROWS, MAX_ROWS<Number>);
    double fastest = 1e9;
    for (int time = 0; time < TIMES; ++time) {
      const auto start = std::chrono::steady_clock::now();
      for (int64_t job = 0; job < PANELS * tiles.count; ++job) {
        const int64_t panel = job / tiles.count, row = tiles.start(job % tiles.count);
        with_constant<MAX_ROWS<Number>>(tiles.height(job % tiles.count), [&](auto height) {
          Tile<height, TILE_VECTORS> tile = {};
          multiply<height, TILE_VECTORS>(tile, rows.data() + row * DEPTH, DEPTH,
                                         packed.data() + panel * DEPTH * COLUMNS, DEPTH);
          std::memcpy(out.data() + (panel * ROWS + row) * COLUMNS, tile, sizeof(tile));
        });
      }
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      fastest = std::min(fastest, taken.count());
    }
    return fastest;
  }
};

static double measured_half_speedup() {
  using Probe = ProbeProduct;
  if (prepared_half() < 0) return 0;
  // Whole numbers from -8 to 7 are the same in both kinds, and so are their products' sums.
  uint32_t random = 1;
  const auto next = [&] {
    random = random * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<int>(random >> 28) - 8);
  };
  std::vector<float> rows(Probe::ROWS * Probe::DEPTH);
  std::vector<float> packed(Probe::PANELS * Probe::DEPTH * Probe::COLUMNS);
  for (float& value : rows) value = next();
  for (float& value : packed) value = next();
  std::vector<Half> half_rows(rows.size()), half_packed(packed.size());
  for (size_t k = 0; k < rows.size(); ++k) half_rows[k].bits = rounded(rows[k]);
  for (int64_t panel = 0; panel < Probe::PANELS; ++panel) {
    const int64_t start = panel * Probe::DEPTH * Probe::COLUMNS;
    pack_pairs(half_packed.data() + start, Probe::DEPTH, Probe::COLUMNS,
               [&](int64_t k, int64_t column) { return packed[start + k * Probe::COLUMNS + column]; });
  }
  std::vector<float> products(Probe::PANELS * Probe::ROWS * Probe::COLUMNS), of_half(products.size());
  const double seconds = Probe::multiplied<float>(rows, packed, products);
  const double half_seconds = Probe::multiplied<Half>(half_rows, half_packed, of_half);
  return products == of_half ? seconds / half_seconds : 0;
}
