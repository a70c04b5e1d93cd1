// An item for each stream, as if value-initialised until it is asked for. A peer that chooses which streams are used must not choose the cost: a page of 64
// streams exists only once one of them is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "give_back.h"

namespace mailport::sctp {

template <typename T>
class StreamTable {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  T Get(uint16_t stream) const {
    const size_t page = stream / kPage;
    return page < pages_.size() && pages_[page] != 0 ? items_[Place(stream)] : T{};
  }
  // Whether the stream's page exists.
  bool Has(uint16_t stream) const { return stream / kPage < pages_.size() && pages_[stream / kPage] != 0; }
  // Valid until the next call.
  T& At(uint16_t stream) {
    const size_t page = stream / kPage;
    if (page >= pages_.size() || pages_[page] == 0) [[unlikely]]
      AddPage(page);
    return items_[Place(stream)];
  }
  // Calls `each` with the number and the item of every stream whose page exists.
  template <typename Each>
  void ForEach(Each each) const {
    for (size_t page = 0; page < pages_.size(); ++page) {
      if (pages_[page] == 0) continue;
      for (size_t at = 0; at < kPage; ++at) each(static_cast<uint16_t>(page * kPage + at), items_[(pages_[page] - size_t{1}) * kPage + at]);
    }
  }
  void Clear() {
    GiveBack(pages_);
    GiveBack(items_);
  }
  size_t memory_bytes() const { return pages_.capacity() * sizeof(uint16_t) + items_.capacity() * sizeof(T); }

 private:
  static constexpr size_t kPage = 64;

  size_t Place(uint16_t stream) const { return (pages_[stream / kPage] - size_t{1}) * kPage + stream % kPage; }
  void AddPage(size_t page) {
    if (page >= pages_.size()) pages_.resize(page + 1, 0);
    items_.resize(items_.size() + kPage, T{});
    pages_[page] = static_cast<uint16_t>(items_.size() / kPage);
  }

  std::vector<uint16_t> pages_;  // For each page of streams, its page in `items_`, from 1 on; 0: none yet.
  std::vector<T> items_;
};

}  // namespace mailport::sctp
