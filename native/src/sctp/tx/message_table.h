// The messages of one association that wait to be sent, or of which only the first fragments have left. Records stand in one table and are linked by
// their places in it, so that a message costs no allocation, and any of them can be taken out.
#pragma once

#include <cstdint>
#include <vector>

#include "../give_back.h"
#include "../types.h"

namespace mailport::sctp {

using MessageId = uint32_t;  // A place in the table. It is used again when the message has left.
constexpr MessageId kNoMessage = UINT32_MAX;  // One more is 0.

struct QueuedMessage {
  uint64_t position;  // Of its payload: see Segments.
  TimeUs expires_at;
  uint32_t length;
  uint32_t sent;  // Bytes already cut off as fragments.
  uint32_t ppid;
  uint32_t context;
  uint32_t time_to_live_ms;
  MessageId earlier, later;  // The scheduler's, in whatever order it keeps.
  uint16_t stream;
  bool unordered;
};

class MessageTable {
 public:
  QueuedMessage& operator[](MessageId id) { return messages_[id]; }
  const QueuedMessage& operator[](MessageId id) const { return messages_[id]; }
  size_t size() const { return count_; }

  // A place for one more, with whatever stood there before.
  MessageId Add() {
    ++count_;
    if (free_ == kNoMessage) {
      messages_.emplace_back();
      return static_cast<MessageId>(messages_.size() - 1);
    }
    const MessageId id = free_;
    free_ = messages_[id].later;
    return id;
  }
  void Remove(MessageId id) {
    messages_[id].later = free_;
    free_ = id;
    --count_;
  }
  // Gives the memory back if there is no message.
  void Trim() {
    if (count_ != 0) return;
    GiveBack(messages_);
    free_ = kNoMessage;
  }

 private:
  std::vector<QueuedMessage> messages_;
  MessageId free_ = kNoMessage;  // The first unused place; its `later` is the next one.
  size_t count_ = 0;
};

}  // namespace mailport::sctp
