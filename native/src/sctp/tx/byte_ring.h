// The payload that an association has accepted and its peer has not yet acknowledged: bytes enter and leave in order, so one ring holds
// them all and a message costs no allocation. A position counts every byte that ever entered.
#pragma once

#include <cstdint>
#include <memory>

#include "../types.h"

namespace mailport::sctp {

class ByteRing {
 public:
  // Copies `data` in and gives the position of its first byte.
  uint64_t Append(Bytes data);
  void Read(uint64_t position, size_t length, uint8_t* out) const;
  // Everything before `position` is needed no more.
  void ReleaseBefore(uint64_t position) { begin_ = position; }
  uint64_t end() const { return end_; }
  // Gives the memory back if nothing is held.
  void Trim();

 private:
  void Grow(size_t needed);

  std::unique_ptr<uint8_t[]> bytes_;
  size_t capacity_ = 0;  // A power of two, or 0.
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
};

}  // namespace mailport::sctp
