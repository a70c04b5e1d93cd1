// The input of a fuzz target, read from its front. Once the input is used up, every read gives zeros, so any input is a whole one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace mailport::fuzz {

using Bytes = std::span<const uint8_t>;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  uint16_t Short() {
    const uint8_t high = Byte();
    return static_cast<uint16_t>(high << 8 | Byte());
  }
  uint32_t Word() {
    const uint32_t high = Short();
    return high << 16 | Short();
  }
  bool Bit() { return (Byte() & 1) != 0; }
  // 0 to bound - 1, from one byte.
  uint32_t Below(uint32_t bound) { return Byte() % bound; }
  // A number of any magnitude, from two bytes: small numbers and those around powers of two are as frequent as all others.
  uint32_t Magnitude(uint32_t most) {
    const uint32_t bits = Below(33);
    const uint32_t low = Byte();
    const uint64_t value = (uint64_t{1} << bits) - 1 + (bits > 8 ? uint64_t{low} << (bits - 8) : low >> (8 - bits));
    return static_cast<uint32_t>(std::min<uint64_t>(value, most));
  }
  // As many bytes as there are, `most` at most.
  Bytes Take(size_t most) {
    const Bytes taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  Bytes Rest() { return Take(rest_.size()); }

 private:
  Bytes rest_;
};

}  // namespace mailport::fuzz
