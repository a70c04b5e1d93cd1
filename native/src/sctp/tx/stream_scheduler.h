// Chooses which of the waiting messages is cut next: here first come, first served (RFC 8260 section 3.1). A scheduler is told of each message when it comes
// and when it leaves, wholly sent or not, and is asked for the next one. The scheduler owns the links in the messages: this one keeps them in order of arrival,
// another may keep a list for each stream. A message whose first fragment has left stays the next one until its last fragment has left, as fragments of several
// messages may not be mixed without I-DATA.
#pragma once

#include "message_table.h"

namespace mailport::sctp {

class StreamScheduler {
 public:
  void Add(MessageTable& messages, MessageId id) {
    messages[id].earlier = last_;
    messages[id].later = kNoMessage;
    (last_ == kNoMessage ? first_ : messages[last_].later) = id;
    last_ = id;
  }
  void Remove(MessageTable& messages, MessageId id) {
    const QueuedMessage& message = messages[id];
    (message.earlier == kNoMessage ? first_ : messages[message.earlier].later) = message.later;
    (message.later == kNoMessage ? last_ : messages[message.later].earlier) = message.earlier;
  }
  MessageId Next() const { return first_; }
  // Calls `each` with every message in the order in which it would be sent; `each` may remove it.
  template <typename Each>
  void ForEach(const MessageTable& messages, Each each) const {
    for (MessageId id = first_; id != kNoMessage;) {
      const MessageId later = messages[id].later;
      each(id);
      id = later;
    }
  }

 private:
  MessageId first_ = kNoMessage;
  MessageId last_ = kNoMessage;
};

}  // namespace mailport::sctp
