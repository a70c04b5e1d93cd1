#include "send_queue.h"

#include "../packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;

}  // namespace

void SendQueue::Push(const SendParams& params, uint64_t position, uint32_t length, TimeUs now) {
  const MessageId id = messages_.Add();
  QueuedMessage& message = messages_[id];
  message.position = position;
  message.expires_at = params.time_to_live_ms == 0 ? kNever : now + params.time_to_live_ms * kMicrosPerMilli;
  message.length = length;
  message.sent = 0;
  message.ppid = params.ppid;
  message.context = params.context;
  message.time_to_live_ms = params.time_to_live_ms;
  message.stream = static_cast<uint16_t>(params.stream);
  message.unordered = (params.flags & kFlagUnordered) != 0;
  scheduler_.Add(messages_, id);
  bytes_ += length;
}

OutboundFragment SendQueue::Cut(uint32_t bytes) {
  const MessageId id = scheduler_.Next();
  QueuedMessage& message = messages_[id];
  const bool begins = message.sent == 0;
  const bool ends = message.sent + bytes == message.length;
  OutboundFragment fragment;
  fragment.position = message.position + message.sent;
  fragment.length = bytes;
  fragment.ppid = message.ppid;
  fragment.context = message.context;
  fragment.stream = message.stream;
  // All fragments of a message carry its number; the next message's is one higher once the last of them has left.
  fragment.ssn = message.unordered ? 0 : next_ssn_.Get(message.stream);
  fragment.flags = static_cast<uint8_t>((begins ? kDataBegin : 0) | (ends ? kDataEnd : 0) | (message.unordered ? kDataUnordered : 0));
  message.sent += bytes;
  bytes_ -= bytes;
  if (!ends) return fragment;
  if (!message.unordered) ++next_ssn_.At(message.stream);
  Remove(id);
  return fragment;
}

}  // namespace mailport::sctp
