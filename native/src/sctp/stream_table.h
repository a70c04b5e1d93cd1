// An item for each stream, as if value-initialised until it is asked for. A peer that chooses which streams are used must not choose the cost: a page of 64
// streams exists only once one of them is used. Of the first page, which is the only one of nearly all associations, there is no more than what has been needed.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace mailport::sctp {

template <typename T>
class StreamTable {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  T Get(uint16_t stream) const {
    if (stream < first_count_) return first_[stream];
    return further_ != nullptr && further_->Has(stream) ? further_->items[further_->Place(stream)] : T{};
  }
  // Whether the stream's item exists.
  bool Has(uint16_t stream) const { return stream < first_count_ || (further_ != nullptr && further_->Has(stream)); }
  // Valid until the next call.
  T& At(uint16_t stream) {
    if (stream < first_count_) [[likely]]
      return first_[stream];
    if (stream < kPage) {
      GrowFirst(stream);
      return first_[stream];
    }
    if (further_ == nullptr) further_ = std::make_unique<Further>();
    if (!further_->Has(stream)) further_->AddPage(stream / kPage);
    return further_->items[further_->Place(stream)];
  }
  // Calls `each` with the number and the item of every stream whose item exists.
  template <typename Each>
  void ForEach(Each each) const {
    for (uint16_t stream = 0; stream < first_count_; ++stream) each(stream, first_[stream]);
    if (further_ == nullptr) return;
    for (size_t page = 1; page < further_->pages.size(); ++page) {
      if (further_->pages[page] == 0) continue;
      for (size_t at = 0; at < kPage; ++at)
        each(static_cast<uint16_t>(page * kPage + at), further_->items[(further_->pages[page] - size_t{1}) * kPage + at]);
    }
  }
  void Clear() {
    first_.reset();
    first_count_ = 0;
    further_.reset();
  }
  size_t memory_bytes() const { return first_count_ * sizeof(T) + (further_ == nullptr ? 0 : sizeof(Further) + further_->memory_bytes()); }

 private:
  static constexpr size_t kPage = 64;
  static constexpr size_t kFewest = 4;

  // The pages behind the first one.
  struct Further {
    bool Has(uint16_t stream) const { return stream / kPage < pages.size() && pages[stream / kPage] != 0; }
    size_t Place(uint16_t stream) const { return (pages[stream / kPage] - size_t{1}) * kPage + stream % kPage; }
    void AddPage(size_t page) {
      if (page >= pages.size()) pages.resize(page + 1, 0);
      items.resize(items.size() + kPage, T{});
      pages[page] = static_cast<uint16_t>(items.size() / kPage);
    }
    size_t memory_bytes() const { return pages.capacity() * sizeof(uint16_t) + items.capacity() * sizeof(T); }

    std::vector<uint16_t> pages;  // For each page of streams, its page in `items`, from 1 on; 0: none yet.
    std::vector<T> items;
  };

  void GrowFirst(uint16_t stream) {
    const size_t count = std::bit_ceil(std::max<size_t>(stream + size_t{1}, kFewest));
    auto grown = std::make_unique<T[]>(count);
    std::copy_n(first_.get(), first_count_, grown.get());
    first_ = std::move(grown);
    first_count_ = static_cast<uint16_t>(count);
  }

  std::unique_ptr<T[]> first_;
  uint16_t first_count_ = 0;
  std::unique_ptr<Further> further_;
};

}  // namespace mailport::sctp
