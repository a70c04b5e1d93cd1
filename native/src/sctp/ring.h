// A growing ring of plain records, first in, first out, with access by position. One allocation per doubling, none per record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace mailport::sctp {

template <typename T>
class Ring {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t position) { return items_[(head_ + position) & (capacity_ - 1)]; }
  const T& operator[](size_t position) const { return items_[(head_ + position) & (capacity_ - 1)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }

  void push_back(const T& item) { Append() = item; }
  // Adds a place at the end, which may still hold an old item.
  T& Append() {
    if (size_ == capacity_) [[unlikely]]
      Grow();
    return items_[(head_ + size_++) & (capacity_ - 1)];
  }
  void pop_front() {
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
  }
  void clear() {
    head_ = 0;
    size_ = 0;
  }
  size_t memory_bytes() const { return size_t{capacity_} * sizeof(T); }
  // Gives the memory back if nothing is held.
  void Trim() {
    if (size_ != 0) return;
    items_.reset();
    head_ = capacity_ = 0;
  }

 private:
  void Grow() {
    const uint32_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    auto items = std::make_unique<T[]>(capacity);
    for (size_t i = 0; i < size_; ++i) items[i] = (*this)[i];
    items_ = std::move(items);
    capacity_ = capacity;
    head_ = 0;
  }

  std::unique_ptr<T[]> items_;
  // An idle association has several rings, so their numbers are narrow. No record is so small that 2^32 of them could be held.
  uint32_t capacity_ = 0;  // A power of two, or 0.
  uint32_t head_ = 0;
  uint32_t size_ = 0;
};

}  // namespace mailport::sctp
