#include "data_sender.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

namespace {

// Nagle (section 6.1): a packet shorter than this waits while others are on their way. The bound keeps it from waiting for a full packet of 64 KiB on loopback.
constexpr size_t kShortPacketBytes = 4096;

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
      paths_.T3(path).Stop();
    } else if (outcome.cumulative_advanced) {
      paths_.T3(path).Start(now + path.rto());
    }
  });
}

bool DataSender::OnT3(Path& path, TimeUs now) {
  // A peer that answers but has no room is alive, even if its window closed while data was on its way (section 6.1 A).
  probing_ = std::exchange(heard_since_t3_, false) && outbound_.PeerIsFull();
  path.OnTimeout();
  outbound_.MarkAllLost(paths_, path);
  paths_.T3(path).Start(now + path.rto());
  return !probing_;
}

DataSender::Sent DataSender::Send(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink) {
  Sent sent;
  SendLost(packet, now, &sent);
  SendNew(packet, rules, now, sink, &sent);
  return sent;
}

void DataSender::SendLost(PacketBuilder& packet, TimeUs now, Sent* sent) {
  Path& path = paths_.Next();
  bool first_packet = true;
  for (size_t bytes = outbound_.NextRetransmissionBytes(); bytes != 0; bytes = outbound_.NextRetransmissionBytes()) {
    // The first packet of a fast retransmission leaves whatever the window is (section 7.2.4, step 3).
    const bool allowed = (fast_retransmit_ && first_packet) || path.flight_bytes == 0 || path.flight_bytes + bytes <= path.cwnd();
    if (!allowed) break;
    const size_t need = kDataHeaderBytes + bytes;
    if (!packet.empty() && Padded(need) > packet.room()) {
      packet.Send();
      first_packet = false;
      continue;
    }
    // For a later chunk T3 is not restarted, or further losses would put it off for ever (section 7.2.4, step 4).
    if (outbound_.NextRetransmissionIsEarliest()) paths_.T3(path).Start(now + path.rto());
    outbound_.WriteRetransmission(paths_, path, packet.Add(need));
    ++sent->lost_chunks;
  }
  fast_retransmit_ = false;
}

bool DataSender::NagleHolds(const Path& path, size_t room) const {
  return path.flight_bytes != 0 && !outbound_.PendingFills(std::min(room, kShortPacketBytes));
}

void DataSender::SendNew(PacketBuilder& packet, const Rules& rules, TimeUs now, OutboundSink& sink, Sent* sent) {
  // Lost chunks go first.
  if (outbound_.NextRetransmissionBytes() != 0) return;
  Path& path = paths_.Next();
  if (path.flight_bytes == 0 && path.last_sent_us != 0 && now - path.last_sent_us > path.rto()) path.OnIdle();
  const size_t window = path.BurstWindow();
  uint8_t* last = nullptr;
  bool held_back = false;
  for (;;) {
    const size_t bytes = outbound_.NextNewBytes(rules.fragment_bytes, now, sink, &sent->released_bytes);
    if (bytes == 0) break;
    const bool closed_window = outbound_.peer_window() < bytes;
    if (path.flight_bytes >= window || (closed_window && path.flight_bytes != 0)) {
      held_back = true;
      break;
    }
    if (last == nullptr && rules.nagle && NagleHolds(path, packet.room())) break;
    const size_t need = kDataHeaderBytes + bytes;
    if (!packet.empty() && Padded(need) > packet.room()) {
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
    if (closed_window) {
      held_back = true;
      break;
    }
  }
  if (last == nullptr) return;
  sent->new_data = true;
  // Ask for an acknowledgement at once where the sender would otherwise wait for the peer's delay: a window is used up, the end is
  // near, or Nagle would hold what follows this short packet (RFC 7053).
  if (held_back || rules.ask_for_ack) RequestImmediateSack(last);
}

void DataSender::StartT3(TimeUs now) {
  Path& path = paths_.Next();
  if (outbound_.HasOutstanding() && !paths_.T3(path).running()) paths_.T3(path).Start(now + path.rto());
}

}  // namespace mailport::sctp
