// A sequence of the hyper cell backwards.
#pragma once

#include "hyper.h"

// Gradients of the steps from `first` to before `stop`; rows count from the first of these steps.
template <class Number>
struct HyperChunk {
  int64_t first, stop;
  const Number* recurrent_weight;  // of these four what pack_transposed wrote
  const Number* past_weight;
  const Number* embedding_weight;
  const Number* factor_weight;  // each factor's (E, H) on its own
  const float* d_outputs;       // (P, H)
  float* d_past;                // (B, H + I) of the outputs after the step, then of those before
  float* d_cell;                // (B, H) likewise
  float* d_inner_cell;          // (B, I) likewise
  float* d_context;             // (B, 4H) added to
  float* d_inner_context;       // (B, 4I) added to
  Number* d_factors;            // (rows, 12H): of the factors, then those of the gates
  int64_t d_factors_stride;
  Number* d_from_inputs;  // (rows, 4H)
  Number* d_recurrent;    // (rows, 4H)
  Number* d_inner_gates;  // (rows, 4I)
  Number* d_embedded;     // (rows, 12E)
  float* d_inner_hidden;  // (B, I) of no use afterwards
  float* d_norm;          // (num_threads, 10H + 10I) added to
};

// The derivative of one step; rows of the chunk count from `base`.
template <class Number>
struct HyperBackwardStep : HyperStep<Number> {
  using Forward = HyperStep<Number>;
  using Forward::all, Forward::share, Forward::outer, Forward::inner, Forward::rows;
  using Forward::size, Forward::inner_size, Forward::past_size, Forward::packed_row;
  const HyperChunk<Number>& d;
  int64_t base;

  HyperBackwardStep(const Hyper<Number>& all, const HyperChunk<Number>& d, const Share& share,
                    int64_t number)
      : Forward(all, share, number), d(d), base(all.outer.starts[d.first]) {}

  int64_t chunk_row(int64_t row) const { return packed_row(row) - base; }
  Number* d_factors(int64_t row) const { return d.d_factors + chunk_row(row) * d.d_factors_stride; }
  float* d_past(int64_t row) const { return d.d_past + share.sequence(row) * past_size; }

  void differentiate_gates(float* d_norm, float* scratch) const {
    const Span mine = share.part(rows);
    for (int64_t row = mine.start; row < mine.stop; ++row) {
      const int64_t sequence = share.sequence(row);
      const OutputGradient d_output = {d_past(row), d.d_outputs + packed_row(row) * size};
      differentiate_layer_norm(outer, sequence, d_output, d.d_cell + sequence * size,
                               d_factors(row) + 8 * size, d_norm, scratch);
    }
    share.wait();
  }

  template <int ROWS>
  void differentiate_factors(int64_t first, int64_t panel) const {
    Tile<ROWS, 4> input_tile;
    this->template from_inputs<ROWS>(input_tile, first, panel);
    for (int gate = 0; gate < 4; ++gate) {
      const int64_t unit = gate * size + panel * WIDTH;
      Tile<ROWS, 1> of_inputs, of_recurrent;
      this->template factor<ROWS>(of_inputs, gate, first, panel);
      this->template factor<ROWS>(of_recurrent, 4 + gate, first, panel);
      for (int r = 0; r < ROWS; ++r) {
        const int64_t row = first + r;
        Number* factors = d_factors(row) + unit;
        const Vector d_gate = load(factors + 8 * size);
        store(d.d_from_inputs + chunk_row(row) * 4 * size + unit, d_gate * of_inputs[r][0]);
        store(d.d_recurrent + chunk_row(row) * 4 * size + unit, d_gate * of_recurrent[r][0]);
        store(factors, d_gate * input_tile[r][gate]);
        store(factors + 4 * size,
              d_gate * load(this->recurrent(row) + (panel * 4 + gate) * WIDTH));
      }
    }
  }

  void differentiate_embedded() const {
    const int64_t depth = all.embedding, columns = FACTORS * depth;
    Number* out = d.d_embedded + chunk_row(0) * columns;
    for (int which = 0; which < FACTORS; ++which) {
      share_product(share, rows, depth, size, d_factors(0) + which * size,
                    share.groups * d.d_factors_stride, d.factor_weight + which * depth * size,
                    out + which * depth, share.groups * columns, true);
    }
    share.wait();
    share_product(share, rows, inner_size, columns, out, share.groups * columns,
                  d.embedding_weight, d.d_inner_hidden + share.sequence(0) * inner_size,
                  share.groups * inner_size, true);
    share.wait();
  }

  void differentiate_inner_gates(float* d_norm, float* scratch) const {
    const Span mine = share.part(rows);
    for (int64_t row = mine.start; row < mine.stop; ++row) {
      const int64_t sequence = share.sequence(row);
      const OutputGradient d_output = {d_past(row) + size,
                                       d.d_inner_hidden + sequence * inner_size};
      differentiate_layer_norm(inner, sequence, d_output, d.d_inner_cell + sequence * inner_size,
                               d.d_inner_gates + chunk_row(row) * 4 * inner_size, d_norm, scratch);
    }
    share.wait();
  }

  void differentiate_past() const {
    const int64_t stride = share.groups * past_size;
    share_product(share, rows, past_size, 4 * inner_size,
                  d.d_inner_gates + chunk_row(0) * 4 * inner_size, share.groups * 4 * inner_size,
                  d.past_weight, d_past(0), stride, true);
    share.wait();
    share_product(share, rows, size, 4 * size, d.d_recurrent + chunk_row(0) * 4 * size,
                  share.groups * 4 * size, d.recurrent_weight, d_past(0), stride, false);
    share.wait();
  }

  void add_contexts() const {
    const Span mine = share.part(rows);
    const auto add = [&](float* to, const Number* from, int64_t count) {
      for (int64_t k = 0; k < count; k += WIDTH) store(to + k, load(to + k) + load(from + k));
    };
    for (int64_t row = mine.start; row < mine.stop; ++row) {
      const int64_t sequence = share.sequence(row), from = chunk_row(row);
      add(d.d_context + sequence * 4 * size, d.d_from_inputs + from * 4 * size, 4 * size);
      add(d.d_inner_context + sequence * 4 * inner_size, d.d_inner_gates + from * 4 * inner_size,
          4 * inner_size);
    }
    share.wait();
  }
};

template <class Number>
static void run_hyper_backward(const Hyper<Number>& all, const HyperChunk<Number>& chunk,
                               const Share& share) {
  FlushedSubnormals flushed;
  TilesInUse tiles_in_use;
  const int64_t size = all.outer.size, inner_size = all.inner.size;
  std::vector<float> scratch(5 * std::max(size, inner_size));
  float* d_norm = chunk.d_norm +
                  (share.group * share.members + share.member) * 10 * (size + inner_size);
  for (int64_t number = chunk.stop - 1; number >= chunk.first; --number) {
    const HyperBackwardStep<Number> step(all, chunk, share, number);
    if (step.rows == 0) continue;
    step.differentiate_gates(d_norm, scratch.data());
    each_tile<Number>(share, step.rows, size / WIDTH, [&](auto height, int64_t row, int64_t panel) {
      step.template differentiate_factors<height>(row, panel);
    });
    step.differentiate_embedded();
    step.differentiate_inner_gates(d_norm + 10 * size, scratch.data());
    step.differentiate_past();
    step.add_contexts();
  }
}
