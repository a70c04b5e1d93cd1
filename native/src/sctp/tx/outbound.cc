#include "outbound.h"

#include <algorithm>

#include "../give_back.h"

namespace mailport::sctp {

namespace {

// Flags of the send, as far as they are told when it fails (EV-18).
uint32_t FlagsOf(bool unordered, bool immediate) { return (unordered ? kFlagUnordered : 0) | (immediate ? kFlagSackImmediately : 0); }

}  // namespace

void Outbound::Reset(uint32_t initial_tsn, uint32_t peer_window) {
  outstanding_.Reset(initial_tsn);
  SetPeerWindow(peer_window);
  queue_.ResetNumbers();
}

void Outbound::Push(const SendParams& params, Bytes data, TimeUs now) {
  const MessageId message = queue_.Push(params, payload_.Append(data), static_cast<uint32_t>(data.size()));
  if (Limits::IsAskedFor(params)) queue_.SetLimit(message, limits_.Add(params, message, now));
  held_bytes_ += data.size();
}

SackOutcome Outbound::OnSack(const SackChunk& sack, TimeUs now, PathSet& paths) {
  const SackOutcome outcome = outstanding_.OnSack(sack, HasPending(), now, paths);
  held_bytes_ -= outcome.released_bytes;
  outstanding_.AdvanceSkip();
  return outcome;
}

SackOutcome Outbound::OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths) {
  const SackOutcome outcome = outstanding_.OnCumulative(cumulative_tsn, now, paths);
  held_bytes_ -= outcome.released_bytes;
  outstanding_.AdvanceSkip();
  return outcome;
}

size_t Outbound::NextRetransmissionBytes() {
  const Outstanding::TxChunk* next = outstanding_.NextLost();
  return next == nullptr ? 0 : next->fragment.length;
}

size_t Outbound::NextNewBytes(size_t fragment_bytes, TimeUs now, OutboundSink& sink, size_t* released) {
  while (queue_.HasNext()) {
    const QueuedMessage& next = queue_.Next();
    const bool may_stop = next.limit != kNoLimit && (next.sent == 0 || limits_.agreed);
    if (!may_stop || !limits_.IsOver(next.limit, now)) return std::min<size_t>(next.length - next.sent, fragment_bytes);
    const bool has_begun = next.sent != 0;
    *released += GiveUp(next.limit, fragment_bytes, sink);
    if (has_begun) outstanding_.AdvanceSkip();
  }
  return 0;
}

void Outbound::WriteNew(size_t payload_bytes, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk) {
  const OutboundFragment fragment = queue_.Cut(static_cast<uint32_t>(payload_bytes));
  outstanding_.WriteNew(fragment, begins_packet, now, path, chunk);
  if (fragment.limit == kNoLimit) return;
  const Limit& limit = limits_[fragment.limit];
  if (limit.sent) outstanding_.LinkLast(limit.last);
  limits_.OnCut(fragment.limit, outstanding_.next_number() - 1, (fragment.flags & kDataEnd) != 0);
}

size_t Outbound::WriteProbe(Path& path, TimeUs now, PacketBuilder& packet) {
  const Outstanding::Range range = outstanding_.Tail(path, now, packet.room());
  size_t chunks = 0;
  uint8_t* last = nullptr;
  for (uint64_t number = range.first; (number = outstanding_.NextOfTail(path, now, number, range)) < range.end; ++number) {
    last = packet.Add(header_bytes() + outstanding_.PayloadBytes(number));
    outstanding_.WriteAgain(number, path, now, last);
    ++chunks;
  }
  if (last == nullptr) return 0;
  RequestImmediateSack(last);
  path.traffic().probe.OnProbe(range.first, range.end, now);
  return chunks;
}

std::vector<uint8_t> Outbound::Read(uint64_t position, size_t length) const {
  std::vector<uint8_t> bytes(length);
  payload_.Read(position, length, bytes.data());
  return bytes;
}

// Fragments that were cut off before are no longer the message's payload.
void Outbound::Fail(const QueuedMessage& message, size_t fragment_bytes, OutboundSink& sink) {
  for (uint32_t at = message.sent; at < message.length;) {
    const auto length = static_cast<uint32_t>(std::min<size_t>(message.length - at, fragment_bytes));
    sink.OnSendFailed({Read(message.position + at, length), false, message.stream, 0, FlagsOf(message.unordered, message.immediate), message.ppid,
                       message.context, LimitOf(message.limit)});
    at += length;
  }
  payload_.Release(message.position + message.sent, message.length - message.sent);
  held_bytes_ -= message.length - message.sent;
}

void Outbound::Fail(const Outstanding::TxChunk& chunk, OutboundSink& sink) {
  const OutboundFragment& fragment = chunk.fragment;
  sink.OnSendFailed({Read(fragment.position, fragment.length), true, fragment.stream, fragment.ssn,
                     FlagsOf((fragment.flags & kDataUnordered) != 0, (fragment.flags & kDataImmediate) != 0), fragment.ppid, fragment.context, LimitOf(fragment.limit)});
}

void Outbound::FailTaken(const QueuedMessage& message, size_t fragment_bytes, OutboundSink& sink) {
  Fail(message, fragment_bytes, sink);
  if (message.limit != kNoLimit) limits_.OnTaken(message.limit);
}

// If a part of the message has left, its end gets a TSN too, although the end is never sent: otherwise the next message would begin where the peer expects the
// message to go on. A message that the peer has acknowledged in gap blocks has arrived: it counts as given up no more than it is reported.
size_t Outbound::GiveUp(LimitId id, size_t fragment_bytes, OutboundSink& sink) {
  const Limit limit = limits_[id];
  const size_t held = held_bytes_;
  bool is_lost = limit.message != kNoMessage;
  limits_.GiveUp(id);
  if (limit.sent) {
    outstanding_.GiveUpMessage(limit.last, [&](const Outstanding::TxChunk& chunk, bool acknowledged) {
      if (!acknowledged) Fail(chunk, sink);
      is_lost |= !acknowledged;
      payload_.Release(chunk.fragment.position, chunk.fragment.length);
      held_bytes_ -= chunk.fragment.length;
    });
  }
  if (limit.message != kNoMessage && limit.sent) {
    const QueuedMessage rest = queue_[limit.message];
    Fail(rest, fragment_bytes, sink);
    const OutboundFragment end = queue_.TakeBegun(limit.message);
    limits_.OnCut(id, outstanding_.next_number(), true);
    outstanding_.AddGivenUp(end);
  } else if (limit.message != kNoMessage) {
    FailTaken(queue_.Take(limit.message), fragment_bytes, sink);
  }
  if (is_lost) sink.OnGivenUp(limit.policy, limit.sent);
  return held - held_bytes_;
}

size_t Outbound::GiveUpLost(size_t fragment_bytes, TimeUs now, OutboundSink& sink) {
  size_t released = 0;
  for (const Outstanding::TxChunk* next = limits_.agreed ? outstanding_.NextLost() : nullptr; next != nullptr; next = outstanding_.NextLost()) {
    const LimitId limit = next->fragment.limit;
    if (limit == kNoLimit || !limits_.IsUsedUp(limit, next->retransmissions, now)) break;
    released += GiveUp(limit, fragment_bytes, sink);
  }
  outstanding_.AdvanceSkip();
  return released;
}

bool Outbound::GiveUpLeastImportant(std::optional<uint32_t> value, size_t fragment_bytes, OutboundSink& sink, size_t* released) {
  const std::optional<LimitId> least = limits_.agreed ? limits_.LeastImportant(value) : std::nullopt;
  if (!least) return false;
  *released += GiveUp(*least, fragment_bytes, sink);
  outstanding_.AdvanceSkip();
  return true;
}

void Outbound::FailAll(size_t fragment_bytes, OutboundSink& sink) {
  outstanding_.ForEachKept([&](const Outstanding::TxChunk& chunk) { Fail(chunk, sink); });
  outstanding_.Clear();
  queue_.TakeStreamsFrom(0, [&](const QueuedMessage& message) { Fail(message, fragment_bytes, sink); });
  limits_.Clear();
  held_bytes_ = 0;
  payload_.Clear();
}

size_t Outbound::FailStreamsFrom(uint32_t streams, size_t fragment_bytes, OutboundSink& sink) {
  size_t released = 0;
  queue_.TakeStreamsFrom(streams, [&](const QueuedMessage& message) {
    FailTaken(message, fragment_bytes, sink);
    released += message.length;
  });
  return released;
}

void Outbound::Trim() {
  if (!empty()) return;
  queue_.Trim();
  limits_.Trim();
  outstanding_.Trim();
  payload_.Trim();
}

}  // namespace mailport::sctp
