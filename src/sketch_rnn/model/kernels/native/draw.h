// Drawings, movement after movement: the cell, the output layer and the choice of the movement.
#pragma once

#include <cmath>

#include "backward.h"
#include "forward.h"

// Mirrored field by field in drawing.py. B is `batch`, H `size`, M `num_mixture`, S `num_steps`,
// N the number of outputs rounded up to whole vectors. A slot holds a drawing's state; the drawing
// in slot b is numbers[b], or none is if that is negative.
struct Drawing {
  int64_t num_steps, batch, size, num_mixture, num_outputs, num_threads;
  const float* packed;         // what pack_forward wrote
  const float* norm[4];        // gains and shifts of gates and cell, or null for an lstm
  const float* output_weight;  // what pack_transposed wrote
  const float* output_bias;    // (N,)
  float* context;              // (B, 4H) interleaved, by slot
  float* hiddens;              // (2B, H) before a step and after it, by slot
  float* cells;                // (B, H) by slot
  float* gates;                // (B, 4H) of no use afterwards
  float* outputs;              // (B, N) of no use afterwards
  float* strokes;              // (B, 5) the movement fed next, by slot
  int64_t* numbers;            // (B,)
  int64_t* running;            // (num_threads,) of no use afterwards
  const float* uniforms;       // (S, B, 2) by number
  const float* normals;        // (S, B, 2) by number
  float* rows;                 // (B, S, 5) written, by number, up to the end of each drawing
  double sigma_factor, logit_divisor;
  int64_t greedy;              // whether the most likely movement is chosen
};

// The class that a uniform number picks by inverting the cumulative sum of the softmax.
static int64_t pick(const float* logits, int64_t count, float divisor, float uniform) {
  const float largest = *std::max_element(logits, logits + count);
  float total = 0;
  for (int64_t i = 0; i < count; ++i) total += std::exp((logits[i] - largest) / divisor);
  float cumulative = 0;
  for (int64_t i = 0; i < count - 1; ++i) {
    cumulative += std::exp((logits[i] - largest) / divisor) / total;
    if (uniform < cumulative) return i;
  }
  return count - 1;
}

static int64_t most_likely(const float* logits, int64_t count) {
  return std::max_element(logits, logits + count) - logits;
}

static float bounded(float value, float bound) { return std::min(std::max(value, -bound), bound); }

// Writes the movement that step `t` of drawing `number` makes, as mixture.py does.
static void choose_movement(const Drawing& all, int64_t t, int64_t number, const float* outputs,
                            float* stroke) {
  const int64_t count = all.num_mixture;
  const float divisor = static_cast<float>(all.logit_divisor);
  const float* uniforms = all.uniforms + (t * all.batch + number) * 2;
  const float* normals = all.normals + (t * all.batch + number) * 2;
  const float* mixture = outputs + 3;
  const int64_t component =
      all.greedy ? most_likely(mixture, count) : pick(mixture, count, divisor, uniforms[0]);
  const int64_t pen = all.greedy ? most_likely(outputs, 3) : pick(outputs, 3, divisor, uniforms[1]);
  const float* chosen = mixture + component;
  float normal[2] = {0, 0};
  if (!all.greedy) {
    const float atanh_rho = bounded(chosen[5 * count], MAX_ATANH_RHO);
    normal[0] = normals[0];
    // sqrt(1 - rho^2) = 1 / cosh(atanh rho)
    normal[1] = std::tanh(atanh_rho) * normals[0] + normals[1] / std::cosh(atanh_rho);
  }
  for (int axis = 0; axis < 2; ++axis) {
    const float log_sigma = bounded(chosen[(3 + axis) * count], MAX_LOG_SIGMA);
    const float sigma = std::exp(log_sigma) * static_cast<float>(all.sigma_factor);
    stroke[axis] = chosen[(1 + axis) * count] + sigma * normal[axis];
  }
  for (int64_t state = 0; state < 3; ++state) stroke[2 + state] = state == pen;
}

// The drawings of one group of threads, from slot `base` on.
struct DrawingGroup {
  const Drawing& all;
  const Share& share;
  int64_t base;

  void run() const {
    const int64_t stop = (share.group + 1) * all.batch / share.groups;
    int64_t rows = stop - base;
    for (int64_t t = 0; t < all.num_steps && rows; ++t) {
      step_cell(rows);
      make_outputs(rows);
      if (share.member == 0) all.running[share.group] = move_on(t, rows);
      share.wait();
      rows = all.running[share.group];
    }
  }

 private:
  template <class Body>
  void each_tile(int64_t panels, int64_t rows, const Body& body) const {
    const RowTiles tiles(rows);
    const Span jobs = share.part(panels * tiles.count);
    for (int64_t job = jobs.start; job < jobs.stop; ++job) {
      const int64_t tile = job % tiles.count;
      with_constant<TILE_ROWS>(tiles.height(tile), [&](auto height) {
        body(height, tiles.start(tile), job / tiles.count);
      });
    }
    share.wait();
  }

  void step_cell(int64_t rows) const {
    const int64_t size = all.size, start = 0;
    Sequence one = {};
    one.batch = all.batch;
    one.size = size;
    one.width = 5;
    one.starts = &start;
    one.inputs = all.strokes + base * 5;
    one.context = all.context + base * 4 * size;
    one.packed = all.packed;
    std::copy(all.norm, all.norm + 4, one.norm);
    one.hiddens = all.hiddens + base * size;
    one.cells = all.cells + base * size;
    one.gates = all.gates + base * 4 * size;
    one.hidden_stride = size;
    const Step step(one, 0);
    each_tile(size / WIDTH, rows, [&](auto height, int64_t row, int64_t panel) {
      gates_tile<height>(step, row, 1, panel);
    });
    if (!all.norm[0]) return;
    const Span mine = share.part(rows);
    for (int64_t row = mine.start; row < mine.stop; ++row) finish_layer_norm(step, row);
    share.wait();
  }

  void make_outputs(int64_t rows) const {
    const int64_t size = all.size, vectors = all.num_outputs / WIDTH;
    const int64_t panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
    const float* hidden = all.hiddens + (all.batch + base) * size;
    each_tile(panels, rows, [&](auto height, int64_t row, int64_t panel) {
      const int64_t column = panel * TILE_VECTORS * WIDTH;
      const int left = static_cast<int>(std::min<int64_t>(TILE_VECTORS, vectors - panel * TILE_VECTORS));
      float* out = all.outputs + (base + row) * all.num_outputs + column;
      with_constant<TILE_VECTORS>(left, [&](auto width) {
        add_product<height, width>(out, all.num_outputs, hidden + row * size, size,
                                   all.output_weight + column * size, size, true);
      });
    });
  }

  // Chooses the movements, drops the drawings that end, and returns how many are left.
  int64_t move_on(int64_t t, int64_t rows) const {
    const int64_t size = all.size;
    for (int64_t slot = base + rows - 1; slot >= base; --slot) {
      const int64_t number = all.numbers[slot];
      float* outputs = all.outputs + slot * all.num_outputs;
      for (int64_t i = 0; i < all.num_outputs; ++i) outputs[i] += all.output_bias[i];
      float* stroke = all.strokes + slot * 5;
      choose_movement(all, t, number, outputs, stroke);
      std::copy(stroke, stroke + 5, all.rows + (number * all.num_steps + t) * 5);
      if (stroke[4] == 0) continue;
      const int64_t last = base + --rows;
      fill(slot, last);
      all.numbers[last] = -1;
    }
    const float* after = all.hiddens + (all.batch + base) * size;
    std::copy(after, after + rows * size, all.hiddens + base * size);
    return rows;
  }

  // Moves a drawing whose movement has been chosen into the slot of one that has ended.
  void fill(int64_t slot, int64_t from) const {
    if (slot == from) return;
    const auto move = [&](float* values, int64_t width) {
      std::copy(values + from * width, values + (from + 1) * width, values + slot * width);
    };
    move(all.context, 4 * all.size);
    move(all.hiddens + all.batch * all.size, all.size);
    move(all.cells, all.size);
    move(all.strokes, 5);
    all.numbers[slot] = all.numbers[from];
  }
};

static void run_drawing(const Drawing& all, const Share& share) {
  FlushedSubnormals flushed;
  DrawingGroup{all, share, share.group * all.batch / share.groups}.run();
}
