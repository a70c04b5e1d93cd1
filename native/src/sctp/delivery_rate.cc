#include "delivery_rate.h"

#include <algorithm>

namespace mailport::sctp {

void DeliveryRate::OnSent(size_t bytes, size_t flight, TimeUs now, TimeUs shortest_round_trip) {
  // After a pause neither the time of the last delivery nor that of the last sending says anything of the line.
  if (flight == bytes) {
    first_sent_at_ = delivered_at_ = now;
    log_.clear();
  }
  if (!log_.empty() && now - log_.back().at <= shortest_round_trip / kPerRoundTrip) {
    log_.back().in_flight = std::max(log_.back().in_flight, flight);
    return;
  }
  if (log_.size() == kMostSnapshots) log_.pop_front();
  log_.push_back({now, delivered_at_, first_sent_at_, delivered_, lost_, flight, is_app_limited()});
}

DeliverySample DeliveryRate::OnAcknowledged(const Acknowledged& acknowledged, TimeUs shortest_round_trip) {
  const TimeUs now = acknowledged.now;
  DeliverySample sample;
  delivered_ += acknowledged.bytes;
  if (app_limited_until_ != 0 && delivered_ > app_limited_until_) app_limited_until_ = 0;
  const TimeUs newest_sent_at = now - Since(acknowledged.newest_sent, now);
  if (acknowledged.has_newest) {
    while (log_.size() > 1 && log_[1].at <= newest_sent_at) log_.pop_front();
    if (!log_.empty() && log_.front().at <= newest_sent_at && delivered_ >= log_.front().delivered) {
      const Snapshot& then = log_.front();
      sample.is_known = true;
      sample.prior_delivered = then.delivered;
      sample.delivered = delivered_ - then.delivered;
      sample.lost = lost_ - then.lost;
      sample.in_flight = then.in_flight;
      sample.is_app_limited = then.is_app_limited;
      // The longer one of both times: acknowledgements that come together do not show a rate at which nothing was sent.
      const TimeUs sending = newest_sent_at - std::min(then.first_sent_at, newest_sent_at), arriving = now - then.delivered_at;
      const TimeUs interval = std::max(sending, arriving);
      // An answer that is sooner than any round trip is none.
      if (interval != 0 && interval >= shortest_round_trip) sample.bytes_per_us = static_cast<double>(sample.delivered) / static_cast<double>(interval);
      first_sent_at_ = newest_sent_at;
    }
  }
  if (acknowledged.bytes != 0) delivered_at_ = now;
  return sample;
}

}  // namespace mailport::sctp
