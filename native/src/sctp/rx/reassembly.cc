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
    waiting_->exempt_bytes += run.pieces.bytes();
  } else {
    waiting_->held_bytes += run.Charge();
  }
}

void Reassembly::Uncount(const Run& run) {
  if (run.exempt) {
    waiting_->exempt_bytes -= run.pieces.bytes();
  } else {
    waiting_->held_bytes -= run.Charge();
  }
}

Reassembly::Runs::const_iterator Reassembly::Before(uint64_t tsn) const {
  const auto after = runs().upper_bound(tsn);
  if (after == runs().begin()) return runs().end();
  const auto before = std::prev(after);
  return before->second.last + 1 == tsn ? before : runs().end();
}

Reassembly::Runs::const_iterator Reassembly::RunBefore(const Fragment& fragment) const {
  if (fragment.begins) return runs().end();
  const auto before = Before(fragment.tsn);
  const bool joins = before != runs().end() && !before->second.ends && SameMessage(before->second.message, fragment.message);
  return joins ? before : runs().end();
}

bool Reassembly::Continues(Runs::const_iterator run, const Fragment& fragment) const {
  if (fragment.ends || run == runs().end() || run->first != fragment.tsn + 1) return false;
  return !run->second.begins && SameMessage(run->second.message, fragment.message);
}

bool Reassembly::CanBecomeWhole(const Fragment& fragment, const TsnMap& seen) const {
  const bool has_head = fragment.begins || !seen.Seen(fragment.tsn - 1) || RunBefore(fragment) != runs().end();
  return has_head && (fragment.ends || !seen.Seen(fragment.tsn + 1) || Continues(runs().find(fragment.tsn + 1), fragment));
}

bool Reassembly::Fits(const Fragment& fragment, const TsnMap& seen) const {
  if (empty() && fragment.begins && fragment.ends) return true;
  if (const auto before = Before(fragment.tsn); before != runs().end()) {
    if (fragment.begins != before->second.ends) return false;
    if (!fragment.begins && !SameMessage(before->second.message, fragment.message)) return false;
  } else if (!fragment.begins && seen.Seen(fragment.tsn - 1)) {
    return false;
  }
  if (const auto after = runs().find(fragment.tsn + 1); after != runs().end()) {
    if (fragment.ends != after->second.begins) return false;
    return fragment.ends || SameMessage(after->second.message, fragment.message);
  }
  return fragment.ends || !seen.Seen(fragment.tsn + 1);
}

std::optional<WholeMessage> Reassembly::Add(const Fragment& fragment) {
  auto run = runs().end();
  if (const auto before = RunBefore(fragment); before != std::as_const(*this).runs().cend()) {
    run = runs().erase(before, before);  // Erases nothing: gives the same place as an iterator that may change it.
    Uncount(run->second);
    run = Extend(run, fragment);
  } else {
    Run made{fragment.tsn, fragment.message, fragment.begins, fragment.ends, false, {}};
    copied_bytes_ += made.pieces.Append(fragment.payload, pool_);
    run = Insert(fragment.tsn, std::move(made));
  }
  if (const auto after = std::next(run); Continues(after, fragment)) {
    Uncount(after->second);
    Join(run->second, after->second);
    runs().erase(after);
  }
  waiting_->latest_bytes = run->second.pieces.bytes();
  if (run->second.begins && run->second.ends) return Finish(run);
  Count(run->second);
  return std::nullopt;
}

Reassembly::Runs::iterator Reassembly::Insert(uint64_t tsn, Run run) {
  Runs& all = runs();
  if (waiting_->spare.empty()) return all.emplace(tsn, std::move(run)).first;
  waiting_->spare.key() = tsn;
  waiting_->spare.mapped() = std::move(run);
  return all.insert(std::move(waiting_->spare)).position;
}

Reassembly::Runs::iterator Reassembly::Extend(Runs::iterator at, const Fragment& fragment) {
  Run& run = at->second;
  copied_bytes_ += run.pieces.Append(fragment.payload, pool_);
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
  WholeMessage whole{at->second.message, {}};
  copied_bytes_ += at->second.pieces.Take(&whole.bytes, pool_);
  waiting_->spare = runs().extract(at);
  return whole;
}

const InboundMessage* Reassembly::Head(uint64_t cumulative) const {
  if (empty()) return nullptr;
  const auto& [first, head] = *runs().begin();
  return head.begins && first <= cumulative + 1 ? &head.message : nullptr;
}

void Reassembly::ExemptHead() {
  Run& head = runs().begin()->second;
  Uncount(head);
  head.exempt = true;
  copied_bytes_ += head.pieces.Compact();
  Count(head);
}

// A run that begins up to `tsn` belongs to such a message. A run behind `tsn` that lacks its beginning does so too: the beginning came before.
void Reassembly::DropUpTo(uint64_t tsn) {
  while (!empty()) {
    const auto& [first, run] = *runs().begin();
    if (first > tsn && (first != tsn + 1 || run.begins)) return;
    Uncount(run);
    runs().erase(runs().begin());
  }
}

}  // namespace mailport::sctp
