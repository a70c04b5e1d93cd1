#include "data_sender.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

namespace {

// Nagle (section 6.1): a packet shorter than this waits while others are on their way. The bound keeps it from waiting for a full packet of 64 KiB on loopback.
constexpr size_t kShortPacketBytes = 4096;
// A gap block reaches no further (section 3.3.4), and no stream may have more messages on their way than it has numbers (section 6.1).
constexpr size_t kMaxOutstandingChunks = UINT16_MAX;

}  // namespace

void DataSender::OnSack(const SackOutcome& outcome) {
  heard_since_t3_ = true;
  if (!probing_ || outbound_.PeerIsFull()) return;
  // The window has opened. If our probe was thrown away, there is no need to wait for its timer.
  if (!outcome.cumulative_advanced) outbound_.MarkAllLost(paths_, paths_.Next());
  probing_ = false;
}

void DataSender::RestartT3(const SackOutcome& outcome, TimeUs now) {
  paths_.ForEach([&](Path& path) {
    // Lost chunks wait for the next path to send them again.
    const bool waits = outbound_.HasOutstanding() && (path.flight_bytes != 0 || path.index == paths_.Next().index);
    if (!waits) {
      paths_.StopT3(path);
    } else if (outcome.cumulative_advanced) {
      paths_.T3(path).Start(now + path.rto());
    }
    SetRecoveryTimer(path);
  });
}

// A probe must leave before T3 would send everything again. A FORWARD TSN may have been lost like the last data. A peer that has no room is asked by T3 alone
// (section 6.1 A).
TimeUs DataSender::ProbeDueAt(const Path& path) {
  const bool waits = path.flight_bytes != 0 || outbound_.HasSkipped();
  if (!waits || path.index != paths_.Next().index || probing_ || outbound_.PeerIsFull()) return kNever;
  const TimeUs due = path.traffic().probe.DueAt(path.srtt());
  const TimeUs t3_ends = paths_.T3EndsAt(path);
  return t3_ends != kNever && due < t3_ends ? due : kNever;
}

void DataSender::SetRecoveryTimer(const Path& path) {
  const Traffic& traffic = path.traffic();
  const TimeUs of_losses = outbound_.HasOutstanding() ? std::min(traffic.rack.look_at, ProbeDueAt(path)) : kNever;
  const TimeUs due = std::min(of_losses, traffic.pacer.wakes_at());
  if (due == kNever) {
    paths_.StopRecoveryTimer(path);
  } else {
    paths_.RecoveryTimer(path).Start(due);
  }
}

bool DataSender::OnRecoveryTimer(Path& path, TimeUs now) {
  const bool found = path.traffic().rack.look_at <= now && outbound_.OnTime(now, paths_);
  if (found) {
    OnLossFound();
  } else if (ProbeDueAt(path) <= now) {
    path.traffic().probe.OnDue(now);
    probe_due_ = true;
  }
  if (path.traffic().pacer.wakes_at() <= now) path.traffic().pacer.OnTime();
  SetRecoveryTimer(path);
  return found;
}

bool DataSender::OnT3(Path& path, TimeUs now) {
  // A peer that answers but has no room is alive, even if its window closed while data was on its way (section 6.1 A).
  probing_ = std::exchange(heard_since_t3_, false) && outbound_.PeerIsFull();
  path.traffic().regret.OnLoss(path.cwnd(), path.ssthresh(), outbound_.next_tsn() - 1, true);
  path.OnTimeout();
  path.traffic().probe.OnTimeout();
  path.traffic().rack.look_at = kNever;
  probe_due_ = false;
  path.lost_often |= path.mtu.is_on_trust() && path.mtu.IsSuspect(path.flight_bytes + kCommonHeaderBytes);
  outbound_.MarkAllLost(paths_, path);
  paths_.T3(path).Start(now + path.rto());
  return !probing_;
}

DataSender::Sent DataSender::Send(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink) {
  Sent sent;
  if (paths_.Next().has_traffic()) paths_.Next().traffic().pacer.BeginTurn(now);
  SendProbe(packet, rules, now, sink, &sent);
  SendLost(packet, rules, now, sink, &sent);
  SendNew(packet, rules, now, sink, &sent);
  if (sent.ordered_chunks + sent.unordered_chunks + sent.lost_chunks != 0) paths_.Next().last_data_us = now;
  if (!outbound_.HasPending() && outbound_.NextRetransmissionBytes() == 0) paths_.Next().OnNothingLeft();
  return sent;
}

// If lost chunks wait for the window, the first packet of these is the best probe.
void DataSender::SendProbe(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent) {
  if (!std::exchange(probe_due_, false)) return;
  Path& path = paths_.Next();
  sent->released_bytes += outbound_.GiveUpLost(rules.fragment_bytes, now, sink);
  if (outbound_.NextRetransmissionBytes() != 0) {
    fast_retransmit_ = true;
    return;
  }
  size_t chunks = outbound_.WriteProbe(path, now, packet);
  if (chunks == 0 && !packet.empty()) {
    packet.Send();
    chunks = outbound_.WriteProbe(path, now, packet);
  }
  sent->lost_chunks += chunks;
}

void DataSender::SendLost(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent) {
  Path& path = paths_.Next();
  bool first_packet = true;
  uint8_t* last = nullptr;
  for (;;) {
    sent->released_bytes += outbound_.GiveUpLost(rules.fragment_bytes, now, sink);
    const size_t bytes = outbound_.NextRetransmissionBytes();
    if (bytes == 0) break;
    // The first packet of a fast retransmission leaves whatever the window is (section 7.2.4, step 3).
    const bool allowed = (fast_retransmit_ && first_packet) || path.flight_bytes == 0 || path.flight_bytes + bytes <= path.SendWindow();
    if (!allowed || (last == nullptr && !(fast_retransmit_ && first_packet) && path.flight_bytes != 0 && !path.traffic().pacer.MayLeave(now))) break;
    const size_t need = outbound_.header_bytes() + bytes;
    if (!packet.empty() && Padded(need) > packet.room()) {
      packet.Send();
      first_packet = false;
      last = nullptr;
      continue;
    }
    // For a later chunk T3 is not restarted, or further losses would put it off for ever (section 7.2.4, step 4).
    if (outbound_.NextRetransmissionIsEarliest()) paths_.T3(path).Start(now + path.rto());
    last = packet.Add(need);
    outbound_.WriteRetransmission(paths_, path, now, last);
    ++sent->lost_chunks;
  }
  fast_retransmit_ = false;
  // The window is used up, or no lost chunk is left. After a timeout that is one packet, for which the peer would wait for its delay (RFC 7053).
  if (last != nullptr) RequestImmediateSack(last);
}

bool DataSender::NagleHolds(const Path& path, size_t room) const {
  return path.flight_bytes != 0 && !outbound_.PendingFills(std::min(room, kShortPacketBytes));
}

void DataSender::SendNew(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent) {
  // Lost chunks go first.
  if (outbound_.NextRetransmissionBytes() != 0) return;
  Path& path = paths_.Next();
  if (path.flight_bytes == 0 && path.last_data_us != 0 && now - path.last_data_us > path.rto()) path.OnIdle();
  const size_t window = path.BurstWindow();
  uint8_t* last = nullptr;
  for (;;) {
    if (last == nullptr) outbound_.BeginPacket();
    const size_t bytes = outbound_.NextNewBytes(rules.fragment_bytes, now, sink, &sent->released_bytes);
    if (bytes == 0) break;
    if (outbound_.outstanding_chunks() >= kMaxOutstandingChunks) break;
    const bool closed_window = outbound_.peer_window() < bytes;
    if (path.flight_bytes >= window || (closed_window && paths_.FlightBytes() != 0)) break;
    if (last == nullptr && rules.nagle && NagleHolds(path, packet.room())) break;
    if (last == nullptr && !path.traffic().pacer.MayLeave(now)) break;
    const size_t need = outbound_.header_bytes() + bytes;
    if (!packet.empty() && (Padded(need) > packet.room() || (last != nullptr && outbound_.WantsNewPacket()))) {
      packet.Send();
      last = nullptr;
      continue;
    }
    // If nothing is on its way and the peer has no room, one chunk probes its window (section 6.1 A).
    probing_ = closed_window;
    const bool begins_packet = last == nullptr;
    last = packet.Add(need);
    outbound_.WriteNew(bytes, begins_packet, now, path, last);
    ++((last[1] & kDataUnordered) != 0 ? sent->unordered_chunks : sent->ordered_chunks);
    if (closed_window) break;
  }
  if (last == nullptr) return;
  sent->new_data = true;
  // Ask for an acknowledgement at once (RFC 7053). Nothing follows in this turn, so the sender would wait for the peer's delay: with a window that is used up,
  // with Nagle, with the end, or with a probe for what may be lost.
  RequestImmediateSack(last);
}

void DataSender::StartTimers(TimeUs now) {
  const Path& path = paths_.Next();
  if (outbound_.HasOutstanding() && !paths_.T3IsRunning(path)) paths_.T3(path).Start(now + path.rto());
  SetRecoveryTimer(path);
}

}  // namespace mailport::sctp
