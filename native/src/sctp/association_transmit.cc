// What an association sends in a turn: control chunks, the acknowledgement, retransmissions and new data, bundled into as few packets as
// the windows allow (RFC 9260 sections 6.1, 6.2, 6.3.3, 6.10, 7), and the timers behind it.

#include <algorithm>
#include <array>
#include <utility>

#include "association.h"
#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr size_t kMaxControlBytes = 16 * 1024;  // Errors and answers waiting for one turn's packets; beyond that they are dropped.
// Nagle (section 6.1): a packet shorter than this waits while others are on their way. Not a full packet of 64 KiB, as on loopback.
constexpr size_t kSmallPacketBytes = 4096;
constexpr size_t kSackAnswerFactor = 3;  // How many times the packets that it answers an acknowledgement may be.
constexpr size_t kLeastSackBytes = 64;   // An acknowledgement may always be so large: as short as a packet with data gets, IP and UDP included.

}  // namespace

void Association::QueueControl(uint8_t type, uint8_t flags, Bytes value) {
  if (control_.size() + value.size() > kMaxControlBytes) return;
  const size_t at = control_.size();
  const size_t bytes = kChunkHeaderBytes + value.size();
  control_.resize(at + Padded(bytes), 0);
  control_[at] = type;
  control_[at + 1] = flags;
  Store16(&control_[at + 2], static_cast<uint32_t>(bytes));
  if (!value.empty()) std::memcpy(&control_[at + kChunkHeaderBytes], value.data(), value.size());
  core_.MarkDirty(*this);
}

bool Association::MaySendData() const {
  return state_ == TcbState::kEstablished || state_ == TcbState::kShutdownPending || state_ == TcbState::kShutdownReceived;
}

void Association::Transmit(bool turn_ends) {
  if (closed() || state_ == TcbState::kCookieWait) return;
  if (std::exchange(shutdown_due_, false) && state_ == TcbState::kShutdownSent) {
    std::array<uint8_t, 4> cumulative;
    Store32(cumulative.data(), inbound_.cumulative_tsn());
    QueueControl(kChunkShutdown, 0, cumulative);
  }
  const uint64_t packets_before = core_.stats.packets_out;
  PacketBuilder packet = NewPacket(peer_tag_);
  if (state_ != TcbState::kCookieEchoed) {
    for (size_t at = 0; at < control_.size();) {
      const size_t bytes = Load16(&control_[at + 2]);
      if (!packet.empty() && Padded(bytes) > packet.room()) SendPacket(packet);
      packet.AddCopy({&control_[at], bytes});
      ++counters_.control_chunks_out;
      at += Padded(bytes);
    }
    control_.clear();
    const bool has_data = MaySendData() && !outbound_.empty();
    // An acknowledgement that is not urgent goes along with data (section 6.2).
    if (sack_now_ || (sack_soon_ && turn_ends) || (packets_since_sack_ != 0 && has_data && (outbound_.HasPending() || fast_retransmit_)))
      SendSack(packet);
    if (has_data) {
      SendRetransmissions(packet);
      SendNewData(packet);
    }
  }
  SendPacket(packet);
  if (core_.stats.packets_out != packets_before) path_.last_sent_us = core_.now;
  if (outbound_.HasOutstanding() && !t3_.running()) t3_.Start(core_.now + path_.rto());
  if (sack_soon_) core_.MarkDirty(*this);
  ContinueShutdown();
}

// With a thousand gaps one duplicate byte drew four kilobytes. An answer is no larger than a few times what it answers; of the gap blocks the first
// are told then, which is what the peer needs to send next.
size_t Association::SackBytesIn(size_t room) const {
  room -= std::min(room, kChunkHeaderBytes);
  const size_t answer = std::max(kSackAnswerFactor * bytes_since_sack_, kLeastSackBytes);
  return inbound_.SackBytes(sack_whole_ ? room : std::min(room, answer));
}

void Association::SendSack(PacketBuilder& packet) {
  size_t bytes = SackBytesIn(packet.room());
  if (bytes == 0) {
    SendPacket(packet);
    bytes = SackBytesIn(packet.room());
  }
  inbound_.WriteSack(packet.Add(bytes), bytes);
  ++counters_.control_chunks_out;
  ++counters_.sacks_out;
  sack_now_ = sack_soon_ = sack_whole_ = false;
  packets_since_sack_ = 0;
  bytes_since_sack_ = 0;
  NoteIfSqueezed();
  sack_timer_.Stop();
}

void Association::SendRetransmissions(PacketBuilder& packet) {
  bool first_packet = true;
  for (size_t bytes = outbound_.NextRetransmissionBytes(); bytes != 0; bytes = outbound_.NextRetransmissionBytes()) {
    // The first packet of a fast retransmission leaves whatever the window is (section 7.2.4, step 3).
    const bool allowed = (fast_retransmit_ && first_packet) || path_.flight_bytes == 0 || path_.flight_bytes + bytes <= path_.cwnd();
    if (!allowed) break;
    const size_t need = kDataHeaderBytes + bytes;
    if (!packet.empty() && Padded(need) > packet.room()) {
      SendPacket(packet);
      first_packet = false;
      continue;
    }
    // For a later chunk T3 goes on, or further losses would put it off for ever (section 7.2.4, step 4).
    if (outbound_.NextRetransmissionIsEarliest()) t3_.Start(core_.now + path_.rto());
    outbound_.WriteRetransmission(packet.Add(need), path_);
    ++core_.stats.data_chunks_out;
    ++core_.stats.retransmissions;
    ++counters_.retransmitted_chunks;
  }
  fast_retransmit_ = false;
}

bool Association::NagleHolds(size_t room) const {
  return !options.nodelay && state_ == TcbState::kEstablished && path_.flight_bytes != 0 &&
         !outbound_.PendingFills(std::min(room, kSmallPacketBytes));
}

void Association::SendNewData(PacketBuilder& packet) {
  // What was lost goes first.
  if (outbound_.NextRetransmissionBytes() != 0) return;
  if (path_.flight_bytes == 0 && path_.last_sent_us != 0 && core_.now - path_.last_sent_us > path_.rto()) path_.OnIdle();
  const size_t window = path_.BurstWindow();
  const size_t fragment_bytes = FragmentBytes();
  uint8_t* last = nullptr;
  bool held_back = false;
  size_t released = 0;
  for (;;) {
    const size_t bytes = outbound_.NextNewBytes(fragment_bytes, core_.now, *this, &released);
    if (bytes == 0) break;
    const bool closed_window = outbound_.peer_window() < bytes;
    if (path_.flight_bytes >= window || (closed_window && path_.flight_bytes != 0)) {
      held_back = true;
      break;
    }
    if (last == nullptr && NagleHolds(packet.room())) break;
    const size_t need = kDataHeaderBytes + bytes;
    if (!packet.empty() && Padded(need) > packet.room()) {
      SendPacket(packet);
      last = nullptr;
      continue;
    }
    // Nothing is on its way and the peer takes nothing: one chunk asks for its window (section 6.1 A).
    probing_ = closed_window;
    const bool begins_packet = last == nullptr;
    last = packet.Add(need);
    outbound_.WriteNew(last, bytes, begins_packet, core_.now, path_);
    ++core_.stats.data_chunks_out;
    ++((last[1] & kDataUnordered) != 0 ? counters_.unordered_chunks_out : counters_.ordered_chunks_out);
    if (closed_window) {
      held_back = true;
      break;
    }
  }
  ReleaseSend(released);
  if (released > 0) NotifyIfDry();
  if (last == nullptr) return;
  NoteActivity();
  // Ask for an acknowledgement at once where the sender would otherwise wait for the peer's delay: a window is used up, the end is
  // near, or Nagle would hold what follows this short packet (RFC 7053).
  if (held_back || state_ != TcbState::kEstablished || !options.nodelay) Outbound::RequestImmediateSack(last);
}

void Association::OnT3() {
  ++core_.stats.timeouts;
  // A peer that answers but has no room is alive, be it that its window closed over what was on its way (section 6.1 A).
  probing_ = std::exchange(heard_since_t3_, false) && outbound_.PeerIsFull();
  path_.OnTimeout();
  outbound_.MarkAllLost(path_);
  if (!probing_) CountError();
  if (closed()) return;
  t3_.Start(core_.now + path_.rto());
  core_.MarkDirty(*this);
}

void Association::OnSackTimer() {
  sack_now_ = true;
  core_.MarkDirty(*this);
}

void Association::StartHeartbeats() {
  if (options.heartbeats) {
    heartbeat_timer_.Start(core_.now + HeartbeatDelay());
  } else {
    heartbeat_timer_.Stop();
  }
}

// Section 8.3: the interval, plus an RTO with half of it at random on either side.
TimeUs Association::HeartbeatDelay() const {
  const TimeUs rto = path_.rto();
  return options.heartbeat_interval_ms * kMicrosPerMilli + rto / 2 + core_.Random32() % std::max<TimeUs>(rto, 1);
}

void Association::OnHeartbeatTimer() {
  if (heartbeat_unanswered_) {
    path_.BackOff();
    CountError();
    if (closed()) return;
  }
  outbound_.Trim();
  inbound_.Trim();
  const bool idle = core_.now - path_.last_sent_us >= options.heartbeat_interval_ms * kMicrosPerMilli;
  heartbeat_unanswered_ = false;
  if (state_ == TcbState::kEstablished && idle) SendHeartbeat();
  heartbeat_timer_.Start(core_.now + HeartbeatDelay());
}

void Association::RestartHeartbeats() {
  if (state_ == TcbState::kEstablished) StartHeartbeats();
}

void Association::DemandHeartbeat() {
  if (state_ == TcbState::kEstablished) SendHeartbeat();
}

void Association::SendHeartbeat() {
  heartbeat_unanswered_ = true;
  heartbeat_sent_us_ = core_.now;
  Store16(&heartbeat_[0], kParamHeartbeatInfo);
  Store16(&heartbeat_[2], static_cast<uint32_t>(heartbeat_.size()));
  Store32(&heartbeat_[4], core_.Random32());
  Store32(&heartbeat_[8], core_.Random32());
  QueueControl(kChunkHeartbeat, 0, heartbeat_);
}

}  // namespace mailport::sctp
