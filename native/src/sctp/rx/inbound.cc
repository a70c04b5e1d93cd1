#include "inbound.h"

#include <optional>

namespace mailport::sctp {

void Inbound::Reset(uint32_t peer_initial_tsn, uint16_t streams) {
  tsns_.Reset(peer_initial_tsn);
  reassembly_.Clear();
  order_.Clear();
  streams_ = streams;
  window_.Reset(held_bytes(), sink_.HoldLimit());
}

DataResult Inbound::OnData(const DataChunk& chunk) {
  if (chunk.payload.empty()) return DataResult::kMalformed;
  const uint64_t tsn = tsns_.Unwrap(chunk.tsn);
  const TsnMap& seen = tsns_.seen();
  if (seen.Seen(tsn)) {
    tsns_.NoteDuplicate(chunk.tsn);
    return DataResult::kDuplicate;
  }
  if (!tsns_.IsInReach(tsn) || !HasRoom(tsn, chunk.payload.size())) return DataResult::kDropped;
  window_.Count(chunk.payload.size());
  if (discarding_) {
    tsns_.Record(tsn);
    return DataResult::kAccepted;
  }
  const InboundMessage message{chunk.tsn, chunk.stream, chunk.ssn, chunk.ppid, (chunk.flags & kDataUnordered) != 0};
  return Take({tsn, message, (chunk.flags & kDataBegin) != 0, (chunk.flags & kDataEnd) != 0, chunk.payload});
}

bool Inbound::HasRoom(uint64_t tsn, size_t bytes) const {
  const bool fills_gap = tsns_.seen().FillsGap(tsn);
  const size_t held = held_bytes();
  const bool is_next = tsn == tsns_.seen().cumulative() + 1;
  if (window_.IsOverLimit(fills_gap, held, sink_.HoldLimit()) && !(is_next && sink_.IsReading())) return false;
  return window_.Allows(fills_gap, bytes, held);
}

DataResult Inbound::Take(const Fragment& chunk) {
  const bool whole = chunk.begins && chunk.ends;
  if (chunk.message.stream >= streams_) {
    // The chunk is acknowledged all the same (section 3.3.10.1); it belongs to no message.
    Fragment alone = chunk;
    alone.begins = alone.ends = true;
    if (!reassembly_.Fits(alone, tsns_.seen())) return DataResult::kMalformed;
    tsns_.Record(chunk.tsn);
    return DataResult::kBadStream;
  }
  if (!reassembly_.Fits(chunk, tsns_.seen())) return DataResult::kMalformed;
  tsns_.Record(chunk.tsn);
  if (whole) {
    Complete(chunk.message, chunk.payload, nullptr);
  } else {
    std::optional<WholeMessage> message = reassembly_.Add(chunk);
    if (reassembly_.latest_bytes() > kMaxMessageBytes) return DataResult::kTooLarge;
    if (message) Complete(message->message, message->bytes, &message->bytes);
  }
  // There are no gaps, and yet a kept message still waits for an earlier one of its stream: it would be held for ever.
  if (order_.keeps_any() && !HasGaps() && reassembly_.empty()) return DataResult::kMalformed;
  ExemptIfStuck();  // The chunk may have filled the gap before a message that fills the window.
  return DataResult::kAccepted;
}

// A message larger than the window could never be completed if its fragments kept the window shut. Once such a message is the next one due, and the application
// is waiting for it, its bytes count as taken. Only the first run can be that message: everything before it has come.
void Inbound::ExemptIfStuck() {
  if (reassembly_.empty() || held_bytes() < window_.size() / 2 || reassembly_.head_is_exempt()) return;
  const InboundMessage* head = reassembly_.Head(tsns_.seen().cumulative());
  if (head == nullptr || (!head->unordered && !order_.IsNext(*head))) return;
  if (sink_.IsReading()) {
    reassembly_.ExemptHead();
  } else {
    sink_.OnStuck();
  }
}

void Inbound::Discard() {
  discarding_ = true;
  reassembly_.Clear();
  order_.Clear();
  queued_bytes_ = 0;
}

void Inbound::Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (message.unordered) {
    Deliver(message, payload, owned);
    return;
  }
  if (!order_.IsNext(message)) {
    order_.Keep(message, payload, owned);
    return;
  }
  order_.Advance(message.stream);
  Deliver(message, payload, owned);
  if (!order_.keeps_any()) return;
  while (std::optional<WholeMessage> next = order_.TakeNext(message.stream)) Deliver(next->message, next->bytes, &next->bytes);
}

void Inbound::Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  const size_t bytes = payload.size();
  if (!sink_.OnMessage(message, payload, owned)) queued_bytes_ += bytes + kQueuedOverheadBytes;
}

void Inbound::OnConsumed(size_t bytes) {
  if (!discarding_) queued_bytes_ -= bytes + kQueuedOverheadBytes;
}

void Inbound::WriteSack(uint8_t* chunk, size_t bytes) {
  const uint32_t advertised = AdvertisedWindow();
  window_.Tell(advertised);
  tsns_.WriteSack(advertised, chunk, bytes);
}

}  // namespace mailport::sctp
