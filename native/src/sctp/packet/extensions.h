// The chunk types that an INIT or INIT ACK lists in its Supported Extensions parameter (RFC 5061 section 4.2.7).
//
//   | parameter type = 0x8008 | length  |
//   | chunk type | chunk type | ...     |
#pragma once

#include <algorithm>
#include <array>

#include "../types.h"

namespace mailport::sctp {

class Extensions {
 public:
  void Add(uint8_t chunk_type) {
    if (!Has(chunk_type) && count_ < kMost) types_[count_++] = chunk_type;
  }
  bool Has(uint8_t chunk_type) const { return std::find(types_.begin(), types_.begin() + count_, chunk_type) != types_.begin() + count_; }
  bool empty() const { return count_ == 0; }
  Bytes types() const { return Bytes(types_).first(count_); }

 private:
  // Of a peer's list, as many different ones are kept. There are fewer chunk types that are extensions.
  static constexpr size_t kMost = 32;

  std::array<uint8_t, kMost> types_{};
  uint8_t count_ = 0;
};

}  // namespace mailport::sctp
