#include "limits.h"

#include <algorithm>

#include "../give_back.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;

bool IsLifetime(PrPolicy policy) { return policy == PrPolicy::kNone || policy == PrPolicy::kTtl; }

}  // namespace

// A lifetime of 0 is none (RFC 6458 section 5.3.2). No retransmission, and priority 0, are limits.
bool Limits::IsAskedFor(const SendParams& params) { return params.time_to_live_ms != 0 || !IsLifetime(PrPolicyIn(params.flags)); }

LimitId Limits::Add(const SendParams& params, MessageId message, TimeUs now) {
  LimitId id = free_;
  if (id == kNoLimit) {
    id = static_cast<LimitId>(limits_.size());
    limits_.emplace_back();
  } else {
    free_ = limits_[id].message;
  }
  ++count_;
  const PrPolicy policy = PrPolicyIn(params.flags);
  const TimeUs expires_at = IsLifetime(policy) ? now + params.time_to_live_ms * kMicrosPerMilli : kNever;
  limits_[id] = {policy, false, params.time_to_live_ms, 1, message, expires_at, 0, next_age_++, false};
  if (IsRanked(limits_[id])) ranking_.insert(PlaceOf(limits_[id], id));
  return id;
}

void Limits::OnCut(LimitId id, uint64_t number, bool ends) {
  Limit& limit = limits_[id];
  limit.last = number;
  if (!limit.sent) {
    if (IsRanked(limit)) ranking_.erase(PlaceOf(limit, id));
    limit.sent = true;
    if (IsRanked(limit)) ranking_.insert(PlaceOf(limit, id));
  }
  // The last fragment takes the place of the waiting message among the holders.
  if (ends) {
    limit.message = kNoMessage;
  } else {
    ++limit.holders;
  }
}

void Limits::OnTaken(LimitId id) {
  limits_[id].message = kNoMessage;
  Release(id);
}

void Limits::GiveUp(LimitId id) {
  Limit& limit = limits_[id];
  if (IsRanked(limit)) ranking_.erase(PlaceOf(limit, id));
  limit.given_up = true;
}

bool Limits::IsUsedUp(LimitId id, uint32_t retransmissions, TimeUs now) const {
  if (!agreed) return false;
  const Limit& limit = limits_[id];
  return limit.expires_at <= now || (limit.policy == PrPolicy::kRtx && retransmissions >= std::min(limit.value, kMostRetransmissions));
}

std::optional<LimitId> Limits::LeastImportant(std::optional<uint32_t> value) const {
  if (ranking_.empty() || (value && ranking_.begin()->value <= *value)) return std::nullopt;
  return ranking_.begin()->id;
}

void Limits::Release(LimitId id) {
  Limit& limit = limits_[id];
  if (--limit.holders != 0) return;
  if (IsRanked(limit)) ranking_.erase(PlaceOf(limit, id));
  limit.message = free_;
  free_ = id;
  --count_;
}

void Limits::Clear() {
  ranking_.clear();
  GiveBack(limits_);
  free_ = kNoLimit;
  count_ = 0;
}

void Limits::Trim() {
  if (count_ == 0) Clear();
}

}  // namespace mailport::sctp
