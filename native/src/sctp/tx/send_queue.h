// The messages that an association has accepted and not yet put into chunks, cut into fragments in the scheduler's order, with the sequence number of each
// stream (RFC 9260 sections 6.5, 6.6, 6.9). Any message may be taken out.
#pragma once

#include <cstdint>

#include "../option.h"
#include "../stream_table.h"
#include "message_table.h"
#include "stream_scheduler.h"

namespace mailport::sctp {

// The part of a message that one chunk carries.
struct OutboundFragment {
  uint64_t position;
  uint32_t length;
  uint32_t ppid;
  uint32_t context;
  uint16_t stream;
  uint16_t ssn;
  uint8_t flags;  // Flags of the DATA chunk.
};

class SendQueue {
 public:
  void Push(const SendParams& params, uint64_t position, uint32_t length, TimeUs now);
  bool empty() const { return messages_.size() == 0; }
  size_t size() const { return messages_.size(); }
  // Payload that is not in chunks yet.
  size_t bytes() const { return bytes_; }

  // The message that the next fragment is cut from. The queue must not be empty.
  const QueuedMessage& Next() const { return messages_[scheduler_.Next()]; }
  // Cuts `bytes` off the next message. The message leaves the queue with its last byte.
  OutboundFragment Cut(uint32_t bytes);
  // Takes the next message out. Fragments that were cut off it before have left already.
  QueuedMessage TakeNext() { return Take(scheduler_.Next()); }
  // Takes out the messages of all streams from number `streams` on, oldest first, and calls `taken` with each.
  template <typename Taken>
  void TakeStreamsFrom(uint32_t streams, Taken taken) {
    scheduler_.ForEach(messages_, [&](MessageId id) {
      if (messages_[id].stream >= streams) taken(Take(id));
    });
  }

  // Every stream begins with number 0 again.
  void ResetNumbers() { next_ssn_.Clear(); }
  void Trim() { messages_.Trim(); }

 private:
  QueuedMessage Take(MessageId id) {
    const QueuedMessage message = messages_[id];
    Remove(id);
    return message;
  }
  void Remove(MessageId id) {
    bytes_ -= messages_[id].length - messages_[id].sent;
    scheduler_.Remove(messages_, id);
    messages_.Remove(id);
  }

  MessageTable messages_;
  StreamScheduler scheduler_;
  StreamTable<uint16_t> next_ssn_;
  size_t bytes_ = 0;
};

}  // namespace mailport::sctp
