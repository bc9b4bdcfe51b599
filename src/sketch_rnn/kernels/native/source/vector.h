// Vectors of floats as wide as the processor's registers, and functions of them.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
constexpr int WIDTH = 16;
constexpr int TILE_ROWS = 6;
#elif defined(__AVX2__) && defined(__FMA__)
constexpr int WIDTH = 8;
constexpr int TILE_ROWS = 3;
#elif defined(__aarch64__)
constexpr int WIDTH = 4;
constexpr int TILE_ROWS = 6;
#else
constexpr int WIDTH = 4;
constexpr int TILE_ROWS = 3;
#endif

typedef float Vector __attribute__((vector_size(4 * WIDTH)));
typedef int32_t Mask __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t Bits __attribute__((vector_size(4 * WIDTH)));
typedef uint8_t Bytes __attribute__((vector_size(WIDTH)));

#define INLINE inline __attribute__((always_inline))

static INLINE Vector load(const float* from) {
  Vector value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

static INLINE void store(float* to, Vector value) { std::memcpy(to, &value, sizeof(value)); }

// Subtracting zero changes nothing and leaves one instruction; adding it would turn -0 into 0.
static INLINE Vector splat(float value) { return value - Vector{}; }

// One where a byte is not zero: dropout masks.
static INLINE Vector load_bytes(const uint8_t* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof(bytes));
  // In two steps, because the compiler knows only those as instructions.
  return __builtin_convertvector(__builtin_convertvector(bytes, Mask), Vector);
}

static INLINE float sum(Vector value) {
  float total = 0;
  for (int lane = 0; lane < WIDTH; ++lane) total += value[lane];
  return total;
}

// e^x to about one unit in the last place, for |x| < 88; what is not a number stays so.
static INLINE Vector exponential(Vector x) {
  x = x > 88.0f ? splat(88.0f) : x;
  x = x < -87.0f ? splat(-87.0f) : x;
  // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
  const Vector shifted = x * 1.44269504f + 12582912.0f;
  const Vector whole = shifted - 12582912.0f;
  const Vector r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
  Vector p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const Bits power = ((Bits)shifted + 127u) << 23;
  return p * (Vector)power;
}

static INLINE Vector reciprocal(Vector x) { return 1.0f / x; }
static INLINE Vector sigmoid(Vector x) { return reciprocal(1.0f + exponential(-x)); }

static INLINE Vector hyperbolic_tangent(Vector x) {
  const Bits sign = (Bits)x & 0x80000000u;
  const Vector size = (Vector)((Bits)x & 0x7fffffffu);
  const Vector large = 1.0f - 2.0f * reciprocal(exponential(size + size) + 1.0f);
  // Near zero the difference above would lose digits.
  const Vector square = x * x;
  Vector p = splat(-5.70498872745e-3f);
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  const Vector small = p * square * x + x;
  return size < 0.625f ? small : (Vector)((Bits)large | sign);
}

// While it lives, numbers too small to be normal count as zero: they are a hundred times slower.
class FlushedSubnormals {
 public:
#if defined(__x86_64__)
  FlushedSubnormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushedSubnormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#endif
};
