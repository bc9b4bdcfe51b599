// Numbers of half a float's width, bfloat16: a float without its lower 16 bits.
#pragma once

#include "vector.h"

struct Half {
  uint16_t bits;
};

typedef uint16_t Halves __attribute__((vector_size(2 * WIDTH)));

static INLINE Bits load_bits(const Half* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof(halves));
  return __builtin_convertvector(halves, Bits);
}

static INLINE Vector load(const Half* from) { return (Vector)(load_bits(from) << 16); }

// Rounds the bits of floats to the nearest, to the even one of two.
template <class Word>
static INLINE Word nearest(Word bits) {
  return bits + 0x7fffu + ((bits >> 16) & 1u);
}

// What is not a number stays so.
static INLINE void store(Half* to, Vector value) {
  const Bits bits = (Bits)value;
  const Bits chosen = value == value ? nearest(bits) : bits | 0x400000u;
  const Halves halves = __builtin_convertvector(chosen >> 16, Halves);
  std::memcpy(to, &halves, sizeof(halves));
}

static INLINE uint16_t rounded(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return static_cast<uint16_t>((value == value ? nearest(bits) : bits | 0x400000u) >> 16);
}
