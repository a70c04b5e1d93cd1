// The bytes that a stream still has to send, one behind the other. Queued and taken bytes are copied a bounded number of times each, however they come and go.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "format.h"

namespace mailport::framing {

class OutputQueue {
 public:
  OutputQueue() = default;
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  bool empty() const { return head_ == bytes_.size(); }
  size_t size() const { return bytes_.size() - head_; }
  Bytes bytes() const { return Bytes(bytes_).subspan(head_); }

  void Append(Bytes more) {
    if (bytes_.size() + more.size() > bytes_.capacity() && head_ >= size()) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(head_));
      head_ = 0;
    }
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }
  void TakeFront(size_t count) { head_ += count; }

  // An empty queue lends its memory, so that one that has nothing to send needs none.
  using Memory = std::vector<uint8_t>;
  bool has_memory() const { return bytes_.capacity() > 0; }
  void UseMemory(Memory memory) { bytes_ = std::move(memory); }
  Memory TakeMemory() {
    head_ = 0;
    bytes_.clear();
    return std::exchange(bytes_, {});
  }

 private:
  Memory bytes_;
  size_t head_ = 0;
};

static_assert(!std::is_copy_constructible_v<OutputQueue>);

}  // namespace mailport::framing
