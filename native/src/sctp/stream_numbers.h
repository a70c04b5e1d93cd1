// The next sequence number of each stream, 0 until it is set. A peer chooses which streams it uses, so what one of them costs must not depend on its
// number: pages of 64 streams are there only once one of them is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "give_back.h"

namespace mailport::sctp {

class StreamNumbers {
 public:
  uint16_t Get(uint16_t stream) const {
    const size_t page = stream / kPage;
    return page < pages_.size() && pages_[page] != 0 ? numbers_[Place(stream)] : 0;
  }
  // Valid until the next call.
  uint16_t& At(uint16_t stream) {
    const size_t page = stream / kPage;
    if (page >= pages_.size() || pages_[page] == 0) AddPage(page);
    return numbers_[Place(stream)];
  }
  void Clear() {
    GiveBack(pages_);
    GiveBack(numbers_);
  }
  size_t memory_bytes() const { return (pages_.capacity() + numbers_.capacity()) * sizeof(uint16_t); }

 private:
  static constexpr size_t kPage = 64;

  size_t Place(uint16_t stream) const { return (pages_[stream / kPage] - size_t{1}) * kPage + stream % kPage; }
  void AddPage(size_t page) {
    if (page >= pages_.size()) pages_.resize(page + 1, 0);
    numbers_.resize(numbers_.size() + kPage, 0);
    pages_[page] = static_cast<uint16_t>(numbers_.size() / kPage);
  }

  std::vector<uint16_t> pages_;    // Which page of `numbers_` a stream's is, from 1 on; 0: none yet.
  std::vector<uint16_t> numbers_;
};

}  // namespace mailport::sctp
