// The operands of a whole ragged sequence, laid out as operands.py describes.
#pragma once

#include "cells.h"
#include "half_product.h"
#include "team.h"

// Mirrored field by field in library.py. H is `size`, D is `width`, P the number of rows. With
// `hiddens_half`, recurrent products are of bfloat16 numbers and `packed` is of the inputs alone.
struct Sequence {
  int64_t num_steps, batch, size, width, num_threads;
  const int64_t* active;  // (num_steps,) running sequences
  const int64_t* starts;  // (num_steps,) first packed row of each step
  const float* inputs;    // (P, D)
  const uint8_t* kept;    // (P, H) or null
  double dropout_scale;
  const float* context;   // (B, 4H) interleaved
  const float* packed;    // what pack_forward wrote
  const float* norm[4];   // gains and shifts of gates and cell, or null for an lstm
  float* hiddens;         // (B + P, H)
  float* cells;           // (B + P, H), or (B, H) where no backward follows
  float* gates;           // (P, 4H) interleaved, or (B, 4H) where no backward follows
  int64_t keep;           // whether a backward follows
  int64_t hidden_stride;  // from one row of `hiddens` to the next
  Half* hiddens_half;     // (B + P, H), its rows as far apart, or null
  const Half* packed_half;  // (H, 4H), what pack_forward_half wrote

  Dropout dropout(int64_t row) const {
    return {kept ? kept + row * size : nullptr, static_cast<float>(dropout_scale)};
  }
  // The outputs in the numbers of recurrent products.
  template <class Number>
  Number* outputs() const {
    if constexpr (std::is_same_v<Number, Half>) {
      return hiddens_half;
    } else {
      return hiddens;
    }
  }
  // A panel of the recurrent weight (depth, 4H), and that of the inputs' weight.
  template <class Number>
  const Number* recurrent_weight(int64_t panel, int64_t depth) const {
    if constexpr (std::is_same_v<Number, Half>) {
      return packed_half + panel * depth * 4 * WIDTH;
    } else {
      return packed + panel * (depth + width) * 4 * WIDTH;
    }
  }
  const float* input_weight(int64_t panel, int64_t depth) const {
    const int64_t above = hiddens_half ? 0 : depth;
    return packed + (panel * (above + width) + above) * 4 * WIDTH;
  }
};

// Gradients of the steps from `first` to before `stop`, the later ones done before.
struct Chunk {
  int64_t first, stop;
  const void* packed;      // what pack_transposed or _half wrote of the recurrent weight
  const float* d_outputs;  // (P, H) or null
  float* d_hidden;         // (B, H) of the output after the step, then of the one before
  float* d_cell;           // (B, H) likewise
  float* d_context;        // (B, 4H) added to
  void* d_gates;           // history rows from the past of `first` to that of `stop` - 1, of
                           // floats, or of Half numbers with `hiddens_half`
  int64_t d_gates_stride;
  float* d_norm;           // (num_threads, 10H) added to: of `norm`, one part after another
};

// The rows of one step.
struct Step {
  const Sequence& all;
  int64_t start, past;  // first packed row, first history row of the step before

  Step(const Sequence& all, int64_t number)
      : all(all),
        start(all.starts[number]),
        past(number ? all.batch + all.starts[number - 1] : 0) {}

  template <class Number = float>
  Number* hidden_before(int64_t row) const {
    return all.outputs<Number>() + (past + row) * all.hidden_stride;
  }
  template <class Number = float>
  Number* hidden_after(int64_t row) const {
    return all.outputs<Number>() + (all.batch + start + row) * all.hidden_stride;
  }
  void set_hidden(int64_t row, int64_t unit, Vector value) const {
    store(hidden_after(row) + unit, value);
    if (all.hiddens_half) store(hidden_after<Half>(row) + unit, value);
  }
  float* cell_before(int64_t row) const {
    return all.cells + ((all.keep ? past : 0) + row) * all.size;
  }
  float* cell_after(int64_t row) const {
    return all.cells + ((all.keep ? all.batch + start : 0) + row) * all.size;
  }
  float* gates(int64_t row) const {
    return all.gates + ((all.keep ? start : 0) + row) * 4 * all.size;
  }
  const float* inputs(int64_t row) const { return all.inputs + (start + row) * all.width; }
  Dropout dropout(int64_t row) const { return all.dropout(start + row); }
};
