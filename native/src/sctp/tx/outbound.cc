#include "outbound.h"

#include <algorithm>

#include "../give_back.h"

namespace mailport::sctp {

void Outbound::Reset(uint32_t initial_tsn, uint32_t peer_window) {
  outstanding_.Reset(initial_tsn);
  SetPeerWindow(peer_window);
  queue_.ResetNumbers();
}

void Outbound::Push(const SendParams& params, Bytes data, TimeUs now) {
  queue_.Push(params, payload_.Append(data), static_cast<uint32_t>(data.size()), now);
  held_bytes_ += data.size();
}

SackOutcome Outbound::OnSack(const SackChunk& sack, TimeUs now, PathSet& paths) {
  const SackOutcome outcome = outstanding_.OnSack(sack, HasPending(), now, paths);
  held_bytes_ -= outcome.released_bytes;
  return outcome;
}

SackOutcome Outbound::OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths) {
  const SackOutcome outcome = outstanding_.OnCumulative(cumulative_tsn, now, paths);
  held_bytes_ -= outcome.released_bytes;
  return outcome;
}

size_t Outbound::NextRetransmissionBytes() {
  const Outstanding::TxChunk* next = outstanding_.NextLost();
  return next == nullptr ? 0 : next->fragment.length;
}

size_t Outbound::NextNewBytes(size_t fragment_bytes, TimeUs now, OutboundSink& sink, size_t* released) {
  while (!queue_.empty()) {
    const QueuedMessage& next = queue_.Next();
    if (next.expires_at > now || next.sent != 0) return std::min<size_t>(next.length - next.sent, fragment_bytes);
    const QueuedMessage expired = queue_.TakeNext();
    Fail(expired, fragment_bytes, sink);
    *released += expired.length;
  }
  return 0;
}

void Outbound::WriteNew(size_t payload_bytes, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk) {
  outstanding_.WriteNew(queue_.Cut(static_cast<uint32_t>(payload_bytes)), begins_packet, now, path, chunk);
}

Bytes Outbound::Read(uint64_t position, size_t length) {
  scratch_.resize(length);
  payload_.Read(position, length, scratch_.data());
  return scratch_;
}

// Fragments that were cut off before are no longer the message's payload.
void Outbound::Fail(const QueuedMessage& message, size_t fragment_bytes, OutboundSink& sink) {
  for (uint32_t at = message.sent; at < message.length;) {
    const auto length = static_cast<uint32_t>(std::min<size_t>(message.length - at, fragment_bytes));
    sink.OnSendFailed({Read(message.position + at, length), false, message.stream, 0, message.unordered ? kFlagUnordered : 0, message.ppid,
                       message.context, message.time_to_live_ms});
    at += length;
  }
  payload_.Release(message.position + message.sent, message.length - message.sent);
  held_bytes_ -= message.length - message.sent;
}

void Outbound::Fail(const Outstanding::TxChunk& chunk, OutboundSink& sink) {
  const OutboundFragment& fragment = chunk.fragment;
  sink.OnSendFailed({Read(fragment.position, fragment.length), true, fragment.stream, fragment.ssn,
                     (fragment.flags & kDataUnordered) != 0 ? kFlagUnordered : 0, fragment.ppid, fragment.context, 0});
}

void Outbound::FailAll(size_t fragment_bytes, OutboundSink& sink) {
  outstanding_.ForEachUnacknowledged([&](const Outstanding::TxChunk& chunk) { Fail(chunk, sink); });
  outstanding_.Clear();
  while (!queue_.empty()) Fail(queue_.TakeNext(), fragment_bytes, sink);
  held_bytes_ = 0;
  payload_.Clear();
  GiveBack(scratch_);
}

size_t Outbound::FailStreamsFrom(uint32_t streams, size_t fragment_bytes, OutboundSink& sink) {
  size_t released = 0;
  queue_.TakeStreamsFrom(streams, [&](const QueuedMessage& message) {
    Fail(message, fragment_bytes, sink);
    released += message.length;
  });
  return released;
}

void Outbound::Trim() {
  if (!empty()) return;
  queue_.Trim();
  outstanding_.Trim();
  payload_.Trim();
}

}  // namespace mailport::sctp
