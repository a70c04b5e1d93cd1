// Messages that came after a reset of their streams was asked for, and wait until the reset is done (RFC 6525 section 5.1.2): until then their streams must not
// go on. The scheduler does not know of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "message_table.h"

namespace mailport::sctp {

class HeldMessages {
 public:
  // `streams`: those that are to be reset; none stand for all.
  explicit HeldMessages(std::span<const uint16_t> streams) : streams_(streams.begin(), streams.end()) { std::sort(streams_.begin(), streams_.end()); }

  bool Has(uint16_t stream) const { return streams_.empty() || std::binary_search(streams_.begin(), streams_.end(), stream); }
  // Messages of the streams that came before, and go first. The scheduler has them.
  void OnWaiting() { ++before_; }
  void OnLeft() { --before_; }
  bool is_drained() const { return before_ == 0; }

  void Add(MessageTable& messages, MessageId id) {
    QueuedMessage& message = messages[id];
    message.held = true;
    message.earlier = last_;
    message.later = kNoMessage;
    (last_ == kNoMessage ? first_ : messages[last_].later) = id;
    last_ = id;
  }
  void Remove(MessageTable& messages, MessageId id) {
    QueuedMessage& message = messages[id];
    message.held = false;
    (message.earlier == kNoMessage ? first_ : messages[message.earlier].later) = message.later;
    (message.later == kNoMessage ? last_ : messages[message.later].earlier) = message.earlier;
  }
  // Calls `each` with every held message, oldest first; `each` may remove it.
  template <typename Each>
  void ForEach(const MessageTable& messages, Each each) const {
    for (MessageId id = first_; id != kNoMessage;) {
      const MessageId later = messages[id].later;
      each(id);
      id = later;
    }
  }

 private:
  std::vector<uint16_t> streams_;
  size_t before_ = 0;
  MessageId first_ = kNoMessage;
  MessageId last_ = kNoMessage;
};

}  // namespace mailport::sctp
