// A seeded generator for tests (SplitMix64): the same numbers on every machine.
#pragma once

#include <cstdint>
#include <span>

namespace mailport::sctp::test {

class Random {
 public:
  // The seed is mixed once: neighbouring seeds would otherwise give one and the same sequence, begun a number later.
  explicit Random(uint64_t seed) : state_(seed) { state_ = Next(); }

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  // 0 to bound - 1.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  bool Chance(double probability) { return static_cast<double>(Next() >> 11) * 0x1p-53 < probability; }
  void Fill(std::span<uint8_t> out) {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(Next() >> 32);
  }

 private:
  uint64_t state_;
};

}  // namespace mailport::sctp::test
