// The messages that an association has accepted and not yet put into chunks, cut into fragments in the scheduler's order, with the sequence number of each
// stream (RFC 9260 sections 6.5, 6.6, 6.9). Any of them may be taken out.
#pragma once

#include <cstdint>

#include "../option.h"
#include "../stream_table.h"
#include "message_table.h"
#include "stream_scheduler.h"

namespace mailport::sctp {

// What one chunk carries of a message.
struct OutboundFragment {
  uint64_t position;
  uint32_t length;
  uint32_t ppid;
  uint32_t context;
  uint16_t stream;
  uint16_t ssn;
  uint8_t flags;  // Of the DATA chunk.
};

class SendQueue {
 public:
  void Push(const SendParams& params, uint64_t position, uint32_t length, TimeUs now);
  bool empty() const { return messages_.size() == 0; }
  size_t size() const { return messages_.size(); }
  // Payload that no chunk has yet.
  size_t bytes() const { return bytes_; }

  // The message that the next fragment is of. The queue is not empty.
  const QueuedMessage& Next() const { return messages_[scheduler_.Next()]; }
  // Cuts `bytes` off the next message, which leaves the queue with its last ones.
  OutboundFragment Cut(uint32_t bytes);
  // Takes the next message out as it is; what was cut off it has left already.
  QueuedMessage TakeNext() { return Take(scheduler_.Next()); }
  // Takes the messages of all streams from that number on, in the order in which they came, and calls `taken` with each.
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
