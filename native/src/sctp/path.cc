#include "path.h"

#include <algorithm>

#include "packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr size_t kUdpIpv4HeaderBytes = 28;
constexpr size_t kUdpIpv6HeaderBytes = 48;
constexpr size_t kInitialWindowBytes = 4404;          // RFC 9260 section 7.2.1
constexpr size_t kInitialWindowBytesIpv6 = 4344;
constexpr size_t kMaxWindowBytes = size_t{64} << 20;  // Nothing here queues more.
constexpr size_t kMaxBurstPackets = 4;                // RFC 9260 section 16
// A burst of this size is handed to the kernel in one call, so a limit of four Ethernet packets would only cost turns of the loop.
constexpr size_t kMinBurstBytes = 65536;
// Where a round trip is shorter, the timer of the host is too coarse to pace, and there is no line to spare.
constexpr TimeUs kLeastPacedRoundTripUs = 1000;

}  // namespace

const Traffic Path::kNoTraffic;

Path::Path(const PacketRoute& the_route, size_t packet_bytes, const RtoInfo& rto)
    : route(the_route), max_packet_bytes(packet_bytes), mtu(packet_bytes, route.remote.family, header_bytes()), info_(rto), rto_us_(rto.initial_ms * kMicrosPerMilli), largest_rto_us_(rto_us_),
      cwnd_(InitialWindow()) {}

size_t Path::InitialWindow() const {
  const size_t bytes = route.remote.family == 6 ? kInitialWindowBytesIpv6 : kInitialWindowBytes;
  return std::min(4 * max_packet_bytes, std::max(2 * max_packet_bytes, bytes));
}

// The packets take another way from now on, so nothing is known of it (7.2.5). Its timeout is measured anew as before.
void Path::BeginAnew() {
  cwnd_ = InitialWindow();
  ssthresh_ = SIZE_MAX;
  untouched_ = true;
  if (!has_traffic()) return;
  traffic_->congestion.Reset();
  traffic_->pacer = {};
  traffic_->in_fast_recovery = false;
  traffic_->regret.Close();
}

void Path::SetRtoInfo(const RtoInfo& info) {
  // Setting another option must not undo the doubling by timeouts.
  const bool begins_anew = srtt_us_ == 0 && info.initial_ms != info_.initial_ms;
  info_ = info;
  const TimeUs wanted = begins_anew ? info.initial_ms * kMicrosPerMilli : rto_us_;
  rto_us_ = std::clamp<TimeUs>(wanted, info.min_ms * kMicrosPerMilli, std::max(info.min_ms, info.max_ms) * kMicrosPerMilli);
}

void Path::OnRttSample(TimeUs rtt) {
  rtt = std::max<TimeUs>(rtt, 1);
  if (srtt_us_ == 0) {
    srtt_us_ = rtt;
    rttvar_us_ = rtt / 2;
  } else {
    const TimeUs difference = srtt_us_ > rtt ? srtt_us_ - rtt : rtt - srtt_us_;
    rttvar_us_ = (3 * rttvar_us_ + difference) / 4;
    srtt_us_ = (7 * srtt_us_ + rtt) / 8;
  }
  rto_us_ = std::clamp<TimeUs>(srtt_us_ + 4 * std::max<TimeUs>(rttvar_us_, 1), info_.min_ms * kMicrosPerMilli,
                               std::max(info_.min_ms, info_.max_ms) * kMicrosPerMilli);
  largest_rto_us_ = std::max(largest_rto_us_, rto_us_);
}

void Path::BackOff() {
  rto_us_ = std::min<TimeUs>(rto_us_ * 2, std::max(info_.min_ms, info_.max_ms) * kMicrosPerMilli);
  largest_rto_us_ = std::max(largest_rto_us_, rto_us_);
}

void Path::OnAcknowledged(size_t acked_bytes, bool cumulative_advanced, bool was_full, bool all_acked, TimeUs now) {
  Traffic& here = traffic();
  here.congestion.Choose(options->congestion);
  if (acked_bytes > 0) untouched_ = false;
  Window window{cwnd_, ssthresh_};
  const Acknowledged acknowledged{.bytes = acked_bytes, .packet_bytes = max_packet_bytes, .was_full = was_full, .srtt = srtt_us_, .now = now,
                                  .cumulative_advanced = cumulative_advanced, .in_recovery = here.in_fast_recovery, .all = all_acked, .is_paced = here.pacer.is_on(),
                                  .flight_bytes = flight_bytes, .has_newest = here.has_newest, .newest_sent = here.newest_sent, .round_trip = here.newest_round_trip_us};
  here.congestion.Visit([&](auto& control) { control.OnAcknowledged(window, acknowledged); });
  cwnd_ = std::min(window.bytes, kMaxWindowBytes);
  ssthresh_ = window.threshold;
  Pace();
}

void Path::Pace() {
  Traffic& here = traffic();
  if (here.rack.shortest_round_trip() < kLeastPacedRoundTripUs) {
    here.pacer.Set({});
  } else {
    here.pacer.Set(here.congestion.Visit([&](auto& control) { return control.PaceOf({cwnd_, ssthresh_}, max_packet_bytes, srtt_us_); }));
  }
}

void Path::OnChunkAcknowledged(uint64_t number, SentTime sent, bool sent_again, TimeUs now) {
  Traffic& here = traffic();
  here.rack.OnAcknowledged(number, sent, sent_again, now);
  const TimeUs round_trip = Since(sent, now);
  // Sooner than any answer can come: it is one to the chunk as it was sent before.
  if (sent_again && round_trip < here.rack.shortest_round_trip()) return;
  if (here.has_newest && SentBefore(sent, here.newest_sent)) return;
  here.has_newest = true;
  here.newest_sent = sent;
  here.newest_round_trip_us = sent_again ? 0 : round_trip;
}

void Path::OnChunkLost(size_t payload_bytes) {
  flight_bytes -= payload_bytes;
  traffic().congestion.Visit([&](auto& control) { control.OnLost(payload_bytes); });
}

void Path::OnChunkTakenBack(size_t payload_bytes) {
  flight_bytes += payload_bytes;
  traffic().reduction.OnTakenBack(payload_bytes);
  traffic().congestion.Visit([&](auto& control) { control.OnTakenBack(payload_bytes); });
}

void Path::OnNothingLeft() {
  if (!has_traffic()) return;
  traffic_->pacer.OnNothingLeft();
  if (flight_bytes >= cwnd_) return;
  traffic_->congestion.Visit([&](auto& control) { control.OnAppLimited(flight_bytes); });
}

void Path::BeginAcknowledgement() {
  answers = false;
  if (!has_traffic()) return;
  Traffic& here = *traffic_;
  here.acked_bytes = 0;
  here.has_newest = false;
  here.newest_round_trip_us = 0;
  here.lost_chunks = here.lost_again = here.probe_answered = here.is_undone = here.seems_undone = false;
  here.flight_before = flight_bytes;
  // A window that grows by less than a packet is used up if no further packet goes into it.
  const size_t slack = options->congestion == CongestionControl::kCubic ? max_packet_bytes - 1 : max_packet_bytes / 2;
  here.was_full = flight_bytes + slack >= cwnd_ || here.pacer.is_holding();
}

void Path::EndAcknowledgement(uint32_t cumulative_tsn, bool cumulative_advanced, bool all_acked, uint32_t exit_tsn, TimeUs now) {
  if (!has_traffic()) return;
  Traffic& here = *traffic_;
  OnCumulative(cumulative_tsn);
  OnAcknowledged(here.acked_bytes, cumulative_advanced, here.was_full, all_acked, now);
  if (answers) here.probe.OnAcknowledged(flight_bytes == 0, now);
  // After T3, data that was not sent again since is confirmed. If that is all there was, only its acknowledgements may have been lost, and T3 was right (as in
  // F-RTO, RFC 5682 section 2.1, step 2).
  here.is_undone |= here.seems_undone && here.regret.doubts_timeout();
  // Once a round trip at most. A peer that has everything taken for lost, and then for found, could otherwise have all chunks looked at with every SACK.
  here.is_undone = here.is_undone && (here.undone_us == 0 || now - here.undone_us >= srtt_us_);
  if (here.is_undone) UndoLoss(now);
  EndLosses(exit_tsn, now);
  // A probe may have repaired the last loss before it was known.
  OnCumulative(cumulative_tsn);
  if (here.in_fast_recovery) here.reduction.OnDelivered(here.acked_bytes, flight_bytes, max_packet_bytes, cumulative_advanced && !here.lost_chunks);
}

void Path::EndLosses(uint32_t exit_tsn, TimeUs now) {
  if (!has_traffic() || !traffic_->lost_chunks) return;
  if (traffic_->lost_again) traffic_->in_fast_recovery = false;
  if (!traffic_->in_fast_recovery) traffic_->recovery_began = SentAt(now);
  OnLoss(exit_tsn);
}

void Path::OnLoss(uint32_t exit_tsn) {
  Traffic& here = traffic();
  if (here.in_fast_recovery) return;
  untouched_ = false;
  here.regret.OnLoss(cwnd_, ssthresh_, exit_tsn, false);
  ssthresh_ = ReducedWindow(false);
  cwnd_ = ssthresh_;
  here.in_fast_recovery = true;
  here.recovery_exit = exit_tsn;
  here.reduction.Begin(std::max(here.flight_before, flight_bytes), cwnd_);
}

void Path::OnCumulative(uint32_t cumulative_tsn) {
  if (!has_traffic()) return;
  traffic_->regret.OnCumulative(cumulative_tsn);
  if (!traffic_->in_fast_recovery || TsnBefore(cumulative_tsn, traffic_->recovery_exit)) return;
  traffic_->in_fast_recovery = false;
  traffic_->rack.OnRecovered();
}

void Path::OnTimeout() {
  untouched_ = false;
  ssthresh_ = ReducedWindow(true);
  cwnd_ = max_packet_bytes;
  traffic().in_fast_recovery = false;
  traffic().timing = false;
  BackOff();
}

void Path::OnSent(size_t payload_bytes, TimeUs now) {
  Traffic& here = traffic();
  flight_bytes += payload_bytes;
  here.reduction.OnSent(payload_bytes);
  here.pacer.OnSent(payload_bytes, now);
  here.congestion.Choose(options->congestion);
  here.congestion.Visit([&](auto& control) { control.OnSent(payload_bytes, flight_bytes, now); });
  here.probe.OnSent(now);
}

void Path::UndoLoss(TimeUs now) {
  Traffic& here = traffic();
  here.undone_us = now;
  cwnd_ = std::max(cwnd_, here.regret.cwnd());
  ssthresh_ = std::max(ssthresh_, here.regret.ssthresh());
  here.congestion.Visit([](auto& control) { control.Undo(); });
  here.in_fast_recovery = false;
  here.rack.Forget();
  here.regret.Close();
}

void Path::OnIdle() {
  // A turn that sends no data comes here too, and needs no traffic.
  cwnd_ = has_traffic() ? traffic_->congestion.Visit([&](auto& control) { return control.AfterIdle(cwnd_, InitialWindow()); })
                        : WindowDriven<LinearGrowth>().AfterIdle(cwnd_, InitialWindow());
}

void Path::BeginTraffic() {
  traffic_ = std::make_unique<Traffic>();
  traffic_->rack.GoOnWith(shortest_round_trip_us_);
  Pace();
}

void Path::Trim() {
  if (!has_traffic() || flight_bytes != 0 || !traffic_->is_at_rest()) return;
  shortest_round_trip_us_ = traffic_->rack.shortest_round_trip();
  traffic_.reset();
}

// At least what RFC 9260 leaves (7.2.3).
size_t Path::ReducedWindow(bool by_timeout) {
  Congestion& congestion = traffic().congestion;
  congestion.Choose(options->congestion);
  const size_t left = congestion.Visit([&](auto& control) { return control.Reduce(cwnd_, max_packet_bytes, by_timeout); });
  return std::max(left, 4 * max_packet_bytes);
}

size_t Path::BurstWindow() const {
  if (traffic().pacer.is_on()) return SendWindow();
  return std::min(SendWindow(), flight_bytes + std::max(kMaxBurstPackets * max_packet_bytes, kMinBurstBytes));
}

// The initial window follows the packet size (7.2.1). A window that acknowledgements or losses have changed stays, but one packet must fit.
void Path::SetMaxPacketBytes(size_t bytes) {
  max_packet_bytes = bytes;
  cwnd_ = untouched_ ? InitialWindow() : std::max(cwnd_, max_packet_bytes);
}

void Path::FollowMtu() {
  // After a timeout the window is one packet.
  if (mtu.size() < max_packet_bytes && cwnd_ <= max_packet_bytes) cwnd_ = mtu.size();
  max_packet_bytes = mtu.size();
}

size_t Path::header_bytes() const { return route.remote.family == 6 ? kUdpIpv6HeaderBytes : kUdpIpv4HeaderBytes; }

void Path::TimeTsn(uint32_t tsn, TimeUs now) {
  Traffic& here = traffic();
  here.timing = true;
  here.timed_tsn = tsn;
  here.timed_at = now;
}

}  // namespace mailport::sctp
