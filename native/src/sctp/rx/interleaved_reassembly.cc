#include "interleaved_reassembly.h"

#include <iterator>
#include <utility>

namespace mailport::sctp {

namespace {

// Numbers that lie so far ahead of the last dropped one that none of the dropped messages' fragments can still be on their way.
constexpr uint32_t kFarAhead = uint32_t{1} << 30;

}  // namespace

void InterleavedReassembly::Charge(Message& message, size_t before, size_t now) {
  message.charge += now - before;
  (message.exempt ? exempt_bytes_ : held_bytes_) += now - before;
}

bool InterleavedReassembly::Fits(const Message& message, const Fragment& fragment, uint32_t fsn) {
  if (message.has_last && fsn > message.last) return false;
  if (fragment.ends && !message.runs.empty() && std::prev(message.runs.end())->second.end > fsn) return false;
  const auto after = message.runs.upper_bound(fsn);
  return after == message.runs.begin() || std::prev(after)->second.end <= fsn;
}

bool InterleavedReassembly::IsWhole(const Message& message) {
  return message.has_last && message.runs.size() == 1 && message.runs.begin()->first == 0 && message.runs.begin()->second.end == message.last + 1;
}

bool InterleavedReassembly::Add(const Fragment& fragment, uint32_t fsn, bool is_next, std::optional<WholeMessage>* whole) {
  const uint64_t key = KeyOf(fragment.message);
  auto at = messages_.lower_bound(key);
  const bool is_new = at == messages_.end() || at->first != key;
  if (is_new) at = pool_.messages.Add(messages_, at, key);
  Message& message = at->second;
  if (is_new) {
    message.message = fragment.message;
    Charge(message, 0, kMessageOverheadBytes);
  } else if (!Fits(message, fragment, fsn)) {
    return false;
  }
  if (fragment.begins) message.message = fragment.message;  // With its TSN and ppid.
  if (fragment.ends) {
    message.has_last = true;
    message.last = fsn;
  }
  Insert(message, fragment, fsn);
  latest_bytes_ = message.bytes;
  message.is_next |= is_next;
  if (IsWhole(message)) {
    *whole = Finish(at);
  } else {
    ListIfWaiting(message);
  }
  return true;
}

void InterleavedReassembly::MakeNext(uint16_t stream, uint32_t mid) {
  if (messages_.empty()) return;
  const auto at = messages_.find(KeyOf(stream, false, mid));
  if (at == messages_.end()) return;
  at->second.is_next = true;
  ListIfWaiting(at->second);
}

void InterleavedReassembly::ListIfWaiting(Message& message) {
  if (!message.is_next || message.waits || message.exempt || message.runs.begin()->first != 0) return;
  message.waits = true;
  message.earlier = last_waiting_;
  message.later = nullptr;
  (last_waiting_ == nullptr ? waiting_ : last_waiting_->later) = &message;
  last_waiting_ = &message;
}

void InterleavedReassembly::Unlist(Message& message) {
  if (!std::exchange(message.waits, false)) return;
  (message.earlier == nullptr ? waiting_ : message.earlier->later) = message.later;
  (message.later == nullptr ? last_waiting_ : message.later->earlier) = message.earlier;
}

void InterleavedReassembly::Insert(Message& message, const Fragment& fragment, uint32_t fsn) {
  const auto after = message.runs.upper_bound(fsn);
  auto run = after == message.runs.begin() ? message.runs.end() : std::prev(after);
  size_t before = 0;
  if (run != message.runs.end() && run->second.end == fsn) {
    before = run->second.Charge();
  } else {
    run = pool_.runs.Add(message.runs, after, fsn);
  }
  copied_bytes_ += run->second.pieces.Append(fragment.payload, &pool_.pieces);
  run->second.end = fsn + 1;
  message.bytes += fragment.payload.size();
  if (after != message.runs.end() && after->first == fsn + 1) {
    before += after->second.Charge();
    run->second.pieces.Join(after->second.pieces);
    run->second.end = after->second.end;
    pool_.runs.Erase(message.runs, after);
  }
  Charge(message, before, run->second.Charge());
}

WholeMessage InterleavedReassembly::Finish(Messages::iterator at) {
  Message& message = at->second;
  WholeMessage whole{message.message, {}};
  copied_bytes_ += message.runs.begin()->second.pieces.Take(&whole.bytes, &pool_.pieces);
  pool_.runs.Erase(message.runs, message.runs.begin());
  Drop(at);
  return whole;
}

InterleavedReassembly::Messages::iterator InterleavedReassembly::Drop(Messages::iterator at) {
  Charge(at->second, at->second.charge, 0);
  Unlist(at->second);
  return pool_.messages.Erase(messages_, at);
}

void InterleavedReassembly::DropRange(uint64_t first, uint64_t last) {
  for (auto at = messages_.lower_bound(first); at != messages_.end() && at->first <= last;) at = Drop(at);
}

void InterleavedReassembly::ResetStream(uint16_t stream) {
  DropRange(KeyOf(stream, false, 0), KeyOf(stream, true, UINT32_MAX));
  if (dropped_.Has(stream)) dropped_.At(stream) = {};
}

// Half of all numbers count as up to `mid`.
void InterleavedReassembly::DropUpTo(uint16_t stream, bool unordered, uint32_t mid) {
  const auto drop = [&](uint32_t first, uint32_t last) { DropRange(KeyOf(stream, unordered, first), KeyOf(stream, unordered, last)); };
  const uint32_t lowest = mid - INT32_MAX;
  if (lowest <= mid) {
    drop(lowest, mid);
  } else {
    drop(lowest, UINT32_MAX);
    drop(0, mid);
  }
  if (!unordered) return;
  Dropped& dropped = dropped_.At(stream);
  if (!dropped.any || MidBefore(dropped.end, mid + 1)) dropped = {true, mid + 1};
}

bool InterleavedReassembly::IsDropped(const InboundMessage& message) {
  if (!message.unordered || !dropped_.Get(message.stream).any) return false;
  Dropped& dropped = dropped_.At(message.stream);
  if (MidBefore(message.ssn, dropped.end)) return true;
  if (message.ssn - dropped.end > kFarAhead) dropped.end = message.ssn - kFarAhead;
  return false;
}

void InterleavedReassembly::ExemptFirstWaiting() {
  Message& message = *waiting_;
  Unlist(message);
  held_bytes_ -= message.charge;
  exempt_bytes_ += message.charge;
  message.exempt = true;
}

void InterleavedReassembly::Clear() {
  messages_.clear();
  waiting_ = last_waiting_ = nullptr;
  dropped_.Clear();
  held_bytes_ = exempt_bytes_ = 0;
}

}  // namespace mailport::sctp
