// Drawings, movement after movement: the cell, the output layer and the choice of the movement.
#pragma once

#include <cmath>
#include <limits>

#include "hyper.h"

// Mirrored field by field in drawing.py. R is `batch`, H `size` and S `num_steps` of `cell.outer`, I
// `size` of `cell.inner`, M `num_mixture`, N the number of outputs rounded up to whole vectors, C
// `num_candidates`. A slot holds the state of a drawing in one row, or with several candidates in two:
// with its label and without. So B slots are R rows. The drawing in slot b is numbers[b], or none is if
// that is negative.
struct Drawing {
  // Nothing is dropped and no backward follows; of its sequences `context` and `inputs` are below.
  // Cells other than hyper have an inner size of 0, and only `outer` counts.
  Hyper<float> cell;
  int64_t num_mixture, num_outputs, num_candidates;
  const float* output_weight;  // what pack_transposed wrote
  const float* output_bias;    // (N,)
  float* context;              // (R, 4H) interleaved, by slot
  float* inner_context;        // (R, 4I) interleaved, by slot
  float* outputs;              // (R, N) of no use afterwards
  float* strokes;              // (R, 5) the movement fed next, by slot
  int64_t* numbers;            // (B,)
  int64_t* running;            // (num_threads,) of no use afterwards
  const float* uniforms;       // (S, C, B, 2) by number
  const float* normals;        // (S, C, B, 2) by number
  const float* scales;         // (B, 3) by number: TemperatureScales of mixture.py
  const float* given;          // (S, B, 5) by number, null for none: movements to take, or zeros
  float* rows;                 // (B, S, 5) written, by number, up to the end of each drawing

  int64_t rows_each() const { return num_candidates > 1 ? 2 : 1; }
  int64_t slots() const { return cell.outer.batch / rows_each(); }
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
  const float* given = all.given + (t * all.slots() + number) * 5;
  if (given[2] == 0 && given[3] == 0 && given[4] == 0) return false;
  std::copy(given, given + 5, stroke);
  return true;
}

// Writes the movement that the network's outputs and random numbers make, as mixture.py does.
static void sample_movement(int64_t count, const float* outputs, const float* scales,
                            const float* uniforms, const float* normals, float* stroke) {
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

// The log of a sum of exponentials, term after term.
class LogSum {
 public:
  void add(float term) {
    if (term > largest) {
      total = total * std::exp(largest - term) + 1;
      largest = term;
    } else {
      total += std::exp(term - largest);
    }
  }

  float value() const { return largest + std::log(total); }

 private:
  float largest = -std::numeric_limits<float>::infinity(), total = 0;
};

// The log density of an offset, as `offset_log_prob` of mixture.py computes it, but for terms that do not
// depend on the offset.
static float offset_log_density(int64_t count, const float* outputs, const float* offset) {
  const float* mixture = outputs + 3;
  LogSum densities;
  for (int64_t i = 0; i < count; ++i) {
    const float* one = mixture + i;
    float normal[2], log_density = one[0];
    for (int axis = 0; axis < 2; ++axis) {
      const float log_sigma = bounded(one[(3 + axis) * count], MAX_LOG_SIGMA);
      normal[axis] = (offset[axis] - bounded(one[(1 + axis) * count], MAX_MEAN)) * std::exp(-log_sigma);
      log_density -= log_sigma;
    }
    const float atanh_rho = bounded(one[5 * count], MAX_ATANH_RHO), ratio = std::exp(2 * atanh_rho);
    const float along = normal[0] + normal[1], across = normal[0] - normal[1];
    log_density += std::log(std::cosh(atanh_rho)) -
                   0.125f * ((1 + 1 / ratio) * along * along + (1 + ratio) * across * across);
    densities.add(log_density);
  }
  return densities.value();
}

// Writes the movement that step `t` of drawing `number` makes, given the outputs of its rows.
static void choose_movement(const Drawing& all, int64_t t, int64_t number, const float* outputs,
                            float* stroke) {
  const float* unlabelled = outputs + all.num_outputs;
  float most = 0;
  for (int64_t candidate = 0; candidate < all.num_candidates; ++candidate) {
    const int64_t place = ((t * all.num_candidates + candidate) * all.slots() + number) * 2;
    float movement[5];
    sample_movement(all.num_mixture, outputs, all.scales + number * 3, all.uniforms + place,
                    all.normals + place, movement);
    const float told = all.num_candidates == 1
                           ? 0
                           : offset_log_density(all.num_mixture, outputs, movement) -
                                 offset_log_density(all.num_mixture, unlabelled, movement);
    if (candidate && !(told > most)) continue;
    most = told;
    std::copy(movement, movement + 5, stroke);
  }
}

// The drawings of one group of threads, from slot `base` on: a sequence of one step over and over.
class DrawingGroup {
 public:
  DrawingGroup(const Drawing& all, const Share& share)
      : all(all),
        batch(all.cell.outer.batch),
        group(share.group),
        width(all.rows_each()),
        base(group * all.slots() / share.groups),
        rows(((group + 1) * all.slots() / share.groups - base) * width),
        share{0, 1, share.member, share.members, share.barrier},
        cell(all.cell) {
    const int64_t first = base * width;
    begin_at(first, cell.outer, all.context);
    begin_at(first, cell.inner, all.inner_context);
    cell.embedded += first * FACTORS * cell.embedding;
  }

  DrawingGroup(const DrawingGroup&) = delete;

  void run() {
    for (int64_t t = 0; t < cell.outer.num_steps && rows; ++t) {
      step_cell();
      const Sequence& outer = cell.outer;
      share_product(share, rows, all.num_outputs, outer.size, Step(outer, 0).hidden_after(0),
                    outer.hidden_stride, all.output_weight, all.outputs + base * width * all.num_outputs,
                    all.num_outputs, true);
      share.wait();
      if (share.member == 0) all.running[group] = move_on(t);
      share.wait();
      rows = all.running[group];
    }
  }

 private:
  const Drawing& all;
  const int64_t batch, group, width, base;  // the rows of a slot; the first slot
  int64_t rows;
  const Share share;  // of this group alone, whose rows follow each other
  Hyper<float> cell;

  void begin_at(int64_t row, Sequence& of, const float* context) {
    static const int64_t start = 0;
    of.active = &rows;
    of.starts = &start;
    of.inputs = all.strokes + row * of.width;
    of.context = context + row * 4 * of.size;
    of.hiddens += row * of.hidden_stride;
    of.cells += row * of.size;
    of.gates += row * 4 * of.size;
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
    int64_t left = rows / width;
    for (int64_t slot = base + left - 1; slot >= base; --slot) {
      const int64_t number = all.numbers[slot];
      float* outputs = all.outputs + slot * width * all.num_outputs;
      for (int64_t row = 0; row < width; ++row) {
        float* biased = outputs + row * all.num_outputs;
        for (int64_t i = 0; i < all.num_outputs; ++i) biased[i] += all.output_bias[i];
      }
      float* stroke = all.strokes + slot * width * 5;
      if (!take_movement(all, t, number, stroke)) choose_movement(all, t, number, outputs, stroke);
      std::copy(stroke, stroke + 5, stroke + (width - 1) * 5);
      std::copy(stroke, stroke + 5, all.rows + (number * outer.num_steps + t) * 5);
      if (stroke[4] == 0) continue;
      const int64_t last = base + --left;
      fill(slot, last);
      all.numbers[last] = -1;
    }
    const float* after = Step(outer, 0).hidden_after(0);
    std::copy(after, after + left * width * outer.hidden_stride, outer.hiddens);
    return left * width;
  }

  // Moves a drawing whose movement has been chosen into the slot of one that has ended.
  void fill(int64_t slot, int64_t from) const {
    if (slot == from) return;
    const auto move = [&](float* values, int64_t size) {
      size *= width;
      std::copy(values + from * size, values + (from + 1) * size, values + slot * size);
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
