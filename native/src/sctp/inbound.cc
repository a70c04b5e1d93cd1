#include "inbound.h"

#include <algorithm>

#include "wire.h"

namespace mailport::sctp {

namespace {

constexpr size_t kItemOverheadBytes = 128;           // What a waiting message costs beside its payload, about.
constexpr size_t kMaxRanges = 1024;                  // Gaps remembered; more would only be an attack or a broken network.
constexpr size_t kMaxDuplicates = 32;                // Reported in one SACK.
// A peer learns of the window's overhead only from a SACK, so what it sent in the meantime is taken up to this multiple.
constexpr size_t kWindowSlack = 4;

}  // namespace

size_t Inbound::Charge(size_t bytes) { return bytes + kItemOverheadBytes; }

void Inbound::Reset(uint32_t peer_initial_tsn, uint16_t streams) {
  // Far from zero, so that unwrapping a TSN before the first one stays positive.
  cumulative_ = (uint64_t{1} << 32) + static_cast<uint32_t>(peer_initial_tsn - 1);
  ranges_.clear();
  duplicates_.clear();
  next_ssn_.clear();
  for (auto& [stream, messages] : early_)
    for (auto& [ssn, early] : messages) held_bytes_ -= Charge(early.bytes.size());
  early_.clear();
  early_count_ = 0;
  for (auto& [first, run] : runs_)
    if (!run.exempt) held_bytes_ -= Charge(run.bytes.size());
  runs_.clear();
  exempt_bytes_ = 0;
  streams_ = streams;
  told_window_ = AdvertisedWindow();
  received_bytes_ = 0;
  promised_bytes_ = window_bytes_;  // In INIT or INIT ACK.
}

DataResult Inbound::OnData(const DataChunk& chunk) {
  if (chunk.payload.empty()) return DataResult::kMalformed;
  const uint64_t tsn = Unwrap(chunk.tsn);
  if (tsn <= cumulative_ || (tsn != cumulative_ + 1 && Seen(tsn))) {
    if (duplicates_.size() < kMaxDuplicates) duplicates_.push_back(chunk.tsn);
    return DataResult::kDuplicate;
  }
  if (tsn > cumulative_ + UINT16_MAX) return DataResult::kDropped;  // Further ahead than a gap block can say.
  const bool expected = tsn == cumulative_ + 1;
  const bool fills_gap = !ranges_.empty() && tsn < ranges_.back().second;
  if (held_bytes_ >= window_bytes_ * kWindowSlack && !fills_gap) return DataResult::kDropped;
  // What everything waits for is taken even then, if it can be handed on at once: without it nothing would ever make room.
  const bool over_limit = held_bytes_ >= window_bytes_ * kWindowSlack * 2;
  if (over_limit && !(expected && sink_.IsReading())) return DataResult::kDropped;
  // A closed window lets nothing in but what was on its way when it closed, and what fills a gap: that frees what waits behind it.
  const bool promised = received_bytes_ + chunk.payload.size() <= promised_bytes_;
  if (AdvertisedWindow() == 0 && !promised && !fills_gap) return DataResult::kDropped;
  if (!expected && ranges_.size() >= kMaxRanges && !fills_gap) return DataResult::kDropped;
  DataChunk taken = chunk;
  if (discarding_) taken.payload = {};
  const DataResult result = Take(tsn, taken);
  if (result == DataResult::kAccepted || result == DataResult::kBadStream) received_bytes_ += chunk.payload.size();
  return result;
}

DataResult Inbound::Take(uint64_t tsn, const DataChunk& chunk) {
  if (chunk.stream >= streams_) {
    return RecordTsn(tsn) ? DataResult::kBadStream : DataResult::kDropped;  // Acknowledged all the same (section 3.3.10.1).
  }
  constexpr uint8_t kWhole = kDataBegin | kDataEnd;
  if ((chunk.flags & kWhole) == kWhole) {
    RecordTsn(tsn);
    Complete({chunk.tsn, chunk.stream, chunk.ssn, chunk.ppid, (chunk.flags & kDataUnordered) != 0}, chunk.payload, nullptr);
    ExemptIfStuck();  // What has come may have filled the gap before a message that fills the window.
    return DataResult::kAccepted;
  }
  return AddFragment(tsn, chunk);
}

bool Inbound::Seen(uint64_t tsn) const {
  for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
    if (tsn > range->second) return false;
    if (tsn >= range->first) return true;
  }
  return false;
}

bool Inbound::RecordTsn(uint64_t tsn) {
  if (tsn == cumulative_ + 1) {
    cumulative_ = tsn;
    if (!ranges_.empty() && ranges_.front().first == tsn + 1) {
      cumulative_ = ranges_.front().second;
      ranges_.erase(ranges_.begin());
    }
    return true;
  }
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), tsn, [](uint64_t value, const auto& range) { return value < range.first; });
  const bool joins_after = after != ranges_.end() && after->first == tsn + 1;
  const bool joins_before = after != ranges_.begin() && std::prev(after)->second + 1 == tsn;
  if (joins_before && joins_after) {
    std::prev(after)->second = after->second;
    ranges_.erase(after);
  } else if (joins_before) {
    std::prev(after)->second = tsn;
  } else if (joins_after) {
    after->first = tsn;
  } else {
    if (ranges_.size() >= kMaxRanges) return false;
    ranges_.insert(after, {tsn, tsn});
  }
  return true;
}

DataResult Inbound::AddFragment(uint64_t tsn, const DataChunk& chunk) {
  const InboundMessage message{chunk.tsn, chunk.stream, chunk.ssn, chunk.ppid, (chunk.flags & kDataUnordered) != 0};
  const bool begins = (chunk.flags & kDataBegin) != 0;
  const bool ends = (chunk.flags & kDataEnd) != 0;
  const auto same = [&message](const Run& run) {
    return run.message.stream == message.stream && run.message.unordered == message.unordered &&
           (message.unordered || run.message.ssn == message.ssn);
  };

  auto after = runs_.upper_bound(tsn);
  auto before = after == runs_.begin() ? runs_.end() : std::prev(after);
  if (before != runs_.end() && before->second.last + 1 != tsn) before = runs_.end();
  if (after != runs_.end() && after->first != tsn + 1) after = runs_.end();
  // Neighbouring TSNs inside one message must agree (section 6.9); a peer that says otherwise cannot be followed.
  if (!begins && before != runs_.end() && (before->second.ends || !same(before->second))) return DataResult::kMalformed;
  if (begins && before != runs_.end() && !before->second.ends) return DataResult::kMalformed;
  if (!ends && after != runs_.end() && (after->second.begins || !same(after->second))) return DataResult::kMalformed;
  if (ends && after != runs_.end() && !after->second.begins) return DataResult::kMalformed;
  if (!RecordTsn(tsn)) return DataResult::kDropped;

  Runs::iterator run;
  if (!begins && before != runs_.end()) {
    run = before;
    run->second.bytes.insert(run->second.bytes.end(), chunk.payload.begin(), chunk.payload.end());
    run->second.last = tsn;
    run->second.ends = ends;
    (run->second.exempt ? exempt_bytes_ : held_bytes_) += chunk.payload.size();
  } else {
    run = runs_.emplace(tsn, Run{tsn, message, begins, ends, false, {chunk.payload.begin(), chunk.payload.end()}}).first;
    held_bytes_ += Charge(chunk.payload.size());
  }
  if (!ends && after != runs_.end()) {
    Run& tail = after->second;
    held_bytes_ -= Charge(tail.bytes.size());
    (run->second.exempt ? exempt_bytes_ : held_bytes_) += tail.bytes.size();
    run->second.bytes.insert(run->second.bytes.end(), tail.bytes.begin(), tail.bytes.end());
    run->second.last = tail.last;
    run->second.ends = tail.ends;
    runs_.erase(after);
  }
  if (run->second.bytes.size() > kMaxMessageBytes) return DataResult::kTooLarge;
  if (run->second.begins && run->second.ends) {
    Run whole = std::move(run->second);
    runs_.erase(run);
    if (whole.exempt) {
      exempt_bytes_ = 0;
    } else {
      held_bytes_ -= Charge(whole.bytes.size());
    }
    Complete(whole.message, whole.bytes, &whole.bytes);
  }
  ExemptIfStuck();
  return DataResult::kAccepted;
}

// A message larger than the window could never be completed if its fragments kept the window shut. Once it is the next one due, and
// somebody is waiting for it, its bytes count as taken. Only the first run can be that message: everything before it has come.
void Inbound::ExemptIfStuck() {
  if (runs_.empty() || held_bytes_ < window_bytes_ / 2) return;
  const auto& [first, head] = *runs_.begin();
  if (head.exempt || !head.begins || first > cumulative_ + 1) return;
  if (!head.message.unordered && NextSsn(head.message.stream) != head.message.ssn) return;
  if (!sink_.IsReading()) {
    sink_.OnStuck();
    return;
  }
  runs_.begin()->second.exempt = true;
  held_bytes_ -= Charge(head.bytes.size());
  exempt_bytes_ = head.bytes.size();
}

void Inbound::OnReading() { ExemptIfStuck(); }

void Inbound::Discard() {
  discarding_ = true;
  for (auto& [first, run] : runs_) {
    if (!run.exempt) held_bytes_ -= run.bytes.size();
    run.bytes = {};
  }
  for (auto& [stream, messages] : early_) {
    for (auto& [ssn, early] : messages) {
      held_bytes_ -= early.bytes.size();
      early.bytes = {};
    }
  }
  exempt_bytes_ = 0;
}

void Inbound::Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (message.unordered) {
    Deliver(message, payload, owned);
    return;
  }
  uint16_t& next = NextSsn(message.stream);
  if (message.ssn == next) {
    ++next;
    Deliver(message, payload, owned);
    if (early_count_ != 0) DeliverEarly(message.stream);
    return;
  }
  auto& waiting = early_[message.stream];
  Early early{message, owned != nullptr ? std::move(*owned) : std::vector<uint8_t>(payload.begin(), payload.end())};
  const size_t bytes = early.bytes.size();
  if (waiting.emplace(message.ssn, std::move(early)).second) {
    held_bytes_ += Charge(bytes);
    ++early_count_;
  }
}

void Inbound::DeliverEarly(uint16_t stream) {
  const auto waiting = early_.find(stream);
  if (waiting == early_.end()) return;
  uint16_t& next = NextSsn(stream);
  for (auto early = waiting->second.find(next); early != waiting->second.end(); early = waiting->second.find(next)) {
    ++next;
    Early message = std::move(early->second);
    waiting->second.erase(early);
    --early_count_;
    held_bytes_ -= Charge(message.bytes.size());
    Deliver(message.message, message.bytes, &message.bytes);
  }
  if (waiting->second.empty()) early_.erase(waiting);
}

void Inbound::Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  const size_t bytes = payload.size();
  if (!sink_.OnMessage(message, payload, owned)) held_bytes_ += Charge(bytes);
}

void Inbound::OnConsumed(size_t bytes) { held_bytes_ -= Charge(bytes); }

uint16_t& Inbound::NextSsn(uint16_t stream) {
  if (stream >= next_ssn_.size()) next_ssn_.resize(stream + size_t{1}, 0);
  return next_ssn_[stream];
}

}  // namespace mailport::sctp
