#include "send_queue.h"

#include "../packet/wire.h"

namespace mailport::sctp {

MessageId SendQueue::Push(const SendParams& params, uint64_t position, uint32_t length) {
  const MessageId id = messages_.Add();
  QueuedMessage& message = messages_[id];
  message.position = position;
  message.length = length;
  message.sent = 0;
  message.ppid = params.ppid;
  message.context = params.context;
  message.limit = kNoLimit;
  message.stream = static_cast<uint16_t>(params.stream);
  message.unordered = (params.flags & kFlagUnordered) != 0;
  message.immediate = (params.flags & kFlagSackImmediately) != 0;
  message.held = false;
  if (held_ != nullptr && held_->Has(message.stream)) [[unlikely]] {
    held_->Add(messages_, id);
    return id;
  }
  scheduler_.Add(messages_, id);
  bytes_ += length;
  return id;
}

void SendQueue::Hold(std::span<const uint16_t> streams) {
  held_ = std::make_unique<HeldMessages>(streams);
  scheduler_.ForEach(messages_, [&](MessageId id) {
    if (held_->Has(messages_[id].stream)) held_->OnWaiting();
  });
}

void SendQueue::ReleaseHeld() {
  const std::unique_ptr<HeldMessages> held = std::move(held_);
  if (held == nullptr) return;
  held->ForEach(messages_, [&](MessageId id) {
    held->Remove(messages_, id);
    scheduler_.Add(messages_, id);
    bytes_ += messages_[id].length;
  });
}

void SendQueue::ResetNumbers(std::span<const uint16_t> streams) {
  if (streams.empty()) return ResetNumbers();
  for (const uint16_t stream : streams) {
    if (next_ssn_.Get(stream) != 0) next_ssn_.At(stream) = 0;
    if (interleaved_ != nullptr && interleaved_->Has(stream)) interleaved_->At(stream) = {};
  }
}

// All fragments of a message carry its number; the next message's is one higher once the last of them has left.
void SendQueue::Number(const QueuedMessage& message, OutboundFragment* fragment) {
  InterleavedNumbers& numbers = interleaved_->At(message.stream);
  fragment->ssn = message.unordered ? numbers.next_unordered : numbers.next_ordered;
  fragment->fsn = numbers.next_fsn++ & 0xffffff;
}

OutboundFragment SendQueue::FragmentOf(const QueuedMessage& message, uint32_t bytes, uint8_t flags) {
  OutboundFragment fragment;
  fragment.position = message.position + message.sent;
  fragment.length = static_cast<uint16_t>(bytes);
  fragment.ppid = message.ppid;
  fragment.context = message.context;
  fragment.limit = message.limit;
  fragment.stream = message.stream;
  if (interleaved_ == nullptr) [[likely]] {
    fragment.ssn = message.unordered ? 0 : next_ssn_.Get(message.stream);
    fragment.fsn = 0;
  } else {
    Number(message, &fragment);
  }
  const bool asks = message.immediate && (flags & kDataEnd) != 0;
  fragment.flags = static_cast<uint8_t>(flags | (message.unordered ? kDataUnordered : 0) | (asks ? kDataImmediate : 0));
  return fragment;
}

void SendQueue::Finish(MessageId id) {
  const QueuedMessage& message = messages_[id];
  if (interleaved_ != nullptr) {
    InterleavedNumbers& numbers = interleaved_->At(message.stream);
    ++(message.unordered ? numbers.next_unordered : numbers.next_ordered);
    numbers.next_fsn = 0;
  } else if (!message.unordered) {
    ++next_ssn_.At(message.stream);
  }
  Remove(id);
}

OutboundFragment SendQueue::Cut(uint32_t bytes) {
  const MessageId id = scheduler_.Next();
  QueuedMessage& message = messages_[id];
  const bool begins = message.sent == 0;
  const bool ends = message.sent + bytes == message.length;
  const OutboundFragment fragment = FragmentOf(message, bytes, static_cast<uint8_t>((begins ? kDataBegin : 0) | (ends ? kDataEnd : 0)));
  message.sent += bytes;
  bytes_ -= bytes;
  scheduler_.OnCut(messages_, id, bytes, ends);
  if (ends) Finish(id);
  return fragment;
}

OutboundFragment SendQueue::TakeBegun(MessageId id) {
  const OutboundFragment fragment = FragmentOf(messages_[id], 0, kDataEnd);
  Finish(id);
  return fragment;
}

}  // namespace mailport::sctp
