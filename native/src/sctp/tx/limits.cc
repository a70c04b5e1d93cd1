#include "limits.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;

bool IsLifetime(PrPolicy policy) { return policy == PrPolicy::kNone || policy == PrPolicy::kTtl; }

}  // namespace

// A lifetime of 0 is none (RFC 6458 section 5.3.2). No retransmission, and priority 0, are limits.
bool Limits::IsAskedFor(const SendParams& params) { return params.time_to_live_ms != 0 || !IsLifetime(PrPolicyIn(params.flags)); }

LimitId Limits::Add(const SendParams& params, MessageId message, TimeUs now) {
  if (all_ == nullptr) all_ = std::make_unique<All>();
  LimitId id = all_->free;
  if (id == kNoLimit) {
    id = static_cast<LimitId>(all_->limits.size());
    all_->limits.emplace_back();
  } else {
    all_->free = all_->limits[id].message;
  }
  ++all_->count;
  const PrPolicy policy = PrPolicyIn(params.flags);
  const TimeUs expires_at = IsLifetime(policy) ? now + params.time_to_live_ms * kMicrosPerMilli : kNever;
  all_->limits[id] = {policy, false, params.time_to_live_ms, 1, message, expires_at, 0, all_->next_age++, false};
  if (IsRanked(all_->limits[id])) all_->ranking.insert(PlaceOf(all_->limits[id], id));
  return id;
}

void Limits::OnCut(LimitId id, uint64_t number, bool ends) {
  Limit& limit = all_->limits[id];
  limit.last = number;
  if (!limit.sent) {
    if (IsRanked(limit)) all_->ranking.erase(PlaceOf(limit, id));
    limit.sent = true;
    if (IsRanked(limit)) all_->ranking.insert(PlaceOf(limit, id));
  }
  // The last fragment takes the place of the waiting message among the holders.
  if (ends) {
    limit.message = kNoMessage;
  } else {
    ++limit.holders;
  }
}

void Limits::OnTaken(LimitId id) {
  all_->limits[id].message = kNoMessage;
  Release(id);
}

void Limits::GiveUp(LimitId id) {
  Limit& limit = all_->limits[id];
  if (IsRanked(limit)) all_->ranking.erase(PlaceOf(limit, id));
  limit.given_up = true;
}

bool Limits::IsUsedUp(LimitId id, uint32_t retransmissions, TimeUs now) const {
  if (!agreed) return false;
  const Limit& limit = all_->limits[id];
  return limit.expires_at <= now || (limit.policy == PrPolicy::kRtx && retransmissions >= std::min(limit.value, kMostRetransmissions));
}

std::optional<LimitId> Limits::LeastImportant(std::optional<uint32_t> value) const {
  if (all_ == nullptr || all_->ranking.empty() || (value && all_->ranking.begin()->value <= *value)) return std::nullopt;
  return all_->ranking.begin()->id;
}

void Limits::Release(LimitId id) {
  Limit& limit = all_->limits[id];
  if (--limit.holders != 0) return;
  if (IsRanked(limit)) all_->ranking.erase(PlaceOf(limit, id));
  limit.message = all_->free;
  all_->free = id;
  --all_->count;
}

void Limits::Clear() { all_.reset(); }

void Limits::Trim() {
  if (size() == 0) Clear();
}

}  // namespace mailport::sctp
