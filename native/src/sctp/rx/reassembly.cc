#include "reassembly.h"

#include <iterator>
#include <utility>

namespace mailport::sctp {

namespace {

constexpr size_t kRunOverheadBytes = 128;  // A node of the map.

bool SameMessage(const InboundMessage& a, const InboundMessage& b) {
  return a.stream == b.stream && a.unordered == b.unordered && (a.unordered || a.ssn == b.ssn);
}

}  // namespace

size_t Reassembly::Run::Charge() const { return kRunOverheadBytes + pieces.charge(); }

// The exempt run counts with its payload alone: its pieces are large, so their overhead is within a hundredth of the payload.
void Reassembly::Count(const Run& run) {
  if (run.exempt) {
    exempt_bytes_ += run.pieces.bytes();
  } else {
    held_bytes_ += run.Charge();
  }
}

void Reassembly::Uncount(const Run& run) {
  if (run.exempt) {
    exempt_bytes_ -= run.pieces.bytes();
  } else {
    held_bytes_ -= run.Charge();
  }
}

Reassembly::Runs::const_iterator Reassembly::Before(uint64_t tsn) const {
  const auto after = runs_.upper_bound(tsn);
  if (after == runs_.begin()) return runs_.end();
  const auto before = std::prev(after);
  return before->second.last + 1 == tsn ? before : runs_.end();
}

Reassembly::Runs::const_iterator Reassembly::RunBefore(const Fragment& fragment) const {
  if (fragment.begins) return runs_.end();
  const auto before = Before(fragment.tsn);
  const bool joins = before != runs_.end() && !before->second.ends && SameMessage(before->second.message, fragment.message);
  return joins ? before : runs_.end();
}

bool Reassembly::Continues(Runs::const_iterator run, const Fragment& fragment) const {
  if (fragment.ends || run == runs_.end() || run->first != fragment.tsn + 1) return false;
  return !run->second.begins && SameMessage(run->second.message, fragment.message);
}

bool Reassembly::CanBecomeWhole(const Fragment& fragment, const TsnMap& seen) const {
  const bool has_head = fragment.begins || !seen.Seen(fragment.tsn - 1) || RunBefore(fragment) != runs_.end();
  return has_head && (fragment.ends || !seen.Seen(fragment.tsn + 1) || Continues(runs_.find(fragment.tsn + 1), fragment));
}

bool Reassembly::Fits(const Fragment& fragment, const TsnMap& seen) const {
  if (runs_.empty() && fragment.begins && fragment.ends) return true;
  if (const auto before = Before(fragment.tsn); before != runs_.end()) {
    if (fragment.begins != before->second.ends) return false;
    if (!fragment.begins && !SameMessage(before->second.message, fragment.message)) return false;
  } else if (!fragment.begins && seen.Seen(fragment.tsn - 1)) {
    return false;
  }
  if (const auto after = runs_.find(fragment.tsn + 1); after != runs_.end()) {
    if (fragment.ends != after->second.begins) return false;
    return fragment.ends || SameMessage(after->second.message, fragment.message);
  }
  return fragment.ends || !seen.Seen(fragment.tsn + 1);
}

std::optional<WholeMessage> Reassembly::Add(const Fragment& fragment) {
  auto run = runs_.end();
  if (const auto before = RunBefore(fragment); before != runs_.cend()) {
    run = runs_.erase(before, before);  // Erases nothing: gives the same place as an iterator that may change it.
    Uncount(run->second);
    run = Extend(run, fragment);
  } else {
    Run made{fragment.tsn, fragment.message, fragment.begins, fragment.ends, false, {}};
    copied_bytes_ += made.pieces.Append(fragment.payload);
    run = runs_.emplace(fragment.tsn, std::move(made)).first;
  }
  if (const auto after = std::next(run); Continues(after, fragment)) {
    Uncount(after->second);
    Join(run->second, after->second);
    runs_.erase(after);
  }
  latest_bytes_ = run->second.pieces.bytes();
  if (run->second.begins && run->second.ends) return Finish(run);
  Count(run->second);
  return std::nullopt;
}

Reassembly::Runs::iterator Reassembly::Extend(Runs::iterator at, const Fragment& fragment) {
  Run& run = at->second;
  copied_bytes_ += run.pieces.Append(fragment.payload);
  run.last = fragment.tsn;
  run.ends = fragment.ends;
  return at;
}

// The exempt run is compact, and never the tail of another, so no piece is looked at twice.
void Reassembly::Join(Run& run, Run& tail) {
  if (run.exempt) {
    copied_bytes_ += run.pieces.JoinCompact(tail.pieces);
  } else {
    run.pieces.Join(tail.pieces);
  }
  run.last = tail.last;
  run.ends = tail.ends;
}

WholeMessage Reassembly::Finish(Runs::iterator at) {
  Run run = std::move(at->second);
  runs_.erase(at);
  WholeMessage whole{run.message, {}};
  copied_bytes_ += run.pieces.Take(&whole.bytes);
  return whole;
}

const InboundMessage* Reassembly::Head(uint64_t cumulative) const {
  if (runs_.empty()) return nullptr;
  const auto& [first, head] = *runs_.begin();
  return head.begins && first <= cumulative + 1 ? &head.message : nullptr;
}

void Reassembly::ExemptHead() {
  Run& head = runs_.begin()->second;
  Uncount(head);
  head.exempt = true;
  copied_bytes_ += head.pieces.Compact();
  Count(head);
}

// A run that begins up to `tsn` belongs to such a message. A run behind `tsn` that lacks its beginning does so too: the beginning came before.
void Reassembly::DropUpTo(uint64_t tsn) {
  while (!runs_.empty()) {
    const auto& [first, run] = *runs_.begin();
    if (first > tsn && (first != tsn + 1 || run.begins)) return;
    Uncount(run);
    runs_.erase(runs_.begin());
  }
}

void Reassembly::Clear() {
  runs_.clear();
  held_bytes_ = exempt_bytes_ = 0;
}

}  // namespace mailport::sctp
