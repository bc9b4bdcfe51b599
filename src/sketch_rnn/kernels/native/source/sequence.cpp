// Whole recurrent sequences on the processor: build.py compiles this file, library.py calls it.

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>

#include "draw.h"
#include "hyper_backward.h"
#include "large_product.h"
#include "probe.h"

extern "C" {

// Returns how many units must divide the size of a cell.
int64_t vector_width() { return WIDTH; }

// Packs a recurrent (depth, 4H) and an input (D, 4H) weight in the order gates are made in.
void pack_forward(int64_t size, int64_t depth, int64_t width, const float* recurrent,
                  const float* input, float* packed) {
  const int64_t panels = size / WIDTH;
#pragma omp parallel for
  for (int64_t panel = 0; panel < panels; ++panel) {
    float* to = packed + panel * (depth + width) * 4 * WIDTH;
    for (int64_t k = 0; k < depth + width; ++k) {
      const float* row = k < depth ? recurrent + k * 4 * size : input + (k - depth) * 4 * size;
      for (int gate = 0; gate < 4; ++gate, to += WIDTH) {
        store(to, load(row + gate * size + panel * WIDTH));
      }
    }
  }
}

// Returns 1 where the processor multiplies bfloat16 numbers faster than floats, and may; 0 where
// they are floats on the way; -1 where the system forbids it.
int64_t prepare_half() { return prepared_half(); }

// Returns how many times as fast products of bfloat16 numbers are as those of floats, 0 if wrong.
double half_speedup() { return measured_half_speedup(); }

// Interleaves the gates of `rows` rows (rows, 4H).
void interleave(int64_t rows, int64_t size, const float* gates, float* to) {
  for (int64_t row = 0; row < rows; ++row, gates += 4 * size, to += 4 * size) {
    for (int64_t unit = 0; unit < size; unit += WIDTH) {
      for (int gate = 0; gate < 4; ++gate) {
        store(to + interleaved(gate, unit), load(gates + gate * size + unit));
      }
    }
  }
}

// total (height, width) += the transpose of left (depth, height) times right (depth, width).
void add_transposed_product(const LargeProduct<float>* all, int64_t num_threads) {
  add_large_product(*all, num_threads);
}

void add_transposed_product_half(const LargeProduct<Half>* all, int64_t num_threads) {
  add_large_product(*all, num_threads);
}

// Asks for large pages: touching new memory in small ones takes a fifth of a training step.
void use_large_pages(void* memory, int64_t bytes) {
#if defined(__linux__)
  const uintptr_t page = 1 << 21, start = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t first = (start + page - 1) / page * page, last = (start + bytes) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}

// Packs the transpose of a weight (size, depth), in the order in which add_product reads it.
void pack_transposed(int64_t size, int64_t depth, const float* weight, float* packed) {
  const int64_t columns = TILE_VECTORS * WIDTH;
#pragma omp parallel for
  for (int64_t start = 0; start < size; start += columns) {
    const int64_t width = std::min(columns, size - start);
    float* to = packed + start * depth;
    for (int64_t column = 0; column < width; ++column) {
      const float* row = weight + (start + column) * depth;
      for (int64_t k = 0; k < depth; ++k) to[k * width + column] = row[k];
    }
  }
}

// The same two for products of bfloat16 numbers.
void pack_forward_half(int64_t size, int64_t depth, const float* recurrent, Half* packed) {
#pragma omp parallel for
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    pack_pairs(packed + unit * depth * 4, depth, 4 * WIDTH, [&](int64_t k, int64_t column) {
      return recurrent[(k * 4 + column / WIDTH) * size + unit + column % WIDTH];
    });
  }
}

void pack_transposed_half(int64_t size, int64_t depth, const float* weight, Half* packed) {
  const int64_t columns = TILE_VECTORS * WIDTH;
#pragma omp parallel for
  for (int64_t start = 0; start < size; start += columns) {
    pack_pairs(packed + start * depth, depth, std::min(columns, size - start),
               [&](int64_t k, int64_t column) { return weight[(start + column) * depth + k]; });
  }
}

void forward(const Sequence* all) {
  run_in_team(all->batch, all->num_threads, [&](const Share& share) {
    all->hiddens_half ? run_forward<Half>(*all, share) : run_forward<float>(*all, share);
  });
}

void backward(const Sequence* all, const Chunk* chunk) {
  run_in_team(all->batch, all->num_threads, [&](const Share& share) {
    all->hiddens_half ? run_backward<Half>(*all, *chunk, share)
                      : run_backward<float>(*all, *chunk, share);
  });
}

// Packs the weight (12E, H) of a hyper cell's factors: for each vector of units all its rows.
void pack_factors(int64_t size, int64_t rows, const float* weight, float* packed) {
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    for (int64_t k = 0; k < rows; ++k, packed += WIDTH) {
      store(packed, load(weight + k * size + unit));
    }
  }
}

void pack_factors_half(int64_t size, int64_t rows, const float* weight, Half* packed) {
  for (int64_t unit = 0; unit < size; unit += WIDTH, packed += rows * WIDTH) {
    pack_pairs(packed, rows, WIDTH,
               [&](int64_t k, int64_t column) { return weight[k * size + unit + column]; });
  }
}

// A Hyper of Half numbers if its outer sequence has `hiddens_half`, else one of floats; with a
// HyperChunk of the same.
void hyper_forward(const void* all) {
  const Sequence& outer = *static_cast<const Sequence*>(all);
  run_in_team(outer.batch, outer.num_threads, [&](const Share& share) {
    outer.hiddens_half ? run_hyper_forward(*static_cast<const Hyper<Half>*>(all), share)
                       : run_hyper_forward(*static_cast<const Hyper<float>*>(all), share);
  });
}

void hyper_backward(const void* all, const void* chunk) {
  const Sequence& outer = *static_cast<const Sequence*>(all);
  run_in_team(outer.batch, outer.num_threads, [&](const Share& share) {
    outer.hiddens_half ? run_hyper_backward(*static_cast<const Hyper<Half>*>(all),
                                            *static_cast<const HyperChunk<Half>*>(chunk), share)
                       : run_hyper_backward(*static_cast<const Hyper<float>*>(all),
                                            *static_cast<const HyperChunk<float>*>(chunk), share);
  });
}

void draw(const Drawing* all) {
  const Sequence& cell = all->cell.outer;
  run_in_team(cell.batch, cell.num_threads,
              [&](const Share& share) { run_drawing(*all, share); });
}
}
