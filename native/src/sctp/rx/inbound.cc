#include "inbound.h"

#include <algorithm>

#include "../packet/wire.h"

namespace mailport::sctp {

namespace {

// What a message costs beside its payload while it waits for its turn in its stream: a node of the map, and an allocation.
constexpr size_t kEarlyOverheadBytes = 144;
constexpr size_t kMaxDuplicates = 32;  // Reported in one SACK.
// A peer learns of the window's overhead only from a SACK, so what it sent in the meantime is taken up to this multiple of the window, and what fills
// gaps up to one more.
constexpr size_t kWindowSlack = 3;

uint32_t EarlyKey(uint16_t stream, uint16_t ssn) { return uint32_t{stream} << 16 | ssn; }

}  // namespace

void Inbound::Reset(uint32_t peer_initial_tsn, uint16_t streams) {
  // Far from zero, so that unwrapping a TSN before the first one stays positive.
  seen_.Reset((uint64_t{1} << 32) + static_cast<uint32_t>(peer_initial_tsn - 1));
  duplicates_.clear();
  next_ssn_.Clear();
  early_.clear();
  early_bytes_ = 0;
  reassembly_.Clear();
  streams_ = streams;
  told_window_ = AdvertisedWindow();
  received_bytes_ = 0;
  promised_bytes_ = window_bytes_;  // In INIT or INIT ACK.
}

DataResult Inbound::OnData(const DataChunk& chunk) {
  if (chunk.payload.empty()) return DataResult::kMalformed;
  const uint64_t tsn = Unwrap(chunk.tsn);
  if (seen_.Seen(tsn)) {
    if (duplicates_.size() < kMaxDuplicates) duplicates_.push_back(chunk.tsn);
    return DataResult::kDuplicate;
  }
  if (tsn > seen_.cumulative() + TsnMap::kReach || !HasRoom(tsn, chunk.payload.size())) return DataResult::kDropped;
  received_bytes_ += chunk.payload.size();
  if (discarding_) {
    seen_.Record(tsn);
    return DataResult::kAccepted;
  }
  const InboundMessage message{chunk.tsn, chunk.stream, chunk.ssn, chunk.ppid, (chunk.flags & kDataUnordered) != 0};
  return Take({tsn, message, (chunk.flags & kDataBegin) != 0, (chunk.flags & kDataEnd) != 0, chunk.payload});
}

// A closed window lets nothing in but what was on its way when it closed, and a little that fills gaps: that frees what waits behind it. What
// everything waits for is taken even beyond all limits, if it can be handed on at once: without it nothing would ever make room.
bool Inbound::HasRoom(uint64_t tsn, size_t bytes) const {
  const size_t held = held_bytes();
  const bool fills_gap = seen_.FillsGap(tsn);
  const bool over_limit = held >= std::min(window_bytes_ * (kWindowSlack + (fills_gap ? 1 : 0)), sink_.HoldLimit());
  if (over_limit && !(tsn == seen_.cumulative() + 1 && sink_.IsReading())) return false;
  if (held < window_bytes_) return true;
  return received_bytes_ + bytes <= promised_bytes_ + (fills_gap ? window_bytes_ / 2 : 0);
}

DataResult Inbound::Take(const Fragment& chunk) {
  const bool whole = chunk.begins && chunk.ends;
  if (chunk.message.stream >= streams_) {
    // Acknowledged all the same (section 3.3.10.1); it belongs to no message.
    Fragment alone = chunk;
    alone.begins = alone.ends = true;
    if (!reassembly_.Fits(alone, seen_)) return DataResult::kMalformed;
    seen_.Record(chunk.tsn);
    return DataResult::kBadStream;
  }
  if (!reassembly_.Fits(chunk, seen_)) return DataResult::kMalformed;
  seen_.Record(chunk.tsn);
  if (whole) {
    Complete(chunk.message, chunk.payload, nullptr);
  } else {
    std::optional<WholeMessage> message = reassembly_.Add(chunk);
    if (reassembly_.latest_bytes() > kMaxMessageBytes) return DataResult::kTooLarge;
    if (message) Complete(message->message, message->bytes, &message->bytes);
  }
  // All that was sent has come, and the message before this one is not among it: it would be held for ever.
  if (!early_.empty() && !seen_.HasGaps() && reassembly_.empty()) return DataResult::kMalformed;
  ExemptIfStuck();  // What has come may have filled the gap before a message that fills the window.
  return DataResult::kAccepted;
}

// A message larger than the window could never be completed if its fragments kept the window shut. Once it is the next one due, and
// somebody is waiting for it, its bytes count as taken. Only the first run can be that message: everything before it has come.
void Inbound::ExemptIfStuck() {
  if (reassembly_.empty() || held_bytes() < window_bytes_ / 2 || reassembly_.head_is_exempt()) return;
  const InboundMessage* head = reassembly_.Head(seen_.cumulative());
  if (head == nullptr || (!head->unordered && next_ssn_.Get(head->stream) != head->ssn)) return;
  if (sink_.IsReading()) {
    reassembly_.ExemptHead();
  } else {
    sink_.OnStuck();
  }
}

void Inbound::OnReading() { ExemptIfStuck(); }

void Inbound::Discard() {
  discarding_ = true;
  reassembly_.Clear();
  early_.clear();
  early_bytes_ = queued_bytes_ = 0;
  next_ssn_.Clear();
}

void Inbound::Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (message.unordered) {
    Deliver(message, payload, owned);
    return;
  }
  uint16_t& next = next_ssn_.At(message.stream);
  if (message.ssn == next) {
    ++next;
    Deliver(message, payload, owned);
    if (!early_.empty()) DeliverEarly(message.stream);
    return;
  }
  const size_t bytes = payload.size();
  const auto [early, inserted] = early_.try_emplace(EarlyKey(message.stream, message.ssn));
  if (!inserted) return;
  early->second.message = message;
  if (owned != nullptr) {
    early->second.bytes = std::move(*owned);
  } else {
    early->second.bytes.assign(payload.begin(), payload.end());
    copied_bytes_ += bytes;
  }
  early_bytes_ += bytes + kEarlyOverheadBytes;
}

void Inbound::DeliverEarly(uint16_t stream) {
  for (;;) {
    uint16_t& next = next_ssn_.At(stream);
    const auto due = early_.find(EarlyKey(stream, next));
    if (due == early_.end()) return;
    ++next;
    WholeMessage message = std::move(due->second);
    early_.erase(due);
    early_bytes_ -= message.bytes.size() + kEarlyOverheadBytes;
    Deliver(message.message, message.bytes, &message.bytes);
  }
}

void Inbound::Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  const size_t bytes = payload.size();
  if (!sink_.OnMessage(message, payload, owned)) queued_bytes_ += bytes + kQueuedOverheadBytes;
}

void Inbound::OnConsumed(size_t bytes) {
  if (!discarding_) queued_bytes_ -= bytes + kQueuedOverheadBytes;
}

}  // namespace mailport::sctp
