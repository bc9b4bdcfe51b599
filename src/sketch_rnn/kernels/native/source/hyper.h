// A sequence of the hyper cell forwards. Its small cell reads the input and both
// outputs; from the small cell's new output come a factor on the input's part of each of the large
// cell's gates, a factor on the recurrent part, and a shift.
#pragma once

#include "backward.h"
#include "forward.h"

constexpr int64_t FACTORS = 12;

// Mirrored field by field in hyper_engine.py. H is the size of the outer, large cell, I that of
// the inner one, E the depth of a factor. Both have the same steps, batch, threads and inputs; both
// write into one array of outputs (B + P, H + I), where `outer.hiddens` begins. `outer.packed` is
// what pack_forward wrote of (H, 4H), `inner.packed` of (H + I, 4I). Products are of Number, but for
// those of the inputs; with Half the outputs lie in another such array as well, see Sequence.
template <class Number>
struct Hyper {
  Sequence outer, inner;
  int64_t embedding;               // E
  const Number* embedding_weight;  // (I, 12E), what pack_transposed wrote
  const float* embedding_bias;     // (12E,)
  const Number* factor_weight;     // (12E, H), what pack_factors wrote
  const float* bias;               // (4H,)
  Number* embedded;                // (P, 12E)
  float* recurrent;                // (P, 4H) interleaved, or null where no backward follows
};

// Calls body with the height, the first row and the panel of each tile of this thread's part.
template <class Number = float, class Body>
static void each_tile(const Share& share, int64_t rows, int64_t panels, const Body& body) {
  const RowTiles tiles(rows, MAX_ROWS<Number>);
  const Span jobs = share.part(panels * tiles.count);
  for (int64_t job = jobs.start; job < jobs.stop; ++job) {
    const int64_t tile = job % tiles.count;
    with_constant<MAX_ROWS<Number>>(tiles.height(tile), [&](auto height) {
      body(height, tiles.start(tile), job / tiles.count);
    });
  }
  share.wait();
}

// out (rows, columns) = rows (rows, depth) * packed, for this thread's part; added to what
// is there if not `is_first`.
template <class Number, class Out>
static void share_product(const Share& share, int64_t rows, int64_t columns, int64_t depth,
                          const Number* from, int64_t stride, const Number* packed, Out* out,
                          int64_t out_stride, bool is_first) {
  const int64_t vectors = columns / WIDTH;
  const int64_t panels = (vectors + TILE_VECTORS - 1) / TILE_VECTORS;
  const RowTiles tiles(rows, MAX_ROWS<Number>);
  const Span jobs = share.part(panels * tiles.count);
  for (int64_t job = jobs.start; job < jobs.stop; ++job) {
    const int64_t panel = job / tiles.count, row = tiles.start(job % tiles.count);
    const int64_t column = panel * TILE_VECTORS * WIDTH;
    const int left =
        static_cast<int>(std::min<int64_t>(TILE_VECTORS, vectors - panel * TILE_VECTORS));
    with_constant<MAX_ROWS<Number>>(tiles.height(job % tiles.count), [&](auto height) {
      with_constant<TILE_VECTORS>(left, [&](auto width) {
        add_product<height, width>(out + row * out_stride + column, out_stride,
                                   from + row * stride, stride, packed + column * depth, depth,
                                   is_first);
      });
    });
  }
}

// One step of a group's sequences: every `groups`-th row of what a step of all has.
template <class Number>
struct HyperStep {
  const Hyper<Number>& all;
  const Share& share;
  Step outer, inner;
  int64_t rows, size, inner_size, past_size, width;

  HyperStep(const Hyper<Number>& all, const Share& share, int64_t number)
      : all(all),
        share(share),
        outer(all.outer, number),
        inner(all.inner, number),
        rows(share.rows(all.outer.active[number])),
        size(all.outer.size),
        inner_size(all.inner.size),
        past_size(all.outer.hidden_stride),
        width(all.outer.width) {}

  int64_t packed_row(int64_t row) const { return outer.start + share.sequence(row); }
  Number* embedded(int64_t row) const {
    return all.embedded + packed_row(row) * FACTORS * all.embedding;
  }
  float* recurrent(int64_t row) const { return all.recurrent + packed_row(row) * 4 * size; }

  // The small cell's gates before they are normalised.
  template <int ROWS>
  void make_inner_gates(int64_t first, int64_t panel) const {
    const int64_t row = share.sequence(first), step = share.groups;
    Tile<ROWS, 4> tile = {};
    multiply<ROWS, 4>(tile, outer.hidden_before<Number>(row), step * past_size,
                      all.inner.template recurrent_weight<Number>(panel, past_size), past_size);
    multiply<ROWS, 4>(tile, inner.inputs(row), step * width,
                      all.inner.input_weight(panel, past_size), width);
    for (int r = 0; r < ROWS; ++r) {
      const int64_t sequence = row + r * step;
      const float* context = all.inner.context + (sequence * inner_size + panel * WIDTH) * 4;
      float* gates = inner.gates(sequence) + panel * WIDTH * 4;
      for (int v = 0; v < 4; ++v) store(gates + v * WIDTH, tile[r][v] + load(context + v * WIDTH));
    }
  }

  // The input's part of the gates of some units.
  template <int ROWS>
  INLINE void from_inputs(Tile<ROWS, 4>& tile, int64_t first, int64_t panel) const {
    const int64_t row = share.sequence(first), step = share.groups;
    for (int r = 0; r < ROWS; ++r) {
      const float* context = all.outer.context + ((row + r * step) * size + panel * WIDTH) * 4;
      for (int v = 0; v < 4; ++v) tile[r][v] = load(context + v * WIDTH);
    }
    multiply<ROWS, 4>(tile, outer.inputs(row), step * width, all.outer.input_weight(panel, size),
                      width);
  }

  // One of the twelve factors of some units.
  template <int ROWS>
  INLINE void factor(Tile<ROWS, 1>& tile, int which, int64_t first, int64_t panel) const {
    const int64_t depth = all.embedding;
    for (int r = 0; r < ROWS; ++r) tile[r][0] = Vector{};
    multiply<ROWS, 1>(tile, embedded(first) + which * depth,
                      share.groups * FACTORS * depth,
                      all.factor_weight + (panel * FACTORS + which) * depth * WIDTH, depth);
  }

  template <int ROWS>
  void make_gates(int64_t first, int64_t panel) const {
    const int64_t row = share.sequence(first), step = share.groups;
    Tile<ROWS, 4> tile = {}, input_tile;
    multiply<ROWS, 4>(tile, outer.hidden_before<Number>(row), step * past_size,
                      all.outer.template recurrent_weight<Number>(panel, size), size);
    for (int r = 0; all.recurrent && r < ROWS; ++r) {
      float* to = recurrent(first + r) + panel * WIDTH * 4;
      for (int v = 0; v < 4; ++v) store(to + v * WIDTH, tile[r][v]);
    }
    from_inputs<ROWS>(input_tile, first, panel);
    for (int gate = 0; gate < 4; ++gate) {
      const Vector bias = load(all.bias + gate * size + panel * WIDTH);
      Tile<ROWS, 1> of_inputs, of_recurrent, shift;
      factor<ROWS>(of_inputs, gate, first, panel);
      factor<ROWS>(of_recurrent, 4 + gate, first, panel);
      factor<ROWS>(shift, 8 + gate, first, panel);
      for (int r = 0; r < ROWS; ++r) {
        store(outer.gates(row + r * step) + (panel * 4 + gate) * WIDTH,
              of_inputs[r][0] * input_tile[r][gate] + of_recurrent[r][0] * tile[r][gate] +
                  shift[r][0] + bias);
      }
    }
  }

  // What some of the factors are made of.
  template <int ROWS>
  void embed(int64_t first, int64_t panel) const {
    const int64_t column = panel * TILE_VECTORS * WIDTH;
    Tile<ROWS, TILE_VECTORS> tile = {};
    multiply<ROWS, TILE_VECTORS>(tile, inner.hidden_after<Number>(share.sequence(first)),
                                 share.groups * past_size,
                                 all.embedding_weight + column * inner_size, inner_size);
    for (int r = 0; r < ROWS; ++r) {
      for (int v = 0; v < TILE_VECTORS; ++v) {
        const int64_t place = column + v * WIDTH;
        store(embedded(first + r) + place, tile[r][v] + load(all.embedding_bias + place));
      }
    }
  }

  void finish(const Step& step) const {
    const Span mine = share.part(rows);
    for (int64_t row = mine.start; row < mine.stop; ++row) {
      finish_layer_norm(step, share.sequence(row));
    }
    share.wait();
  }

  void run() const {
    const auto each = [&](int64_t columns, const auto& body) {
      each_tile<Number>(share, rows, columns / (TILE_VECTORS * WIDTH), body);
    };
    each(4 * inner_size, [&](auto height, int64_t row, int64_t panel) {
      make_inner_gates<height>(row, panel);
    });
    finish(inner);
    each(FACTORS * all.embedding, [&](auto height, int64_t row, int64_t panel) {
      embed<height>(row, panel);
    });
    each(4 * size, [&](auto height, int64_t row, int64_t panel) {
      make_gates<height>(row, panel);
    });
    finish(outer);
  }
};

template <class Number>
static void run_hyper_forward(const Hyper<Number>& all, const Share& share) {
  FlushedSubnormals flushed;
  TilesInUse tiles_in_use;
  for (int64_t number = 0; number < all.outer.num_steps; ++number) {
    const HyperStep step(all, share, number);
    if (step.rows == 0) return;
    step.run();
  }
}
