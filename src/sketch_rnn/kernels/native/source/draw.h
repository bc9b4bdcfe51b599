// Drawings, movement after movement: the cell, the output layer and the choice of the movement.
#pragma once

#include <cmath>

#include "hyper.h"

// Mirrored field by field in drawing.py. B is `batch`, H `size` and S `num_steps` of `cell.outer`, I
// `size` of `cell.inner`, M `num_mixture`, N the number of outputs rounded up to whole vectors. A slot
// holds a drawing's state; the drawing in slot b is numbers[b], or none is if that is negative.
struct Drawing {
  // Nothing is dropped and no backward follows; of its sequences `context` and `inputs` are below.
  // Cells other than hyper have an inner size of 0, and only `outer` counts.
  Hyper<float> cell;
  int64_t num_mixture, num_outputs;
  const float* output_weight;  // what pack_transposed wrote
  const float* output_bias;    // (N,)
  float* context;              // (B, 4H) interleaved, by slot
  float* inner_context;        // (B, 4I) interleaved, by slot
  float* outputs;              // (B, N) of no use afterwards
  float* strokes;              // (B, 5) the movement fed next, by slot
  int64_t* numbers;            // (B,)
  int64_t* running;            // (num_threads,) of no use afterwards
  const float* uniforms;       // (S, B, 2) by number
  const float* normals;        // (S, B, 2) by number
  const float* scales;         // (B, 3) by number: TemperatureScales of mixture.py
  const float* given;          // (S, B, 5) by number, null for none: movements to take, or zeros
  float* rows;                 // (B, S, 5) written, by number, up to the end of each drawing
};

// The class that a uniform number picks by inverting the cumulative sum of the softmax of the divided
// logits; if the divisor is 0, the most likely one.
static int64_t pick(const float* logits, int64_t count, float divisor, float uniform) {
  const float* most_likely = std::max_element(logits, logits + count);
  if (divisor == 0) return most_likely - logits;
  const float largest = *most_likely;
  float total = 0;
  for (int64_t i = 0; i < count; ++i) total += std::exp((logits[i] - largest) / divisor);
  float cumulative = 0;
  for (int64_t i = 0; i < count - 1; ++i) {
    cumulative += std::exp((logits[i] - largest) / divisor) / total;
    if (uniform < cumulative) return i;
  }
  return count - 1;
}

static float bounded(float value, float bound) { return std::min(std::max(value, -bound), bound); }

// Takes the movement that is given for step `t` of drawing `number`, if one is.
static bool take_movement(const Drawing& all, int64_t t, int64_t number, float* stroke) {
  if (!all.given) return false;
  const float* given = all.given + (t * all.cell.outer.batch + number) * 5;
  if (given[2] == 0 && given[3] == 0 && given[4] == 0) return false;
  std::copy(given, given + 5, stroke);
  return true;
}

// Writes the movement that step `t` of drawing `number` makes, as mixture.py does.
static void choose_movement(const Drawing& all, int64_t t, int64_t number, const float* outputs,
                            float* stroke) {
  const int64_t count = all.num_mixture;
  const float* uniforms = all.uniforms + (t * all.cell.outer.batch + number) * 2;
  const float* normals = all.normals + (t * all.cell.outer.batch + number) * 2;
  const float* scales = all.scales + number * 3;
  const float* mixture = outputs + 3;
  const int64_t component = pick(mixture, count, scales[1], uniforms[0]);
  const int64_t pen = pick(outputs, 3, scales[2], uniforms[1]);
  const float* chosen = mixture + component;
  const float atanh_rho = bounded(chosen[5 * count], MAX_ATANH_RHO);
  // sqrt(1 - rho^2) = 1 / cosh(atanh rho)
  const float normal[2] = {
      normals[0], std::tanh(atanh_rho) * normals[0] + normals[1] / std::cosh(atanh_rho)};
  for (int axis = 0; axis < 2; ++axis) {
    const float log_sigma = bounded(chosen[(3 + axis) * count], MAX_LOG_SIGMA);
    const float sigma = std::exp(log_sigma) * scales[0];
    stroke[axis] = chosen[(1 + axis) * count] + sigma * normal[axis];
  }
  for (int64_t state = 0; state < 3; ++state) stroke[2 + state] = state == pen;
}

// The drawings of one group of threads, from slot `base` on: a sequence of one step over and over.
class DrawingGroup {
 public:
  DrawingGroup(const Drawing& all, const Share& share)
      : all(all),
        batch(all.cell.outer.batch),
        group(share.group),
        base(group * batch / share.groups),
        rows((group + 1) * batch / share.groups - base),
        share{0, 1, share.member, share.members, share.barrier},
        cell(all.cell) {
    begin_at_base(cell.outer, all.context);
    begin_at_base(cell.inner, all.inner_context);
    cell.embedded += base * FACTORS * cell.embedding;
  }

  DrawingGroup(const DrawingGroup&) = delete;

  void run() {
    for (int64_t t = 0; t < cell.outer.num_steps && rows; ++t) {
      step_cell();
      const Sequence& outer = cell.outer;
      share_product(share, rows, all.num_outputs, outer.size, Step(outer, 0).hidden_after(0),
                    outer.hidden_stride, all.output_weight, all.outputs + base * all.num_outputs,
                    all.num_outputs, true);
      share.wait();
      if (share.member == 0) all.running[group] = move_on(t);
      share.wait();
      rows = all.running[group];
    }
  }

 private:
  const Drawing& all;
  const int64_t batch, group, base;
  int64_t rows;
  const Share share;  // of this group alone, whose rows follow each other
  Hyper<float> cell;

  void begin_at_base(Sequence& of, const float* context) {
    static const int64_t start = 0;
    of.active = &rows;
    of.starts = &start;
    of.inputs = all.strokes + base * of.width;
    of.context = context + base * 4 * of.size;
    of.hiddens += base * of.hidden_stride;
    of.cells += base * of.size;
    of.gates += base * 4 * of.size;
  }

  void step_cell() const {
    if (cell.inner.size) return HyperStep(cell, share, 0).run();
    const Step step(cell.outer, 0);
    each_tile(share, rows, cell.outer.size / WIDTH,
              [&](auto height, int64_t row, int64_t panel) {
                gates_tile<height>(step, row, 1, panel);
              });
    if (!cell.outer.norm[0]) return;
    const Span mine = share.part(rows);
    for (int64_t row = mine.start; row < mine.stop; ++row) finish_layer_norm(step, row);
    share.wait();
  }

  // Chooses the movements, drops the drawings that end, and returns how many are left.
  int64_t move_on(int64_t t) const {
    const Sequence& outer = cell.outer;
    int64_t left = rows;
    for (int64_t slot = base + rows - 1; slot >= base; --slot) {
      const int64_t number = all.numbers[slot];
      float* outputs = all.outputs + slot * all.num_outputs;
      for (int64_t i = 0; i < all.num_outputs; ++i) outputs[i] += all.output_bias[i];
      float* stroke = all.strokes + slot * 5;
      if (!take_movement(all, t, number, stroke)) choose_movement(all, t, number, outputs, stroke);
      std::copy(stroke, stroke + 5, all.rows + (number * outer.num_steps + t) * 5);
      if (stroke[4] == 0) continue;
      const int64_t last = base + --left;
      fill(slot, last);
      all.numbers[last] = -1;
    }
    const float* after = Step(outer, 0).hidden_after(0);
    std::copy(after, after + left * outer.hidden_stride, outer.hiddens);
    return left;
  }

  // Moves a drawing whose movement has been chosen into the slot of one that has ended.
  void fill(int64_t slot, int64_t from) const {
    if (slot == from) return;
    const auto move = [&](float* values, int64_t width) {
      std::copy(values + from * width, values + (from + 1) * width, values + slot * width);
    };
    const Sequence &outer = all.cell.outer, &inner = all.cell.inner;
    move(all.context, 4 * outer.size);
    move(all.inner_context, 4 * inner.size);
    move(outer.hiddens + batch * outer.hidden_stride, outer.hidden_stride);
    move(outer.cells, outer.size);
    move(inner.cells, inner.size);
    move(all.strokes, 5);
    all.numbers[slot] = all.numbers[from];
  }
};

static void run_drawing(const Drawing& all, const Share& share) {
  FlushedSubnormals flushed;
  DrawingGroup(all, share).run();
}
