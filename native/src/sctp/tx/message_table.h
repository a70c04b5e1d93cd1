// The messages of one association that wait to be sent, or have left in part. Records stand in one table and name each other by their places, so a message
// costs no allocation, and any message can be taken out.
#pragma once

#include <cstdint>
#include <vector>

#include "../give_back.h"
#include "../types.h"

namespace mailport::sctp {

using LimitId = uint32_t;  // A place in Limits.
constexpr LimitId kNoLimit = UINT32_MAX;
using MessageId = uint32_t;  // A place in the table. Another message may take it once this one has left.
constexpr MessageId kNoMessage = UINT32_MAX;  // kNoMessage + 1 is 0.

struct QueuedMessage {
  uint64_t position;  // Position of the payload: see Segments.
  uint32_t length;
  uint32_t sent;  // Bytes already cut off as fragments.
  uint32_t ppid;
  uint32_t context;
  LimitId limit;
  MessageId earlier, later;  // Links of the scheduler, in its own order.
  uint16_t stream;
  bool unordered : 1;
  bool immediate : 1;  // Its last chunk asks for an acknowledgement at once (RFC 7053).
  bool held : 1;       // Waits for a reset of its stream: see HeldMessages.
};

class MessageTable {
 public:
  QueuedMessage& operator[](MessageId id) { return messages_[id]; }
  const QueuedMessage& operator[](MessageId id) const { return messages_[id]; }
  size_t size() const { return count_; }

  // Gives a place for a new message. Its record may still hold old values.
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
  uint32_t count_ = 0;
};

}  // namespace mailport::sctp
