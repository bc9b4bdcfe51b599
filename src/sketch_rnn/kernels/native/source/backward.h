// A sequence backwards.
#pragma once

#include <vector>

#include "sequence.h"

// Depth of a block of a product: its weights and rows stay in a core's own cache.
constexpr int64_t BLOCK_DEPTH = 512;

template <class Number>
static INLINE void store_gates(Number* to, int64_t size, const Gates& d) {
  store(to, d.write);
  store(to + size, d.candidate);
  store(to + 2 * size, d.keep);
  store(to + 3 * size, d.out);
}

// The gradient of a row's output: what came from later steps and from outside.
struct OutputGradient {
  const float *later, *outside;

  INLINE Vector at(int64_t unit) const {
    return outside ? load(later + unit) + load(outside + unit) : load(later + unit);
  }
};

template <class Number>
static void differentiate_lstm(const Step& step, int64_t row, const OutputGradient& d_output,
                               float* d_cell, Number* d_gates) {
  const int64_t size = step.all.size;
  const float* gates = step.gates(row);
  const Dropout dropout = step.dropout(row);
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    const float* at = gates + 4 * unit;
    const Gates gate = {load(at), load(at + WIDTH), load(at + 2 * WIDTH), load(at + 3 * WIDTH)};
    const Vector d_hidden = d_output.at(unit);
    const Vector squashed = hyperbolic_tangent(load(step.cell_after(row) + unit));
    Vector d = load(d_cell + unit) + d_hidden * gate.out * (1.0f - squashed * squashed);
    const Vector before = load(step.cell_before(row) + unit);
    store_gates(d_gates + unit, size,
                differentiated(gate, before, dropout.at(unit), d_hidden * squashed, d));
    store(d_cell + unit, d);
  }
}

// The sums that the gradient of a normalised value needs.
struct NormSums {
  Vector gradients = {}, projections = {};

  // Takes the gradient of a shifted value, returns that of the normal one.
  INLINE Vector add(Vector d, Vector normal, const float* weight, float* d_weight,
                    float* d_bias) {
    store(d_bias, load(d_bias) + d);
    store(d_weight, load(d_weight) + d * normal);
    d *= load(weight);
    gradients += d;
    projections += d * normal;
    return d;
  }
};

struct NormBackward {
  float centre, slope, scale;

  NormBackward(const NormSums& sums, const Moments& moments, int64_t size)
      : centre(sum(sums.gradients) / size),
        slope(sum(sums.projections) / size),
        scale(moments.scale) {}
  INLINE Vector at(Vector d, Vector normal) const { return (d - centre - normal * slope) * scale; }
};

// `scratch` (5H) is of no use afterwards.
static void differentiate_layer_norm(const Step& step, int64_t row, const OutputGradient& d_output,
                                     float* d_cell, float* d_gates, float* d_norm,
                                     float* scratch) {
  const int64_t size = step.all.size;
  const float* const* norm = step.all.norm;
  const float* after = step.cell_after(row);
  const Dropout dropout = step.dropout(row);
  float *d_gate_weight = d_norm, *d_gate_bias = d_norm + 4 * size;
  float *d_cell_weight = d_norm + 8 * size, *d_cell_bias = d_norm + 9 * size;
  const NormalGates gates(step.gates(row), size);
  const Moments cell(after, size, WIDTH);
  NormSums cell_sums;
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    const Vector normal = cell.normal(load(after + unit));
    const Vector squashed =
        hyperbolic_tangent(normal * load(norm[2] + unit) + load(norm[3] + unit));
    const Vector out = sigmoid(gates.shifted(norm, 3, unit));
    const Vector d_hidden = d_output.at(unit);
    store(d_gates + 3 * size + unit, d_hidden * squashed);
    store(scratch + unit,
          cell_sums.add(d_hidden * out * (1.0f - squashed * squashed), normal, norm[2] + unit,
                        d_cell_weight + unit, d_cell_bias + unit));
  }
  const NormBackward cell_backward(cell_sums, cell, size);
  NormSums sums[4];
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    const Gates gate = gates.opened(norm, unit);
    Vector d = load(d_cell + unit) +
               cell_backward.at(load(scratch + unit), cell.normal(load(after + unit)));
    const Gates d_opened =
        differentiated(gate, load(step.cell_before(row) + unit), dropout.at(unit),
                       load(d_gates + 3 * size + unit), d);
    store(d_cell + unit, d);
    const Vector each[4] = {d_opened.write, d_opened.candidate, d_opened.keep, d_opened.out};
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) {
      const int64_t place = g * size + unit;
      store(d_gates + place, sums[g].add(each[g], gates.at(g, unit), norm[0] + place,
                                         d_gate_weight + place, d_gate_bias + place));
    }
  }
  for (int g = 0; g < 4; ++g) {
    const NormBackward backward(sums[g], gates.moments[g], size);
    float* d_gate = d_gates + g * size;
    for (int64_t unit = 0; unit < size; unit += WIDTH) {
      store(d_gate + unit, backward.at(load(d_gate + unit), gates.at(g, unit)));
    }
  }
}

static void differentiate_layer_norm(const Step& step, int64_t row, const OutputGradient& d_output,
                                     float* d_cell, Half* d_gates, float* d_norm, float* scratch) {
  const int64_t size = step.all.size;
  float* floats = scratch + size;
  differentiate_layer_norm(step, row, d_output, d_cell, floats, d_norm, scratch);
  for (int64_t k = 0; k < 4 * size; k += WIDTH) store(d_gates + k, load(floats + k));
}

// out += rows (ROWS, depth) * packed (depth, VECTORS * WIDTH), or = for the first block.
template <int ROWS, int VECTORS, class Number, class Out>
static INLINE void add_product(Out* out, int64_t out_stride, const Number* rows,
                               int64_t row_stride, const Number* packed, int64_t depth,
                               bool is_first) {
  Tile<ROWS, VECTORS> tile;
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      tile[r][v] = is_first ? Vector{} : load(out + r * out_stride + v * WIDTH);
    }
  }
  multiply<ROWS, VECTORS>(tile, rows, row_stride, packed, depth);
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) store(out + r * out_stride + v * WIDTH, tile[r][v]);
  }
}

// d_hidden = d_gates times the transposed recurrent weight, for this thread's part of a step.
template <class Number>
static void multiply_back(const Sequence& all, const Chunk& chunk, const Share& share,
                          int64_t rows, const Number* d_gates) {
  const int64_t depth = 4 * all.size, vectors = all.size / WIDTH;
  const int64_t panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
  const int64_t stride = share.groups * chunk.d_gates_stride;
  const RowTiles tiles(rows, MAX_ROWS<Number>);
  const Span jobs = share.part(panels * tiles.count);
  for (int64_t job = jobs.start; job < jobs.stop;) {
    const int64_t panel = job / tiles.count, first = job % tiles.count;
    const int64_t last = std::min(tiles.count, first + jobs.stop - job);
    const int64_t left = std::min<int64_t>(TILE_VECTORS, vectors - panel * TILE_VECTORS);
    const Number* packed =
        static_cast<const Number*>(chunk.packed) + panel * TILE_VECTORS * WIDTH * depth;
    for (int64_t k = 0; k < depth; k += BLOCK_DEPTH) {
      const int64_t block = std::min(BLOCK_DEPTH, depth - k);
      for (int64_t tile = first; tile < last; ++tile) {
        const int64_t row = tiles.start(tile);
        float* out = chunk.d_hidden + share.sequence(row) * all.size + panel * TILE_VECTORS * WIDTH;
        const Number* from = d_gates + row * stride + k;
        const int64_t out_stride = share.groups * all.size;
        with_constant<MAX_ROWS<Number>>(tiles.height(tile), [&](auto height) {
          with_constant<TILE_VECTORS>(static_cast<int>(left), [&](auto width) {
            add_product<height, width>(out, out_stride, from, stride, packed + k * left * WIDTH,
                                       block, k == 0);
          });
        });
      }
    }
    job += last - first;
  }
}

// Adds the chunk's gradients of the gates to each sequence's context.
template <class Number>
static void add_context(const Sequence& all, const Chunk& chunk, const Share& share) {
  const Span vectors = share.part(4 * all.size / WIDTH);
  const int64_t base = Step(all, chunk.first).past;
  const int64_t rows = share.rows(all.active[chunk.first]);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = share.sequence(r);
    float* context = chunk.d_context + row * 4 * all.size;
    for (int64_t n = chunk.first; n < chunk.stop && row < all.active[n]; ++n) {
      const Number* from = static_cast<const Number*>(chunk.d_gates) +
                           (Step(all, n).past - base + row) * chunk.d_gates_stride;
      for (int64_t v = vectors.start * WIDTH; v < vectors.stop * WIDTH; v += WIDTH) {
        store(context + v, load(context + v) + load(from + v));
      }
    }
  }
}

template <class Number>
static void run_backward(const Sequence& all, const Chunk& chunk, const Share& share) {
  FlushedSubnormals flushed;
  TilesInUse tiles_in_use;
  const int64_t size = all.size, base = Step(all, chunk.first).past;
  std::vector<float> scratch(5 * size);
  float* d_norm = chunk.d_norm + (share.group * share.members + share.member) * 10 * size;
  for (int64_t number = chunk.stop - 1; number >= chunk.first; --number) {
    const Step step(all, number);
    const int64_t rows = share.rows(all.active[number]);
    const int64_t past_rows = share.rows(number ? all.active[number - 1] : all.batch);
    Number* first = static_cast<Number*>(chunk.d_gates) + (step.past - base) * chunk.d_gates_stride;
    const Span mine = share.part(past_rows);
    for (int64_t r = mine.start; r < mine.stop; ++r) {
      const int64_t row = share.sequence(r);
      Number* d_gates = first + row * chunk.d_gates_stride;
      if (r >= rows) {
        // It ended at the step before.
        std::memset(d_gates, 0, 4 * size * sizeof(Number));
        continue;
      }
      float* d_cell = chunk.d_cell + row * size;
      const OutputGradient d_output = {
          chunk.d_hidden + row * size,
          chunk.d_outputs ? chunk.d_outputs + (step.start + row) * size : nullptr};
      if (all.norm[0]) {
        differentiate_layer_norm(step, row, d_output, d_cell, d_gates, d_norm, scratch.data());
      } else {
        differentiate_lstm(step, row, d_output, d_cell, d_gates);
      }
    }
    share.wait();
    if (rows) {
      multiply_back(all, chunk, share, rows, first + share.sequence(0) * chunk.d_gates_stride);
    }
    share.wait();
  }
  add_context<Number>(all, chunk, share);
}
