// A sequence forwards.
#pragma once

#include "sequence.h"

template <int ROWS>
static INLINE void finish_lstm(const Step& step, const Tile<ROWS, 4>& tile, int64_t row,
                               int64_t row_step, int64_t unit) {
  for (int r = 0; r < ROWS; ++r, row += row_step) {
    const Gates gate = opened(tile[r][0], tile[r][1], tile[r][2], tile[r][3]);
    const Vector before = load(step.cell_before(row) + unit);
    const Vector after = updated(gate, before, step.dropout(row).at(unit));
    store(step.cell_after(row) + unit, after);
    step.set_hidden(row, unit, hyperbolic_tangent(after) * gate.out);
    if (!step.all.keep) continue;
    float* gates = step.gates(row) + 4 * unit;
    store(gates, gate.write);
    store(gates + WIDTH, gate.candidate);
    store(gates + 2 * WIDTH, gate.keep);
    store(gates + 3 * WIDTH, gate.out);
  }
}

template <int ROWS>
static INLINE void keep_tile(const Step& step, const Tile<ROWS, 4>& tile, int64_t row,
                             int64_t row_step, int64_t unit) {
  for (int r = 0; r < ROWS; ++r, row += row_step) {
    float* gates = step.gates(row) + 4 * unit;
    for (int v = 0; v < 4; ++v) store(gates + v * WIDTH, tile[r][v]);
  }
}

static void finish_layer_norm(const Step& step, int64_t row) {
  const int64_t size = step.all.size;
  const float* const* norm = step.all.norm;
  const Dropout dropout = step.dropout(row);
  float* after = step.cell_after(row);
  float* hidden = step.hidden_after(row);
  const NormalGates normal(step.gates(row), size);
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    const Gates gate = normal.opened(norm, unit);
    store(after + unit, updated(gate, load(step.cell_before(row) + unit), dropout.at(unit)));
    store(hidden + unit, gate.out);
  }
  const Moments cell(after, size, WIDTH);
  for (int64_t unit = 0; unit < size; unit += WIDTH) {
    const Vector scaled = cell.normal(load(after + unit)) * load(norm[2] + unit);
    const Vector squashed = hyperbolic_tangent(scaled + load(norm[3] + unit));
    step.set_hidden(row, unit, squashed * load(hidden + unit));
  }
}

// Fetches what a tile will need after its product.
static INLINE void prefetch_row(const Step& step, int64_t row, int64_t unit) {
  const float* context = step.all.context + (row * step.all.size + unit) * 4;
  float* gates = step.gates(row) + 4 * unit;
  for (int v = 0; v < 4; ++v) {
    __builtin_prefetch(context + v * WIDTH);
    __builtin_prefetch(gates + v * WIDTH, 1);
  }
  __builtin_prefetch(step.cell_before(row) + unit);
  __builtin_prefetch(step.cell_after(row) + unit, 1);
  __builtin_prefetch(step.hidden_after(row) + unit, 1);
}

template <int ROWS, class Number = float>
static void gates_tile(const Step& step, int64_t row, int64_t row_step, int64_t panel) {
  const Sequence& all = step.all;
  const int64_t size = all.size, unit = panel * WIDTH;
  Tile<ROWS, 4> tile;
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r) {
    prefetch_row(step, row + r * row_step, unit);
#pragma GCC unroll 8
    for (int v = 0; v < 4; ++v) tile[r][v] = Vector{};
  }
  multiply<ROWS, 4>(tile, step.hidden_before<Number>(row), row_step * all.hidden_stride,
                    all.recurrent_weight<Number>(panel, size), size);
  multiply<ROWS, 4>(tile, step.inputs(row), row_step * all.width, all.input_weight(panel, size),
                    all.width);
#pragma GCC unroll 8
  for (int r = 0; r < ROWS; ++r) {
    const float* context = all.context + ((row + r * row_step) * size + unit) * 4;
#pragma GCC unroll 8
    for (int v = 0; v < 4; ++v) tile[r][v] += load(context + v * WIDTH);
  }
  if (all.norm[0]) {
    keep_tile<ROWS>(step, tile, row, row_step, unit);
  } else {
    finish_lstm<ROWS>(step, tile, row, row_step, unit);
  }
}

template <class Number>
static void run_forward(const Sequence& all, const Share& share) {
  FlushedSubnormals flushed;
  TilesInUse tiles_in_use;
  const int64_t panels = all.size / WIDTH;
  for (int64_t number = 0; number < all.num_steps; ++number) {
    const int64_t rows = share.rows(all.active[number]);
    if (rows == 0) return;
    const Step step(all, number);
    const RowTiles tiles(rows, MAX_ROWS<Number>);
    const Span jobs = share.part(panels * tiles.count);
    for (int64_t job = jobs.start; job < jobs.stop; ++job) {
      const int64_t panel = job / tiles.count, tile = job % tiles.count;
      const int64_t row = share.sequence(tiles.start(tile));
      with_constant<MAX_ROWS<Number>>(tiles.height(tile), [&](auto height) {
        gates_tile<height, Number>(step, row, share.groups, panel);
      });
    }
    share.wait();
    if (!all.norm[0]) continue;
    const Span mine = share.part(rows);
    for (int64_t row = mine.start; row < mine.stop; ++row) {
      finish_layer_norm(step, share.sequence(row));
    }
    share.wait();
  }
}
