#include "inbound.h"

#include <optional>
#include <utility>

namespace mailport::sctp {

void Inbound::Reset(uint32_t peer_initial_tsn, uint16_t streams, bool gives_up, bool interleaves, bool second_is_zero) {
  tsns_.Reset(peer_initial_tsn);
  reassembly_.Clear();
  interleaved_ = interleaves ? std::make_unique<InterleavedReassembly>(pool_) : nullptr;
  order_.Clear();
  order_.SetInterleaving(interleaves);
  streams_ = streams;
  gives_up_ = gives_up;
  second_is_zero_ = second_is_zero;
  bytes_aside_ = 0;
  expects_restart_ = false;
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
  if (expects_restart_ && (chunk.flags & kDataUnordered) == 0 && order_.IsPast({chunk.tsn, chunk.stream, chunk.ssn})) [[unlikely]]
    return DataResult::kDropped;
  window_.Count(chunk.payload.size());
  if (discarding_) {
    tsns_.Record(tsn);
    return DataResult::kAccepted;
  }
  const InboundMessage message{chunk.tsn, chunk.stream, chunk.ssn, chunk.ppid, (chunk.flags & kDataUnordered) != 0};
  const Fragment fragment{tsn, message, (chunk.flags & kDataBegin) != 0, (chunk.flags & kDataEnd) != 0, chunk.payload};
  if (!interleaves()) return Take(fragment);
  return TakeInterleaved(fragment, second_is_zero_ && !fragment.begins ? chunk.fsn + 1 : chunk.fsn);
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
  if (chunk.message.stream >= streams_) return TakeBadStream(chunk);
  if (!Fits(chunk)) return DataResult::kMalformed;
  const bool is_given_up = gives_up_ && !reassembly_.CanBecomeWhole(chunk, tsns_.seen());
  tsns_.Record(chunk.tsn);
  if (is_given_up) return DataResult::kAccepted;
  if (whole) {
    Complete(chunk.message, chunk.payload, nullptr);
  } else {
    std::optional<WholeMessage> message = reassembly_.Add(chunk);
    if (reassembly_.latest_bytes() > kMaxMessageBytes) return DataResult::kTooLarge;
    if (message) {
      Complete(message->message, message->bytes, &message->bytes);
      pool_.pieces.Give(std::move(message->bytes));
    }
  }
  if (WaitsForNothing()) return DataResult::kMalformed;
  ExemptIfStuck();  // The chunk may have filled the gap before a message that fills the window.
  return DataResult::kAccepted;
}

// The chunk is acknowledged all the same (section 3.3.10.1); it belongs to no message.
DataResult Inbound::TakeBadStream(const Fragment& chunk) {
  Fragment alone = chunk;
  alone.begins = alone.ends = true;
  if (!interleaves() && !Fits(alone)) return DataResult::kMalformed;
  tsns_.Record(chunk.tsn);
  return DataResult::kBadStream;
}

// A fragment of a message that has been delivered or given up, or that is here already, or whose number cannot be, contradicts what the peer said before. Only a
// given up one may have been on its way while we heard that it need not come (RFC 8260 sections 2.2.3, 2.3.1). That a message waits for one of which nothing has
// come is no fault, though nothing is missing: the TSNs of messages may have any order.
DataResult Inbound::TakeInterleaved(const Fragment& chunk, uint32_t fsn) {
  const InboundMessage& message = chunk.message;
  if (message.stream >= streams_) return TakeBadStream(chunk);
  const bool is_past = message.unordered ? interleaved_->IsDropped(message) : order_.IsPast(message);
  if (is_past && !gives_up_) return DataResult::kMalformed;
  if (fsn >= kMaxMessageBytes) return DataResult::kTooLarge;
  const bool whole = chunk.begins && chunk.ends;
  if ((!chunk.begins && fsn == 0) || (!message.unordered && order_.Keeps(message)) || (whole && interleaved_->Has(message))) return DataResult::kMalformed;
  tsns_.Record(chunk.tsn);
  if (is_past) return DataResult::kAccepted;
  if (whole) {
    Complete(message, chunk.payload, nullptr);
  } else {
    std::optional<WholeMessage> made;
    if (!interleaved_->Add(chunk, fsn, message.unordered || order_.IsNext(message), &made)) return DataResult::kMalformed;
    if (interleaved_->latest_bytes() > kMaxMessageBytes) return DataResult::kTooLarge;
    if (made) {
      Complete(made->message, made->bytes, &made->bytes);
      pool_.pieces.Give(std::move(made->bytes));
    }
  }
  ExemptIfStuck();
  return DataResult::kAccepted;
}

// A message larger than the window, or than what may be held of the association at present, could never be completed if its fragments kept the window shut. Once
// such a message is the next one due, and the application is waiting for it, its bytes count as taken. Only the first run can be that message: everything before
// it has come.
void Inbound::ExemptIfStuck() {
  if (interleaves()) return ExemptInterleaved();
  if (reassembly_.empty() || reassembly_.head_is_exempt() || !window_.IsHalfFull(held_bytes(), sink_.HoldLimit())) return;
  const InboundMessage* head = reassembly_.Head(tsns_.seen().cumulative());
  if (head == nullptr || (!head->unordered && !order_.IsNext(*head))) return;
  if (MayExempt(reassembly_.head_bytes())) reassembly_.ExemptHead();
}

// With interleaving several messages may fill the window together, none of which is large. As many of them count as taken as leave half of it open: those that
// wait longest for nothing but their rest.
void Inbound::ExemptInterleaved() {
  while (interleaved_->HasWaiting() && window_.IsHalfFull(held_bytes(), sink_.HoldLimit())) {
    if (!MayExempt(interleaved_->first_waiting_bytes())) return;
    interleaved_->ExemptFirstWaiting();
  }
}

bool Inbound::MayExempt(size_t bytes) {
  if (!sink_.IsReading()) {
    sink_.OnStuck();
    return false;
  }
  const bool is_for_memory = held_bytes() < window_.size() / 2;
  return !is_for_memory || sink_.MayOutgrowLimit(bytes);
}

void Inbound::Discard() {
  discarding_ = true;
  reassembly_.Clear();
  if (interleaves()) interleaved_->Clear();
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
  if (order_.keeps_any()) DeliverKept(message.stream);
  if (interleaves()) interleaved_->MakeNext(message.stream, order_.Next(message.stream));
}

void Inbound::DeliverKept(uint16_t stream) {
  while (std::optional<WholeMessage> next = order_.TakeNext(stream)) Deliver(next->message, next->bytes, &next->bytes);
}

bool Inbound::OnForwardTsn(const ForwardTsnChunk& forward) {
  const uint64_t tsn = tsns_.Unwrap(forward.cumulative_tsn);
  if (tsn <= tsns_.seen().cumulative()) return false;
  tsns_.SkipTo(tsn);
  if (discarding_) return true;
  reassembly_.DropUpTo(tsn);
  for (size_t index = 0; index < forward.streams(); ++index) {
    if (const SkippedStream skipped = forward.StreamAt(index); skipped.stream < streams_) SkipStream(skipped);
  }
  ExemptIfStuck();  // A message that fills the window may be the first one now.
  return true;
}

void Inbound::SkipStream(const SkippedStream& skipped) {
  if (interleaves()) interleaved_->DropUpTo(skipped.stream, skipped.unordered, skipped.ssn);
  if (skipped.unordered) return;
  order_.SkipTo(skipped.stream, skipped.ssn, [&](WholeMessage& kept) { Deliver(kept.message, kept.bytes, &kept.bytes); });
  DeliverKept(skipped.stream);
  if (interleaves()) interleaved_->MakeNext(skipped.stream, order_.Next(skipped.stream));
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
