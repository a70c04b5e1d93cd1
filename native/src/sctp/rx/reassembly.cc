#include "reassembly.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailport::sctp {

namespace {

// The overhead of holding payload: for each run a node of the map, and for each piece a node of the list and an allocation.
constexpr size_t kRunOverheadBytes = 128;
constexpr size_t kPieceOverheadBytes = 80;
// Consecutive fragments share a piece up to this size. A larger piece would be copied when it grows, or be allocated in vain.
constexpr size_t kPieceBytes = 16 * 1024;

bool SameMessage(const InboundMessage& a, const InboundMessage& b) {
  return a.stream == b.stream && a.unordered == b.unordered && (a.unordered || a.ssn == b.ssn);
}

}  // namespace

size_t Reassembly::Run::Charge() const { return kRunOverheadBytes + pieces.size() * kPieceOverheadBytes + bytes; }

// The exempt run counts with its payload alone: its pieces are large, so their overhead is within a hundredth of the payload.
void Reassembly::Count(const Run& run) {
  if (run.exempt) {
    exempt_bytes_ += run.bytes;
  } else {
    held_bytes_ += run.Charge();
  }
}

void Reassembly::Uncount(const Run& run) {
  if (run.exempt) {
    exempt_bytes_ -= run.bytes;
  } else {
    held_bytes_ -= run.Charge();
  }
}

// The run that ends just before `tsn`, or none.
Reassembly::Runs::const_iterator Reassembly::Before(uint64_t tsn) const {
  const auto after = runs_.upper_bound(tsn);
  if (after == runs_.begin()) return runs_.end();
  const auto before = std::prev(after);
  return before->second.last + 1 == tsn ? before : runs_.end();
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
  if (const auto before = fragment.begins ? runs_.cend() : Before(fragment.tsn); before != runs_.cend()) {
    run = runs_.erase(before, before);  // Erases nothing: gives the same place as an iterator that may change it.
    Uncount(run->second);
    run = Extend(run, fragment);
  } else {
    Run made{fragment.tsn, fragment.message, fragment.begins, fragment.ends, false, fragment.payload.size(), {}};
    made.pieces.emplace_back(fragment.payload.begin(), fragment.payload.end());
    copied_bytes_ += fragment.payload.size();
    run = runs_.emplace(fragment.tsn, std::move(made)).first;
  }
  if (const auto after = std::next(run); !fragment.ends && after != runs_.end() && after->first == fragment.tsn + 1) {
    Uncount(after->second);
    Join(run->second, after->second);
    runs_.erase(after);
  }
  latest_bytes_ = run->second.bytes;
  if (run->second.begins && run->second.ends) return Finish(run);
  Count(run->second);
  return std::nullopt;
}

Reassembly::Runs::iterator Reassembly::Extend(Runs::iterator at, const Fragment& fragment) {
  Run& run = at->second;
  std::vector<uint8_t>& piece = run.pieces.back();
  copied_bytes_ += fragment.payload.size();
  if (piece.size() + fragment.payload.size() <= std::max(piece.capacity(), kPieceBytes)) {
    if (piece.size() + fragment.payload.size() > piece.capacity()) copied_bytes_ += piece.size();
    piece.insert(piece.end(), fragment.payload.begin(), fragment.payload.end());
  } else {
    std::vector<uint8_t>& next = run.pieces.emplace_back();
    next.reserve(std::max(kPieceBytes, fragment.payload.size()));
    next.assign(fragment.payload.begin(), fragment.payload.end());
  }
  run.bytes += fragment.payload.size();
  run.last = fragment.tsn;
  run.ends = fragment.ends;
  return at;
}

void Reassembly::Join(Run& run, Run& tail) {
  const auto first_new = std::prev(run.pieces.end());
  run.pieces.splice(run.pieces.end(), tail.pieces);
  if (run.exempt) Compact(run, first_new);
  run.bytes += tail.bytes;
  run.last = tail.last;
  run.ends = tail.ends;
}

// Puts small pieces together, from `at` on. The exempt run is never the tail of another, so no piece is looked at twice.
void Reassembly::Compact(Run& run, std::list<std::vector<uint8_t>>::iterator at) {
  for (auto next = std::next(at); next != run.pieces.end();) {
    if (at->size() + next->size() > kPieceBytes) {
      at = next++;
      continue;
    }
    at->reserve(kPieceBytes);
    at->insert(at->end(), next->begin(), next->end());
    copied_bytes_ += next->size();
    next = run.pieces.erase(next);
  }
}

WholeMessage Reassembly::Finish(Runs::iterator at) {
  Run run = std::move(at->second);
  runs_.erase(at);
  WholeMessage whole{run.message, {}};
  if (run.pieces.size() == 1) {
    whole.bytes = std::move(run.pieces.front());
    return whole;
  }
  whole.bytes.reserve(run.bytes);
  for (const std::vector<uint8_t>& piece : run.pieces) whole.bytes.insert(whole.bytes.end(), piece.begin(), piece.end());
  copied_bytes_ += run.bytes;
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
  Compact(head, head.pieces.begin());
  Count(head);
}

void Reassembly::Clear() {
  runs_.clear();
  held_bytes_ = exempt_bytes_ = 0;
}

}  // namespace mailport::sctp
