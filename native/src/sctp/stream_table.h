// An item for each stream, as if value-initialised until it is asked for. A peer that chooses which streams are used must not choose the cost: a page of 64
// streams exists only once one of them is used. Of the first page, which is the only one of nearly all associations, there is no more than what has been needed, and the
// first few small items are in the table itself.
#pragma once

#include <algorithm>
#include <array>
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
    if (stream < kOwn) return own_[stream];
    return more_ != nullptr && more_->Has(stream) ? more_->At(stream) : T{};
  }
  // Whether the stream's item exists.
  bool Has(uint16_t stream) const { return stream < kOwn || (more_ != nullptr && more_->Has(stream)); }
  // Valid until the next call.
  T& At(uint16_t stream) {
    if (stream < kOwn) [[likely]]
      return own_[stream];
    if (more_ == nullptr) more_ = std::make_unique<More>();
    if (!more_->Has(stream)) more_->Add(stream);
    return more_->At(stream);
  }
  // Calls `each` with the number and the item of every stream whose item exists.
  template <typename Each>
  void ForEach(Each each) const {
    for (uint16_t stream = 0; stream < kOwn; ++stream) each(stream, own_[stream]);
    if (more_ != nullptr) more_->ForEach(each);
  }
  void Clear() {
    own_ = {};
    more_.reset();
  }
  size_t memory_bytes() const { return more_ == nullptr ? 0 : sizeof(More) + more_->memory_bytes(); }

 private:
  static constexpr size_t kPage = 64;
  static constexpr size_t kFewest = 4;
  static constexpr uint16_t kOwn = 8 / sizeof(T);  // Items in the table itself: no more than it costs to say where others are.

  struct More {
    bool Has(uint16_t stream) const { return stream < first_count || (stream / kPage < pages.size() && pages[stream / kPage] != 0); }
    T& At(uint16_t stream) { return stream < first_count ? first[stream] : items[(pages[stream / kPage] - size_t{1}) * kPage + stream % kPage]; }
    void Add(uint16_t stream) {
      if (stream < kPage) return GrowFirst(stream);
      const size_t page = stream / kPage;
      if (page >= pages.size()) pages.resize(page + 1, 0);
      items.resize(items.size() + kPage, T{});
      pages[page] = static_cast<uint16_t>(items.size() / kPage);
    }
    void GrowFirst(uint16_t stream) {
      const size_t count = std::bit_ceil(std::max<size_t>(stream + size_t{1}, kFewest));
      auto grown = std::make_unique<T[]>(count);
      std::copy_n(first.get(), first_count, grown.get());
      first = std::move(grown);
      first_count = static_cast<uint16_t>(count);
    }
    template <typename Each>
    void ForEach(Each each) const {
      for (uint16_t stream = kOwn; stream < first_count; ++stream) each(stream, first[stream]);
      for (size_t page = 1; page < pages.size(); ++page) {
        if (pages[page] == 0) continue;
        for (size_t at = 0; at < kPage; ++at) each(static_cast<uint16_t>(page * kPage + at), items[(pages[page] - size_t{1}) * kPage + at]);
      }
    }
    size_t memory_bytes() const { return first_count * sizeof(T) + pages.capacity() * sizeof(uint16_t) + items.capacity() * sizeof(T); }

    std::unique_ptr<T[]> first;  // The first page, as far as it was needed. The places of the table's own items are not used.
    uint16_t first_count = 0;
    std::vector<uint16_t> pages;  // For each page of streams, its page in `items`, from 1 on; 0: none yet.
    std::vector<T> items;
  };

  std::array<T, kOwn> own_{};
  std::unique_ptr<More> more_;
};

}  // namespace mailport::sctp
