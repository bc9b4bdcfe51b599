// What the cells do between two products, and its derivative.
#pragma once

#include <cmath>

#include "product.h"

// Where a gate of some units is in an interleaved row: the four gates of a vector of units lie
// side by side, as a tile has them.
static INLINE int64_t interleaved(int gate, int64_t unit) { return 4 * unit + gate * WIDTH; }

constexpr float FORGET_BIAS = 1.0f;
constexpr float LAYER_NORM_EPSILON = 1e-3f;
// As in mixture.py.
constexpr float MAX_ATANH_RHO = 7.0f;
constexpr float MAX_LOG_SIGMA = 20.0f;
constexpr float MAX_MEAN = 1e6f;

// Dropout of a candidate update: `kept` is null, or tells of each unit whether it stays.
struct Dropout {
  const uint8_t* kept;
  float scale;

  INLINE Vector at(int64_t unit) const {
    return kept ? load_bytes(kept + unit) * scale : splat(1.0f);
  }
};

struct Gates {
  Vector write, candidate, keep, out;
};

static INLINE Gates opened(Vector write, Vector candidate, Vector keep, Vector out) {
  return {sigmoid(write), hyperbolic_tangent(candidate), sigmoid(keep + FORGET_BIAS),
          sigmoid(out)};
}

static INLINE Vector updated(const Gates& gate, Vector cell, Vector dropout) {
  return gate.keep * cell + gate.write * (gate.candidate * dropout);
}

// The gradient of the gates before they were opened; d_cell becomes that of the cell before.
static INLINE Gates differentiated(const Gates& gate, Vector cell_before, Vector dropout,
                                   Vector d_out, Vector& d_cell) {
  const Vector d_written = d_cell * dropout;
  Gates d;
  d.write = d_written * gate.candidate * (gate.write * (1.0f - gate.write));
  d.candidate = d_written * gate.write * (1.0f - gate.candidate * gate.candidate);
  d.keep = d_cell * cell_before * (gate.keep * (1.0f - gate.keep));
  d.out = d_out * (gate.out * (1.0f - gate.out));
  d_cell *= gate.keep;
  return d;
}

// Mean and reciprocal deviation of `size` values, a vector of them every `stride`.
struct Moments {
  float mean, scale;

  Moments(const float* values, int64_t size, int64_t stride) {
    const float* stop = values + size / WIDTH * stride;
    Vector total = {};
    for (const float* from = values; from < stop; from += stride) total += load(from);
    mean = sum(total) / size;
    total = Vector{};
    for (const float* from = values; from < stop; from += stride) {
      const Vector difference = load(from) - mean;
      total += difference * difference;
    }
    scale = 1.0f / std::sqrt(sum(total) / size + LAYER_NORM_EPSILON);
  }

  INLINE Vector normal(Vector value) const { return (value - mean) * scale; }
};

// The pre-activations of one row of gates, each gate normalised on its own.
struct NormalGates {
  const float* gates;  // interleaved
  int64_t size;
  Moments moments[4];

  NormalGates(const float* gates, int64_t size)
      : gates(gates),
        size(size),
        moments{{gates, size, 4 * WIDTH},
                {gates + WIDTH, size, 4 * WIDTH},
                {gates + 2 * WIDTH, size, 4 * WIDTH},
                {gates + 3 * WIDTH, size, 4 * WIDTH}} {}

  INLINE Vector at(int gate, int64_t unit) const {
    return moments[gate].normal(load(gates + interleaved(gate, unit)));
  }
  // Shifted by the gains and shifts norm[0] and norm[1].
  INLINE Vector shifted(const float* const* norm, int gate, int64_t unit) const {
    const int64_t place = gate * size + unit;
    return at(gate, unit) * load(norm[0] + place) + load(norm[1] + place);
  }
  INLINE Gates opened(const float* const* norm, int64_t unit) const {
    return ::opened(shifted(norm, 0, unit), shifted(norm, 1, unit), shifted(norm, 2, unit),
                    shifted(norm, 3, unit));
  }
};
