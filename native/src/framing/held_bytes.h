// A run of bytes in memory of its own: appended at its end, taken from its front. Empty, it has no memory.
#pragma once

#include <type_traits>

#include "format.h"
#include "owned_bytes.h"

namespace mailport::framing {

class HeldBytes {
 public:
  HeldBytes() = default;
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  size_t capacity() const { return capacity_; }
  Bytes bytes() const { return {memory_.get() + begin_, size()}; }

  void Append(Bytes bytes);
  void Prepend(Bytes bytes);
  void TakeFront(size_t bytes);
  void Clear();
  // Makes room for the run to become `whole` bytes long. The room is not filled.
  void Reserve(size_t whole);
  // Behind the run: room that Reserve has made, and what part of it has been filled.
  uint8_t* end() { return memory_.get() + end_; }
  size_t room() const { return capacity_ - end_; }
  void Filled(size_t bytes) { end_ += bytes; }
  // The whole run without its first bytes, with its memory.
  OwnedBytes Release(size_t without);

 private:
  // Beyond a quarter of what it holds.
  static constexpr size_t kMaxSpareBytes = 64;

  void Reallocate(size_t capacity);

  std::unique_ptr<uint8_t, FreeMemory> memory_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

static_assert(!std::is_copy_constructible_v<HeldBytes>);

}  // namespace mailport::framing
