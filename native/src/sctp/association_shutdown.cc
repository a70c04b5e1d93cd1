// Ending: the SHUTDOWN sequence and ABORT (RFC 9260 section 9).

#include <algorithm>

#include "association.h"
#include "endpoint.h"
#include "packet/error_causes.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr TimeUs kMicrosPerSecond = 1000 * kMicrosPerMilli;
constexpr TimeUs kGuardRtos = 5;  // T5: section 9.2.
// How long a peer may send on that has been told of the end, at least; five times the RTO.Max of section 16. A small RTO.Max, which is for
// finding out soon that a peer is gone, must not cut off one that is there.
constexpr TimeUs kGuardUs = 300 * kMicrosPerSecond;
// How long an association may keep what it has of a closed socket while its peer takes nothing of it. Nobody is left who could abort it.
constexpr TimeUs kClosedPatienceUs = 300 * kMicrosPerSecond;
// How long after a peer's SHUTDOWN what a closed socket leaves may take: no peer waits for longer, as its own T5 runs, and one that takes a chunk
// every few minutes could hold an association for ever.
constexpr TimeUs kPeersPatienceUs = 2 * kGuardUs;
constexpr size_t kMaxReasonBytes = 512;

}  // namespace

void Association::Shutdown() {
  if (IsSettingUp()) {
    if (state_ == TcbState::kCookieEchoed) SendAlone(kChunkAbort, 0, {}, peer_tag_);
    Vanish();
    return;
  }
  if (state_ != TcbState::kEstablished) return;
  state_ = TcbState::kShutdownPending;
  core_.MarkDirty(*this);
  ContinueShutdown();
}

void Association::ContinueShutdown() {
  if (!outbound_.empty()) return;
  if (state_ == TcbState::kShutdownPending) {
    state_ = TcbState::kShutdownSent;
    SendShutdown();
    StartGuard();
  } else if (state_ == TcbState::kShutdownReceived) {
    guard_.Stop();
    state_ = TcbState::kShutdownAckSent;
    SendShutdownAck();
  }
}

void Association::SendShutdown() {
  shutdown_due_ = true;
  core_.MarkDirty(*this);
  t2_.Start(core_.now + path_.rto());
}

void Association::SendShutdownAck() {
  // All of the peer's data is acknowledged; a further acknowledgement could meet a peer that has gone already.
  sack_now_ = sack_soon_ = false;
  packets_since_sack_ = 0;
  sack_timer_.Stop();
  QueueControl(kChunkShutdownAck, 0, {});
  t2_.Start(core_.now + path_.rto());
}

// For an INIT, which proves nothing: T2 goes on, or strangers could keep it from ever counting to its end.
void Association::RetransmitShutdownAck() {
  if (state_ == TcbState::kShutdownAckSent) QueueControl(kChunkShutdownAck, 0, {});
}

void Association::OnT2() {
  ++core_.stats.timeouts;
  path_.BackOff();
  // A peer that still has data for us cannot answer the SHUTDOWN while our window keeps that data back.
  if (!HoldsPeerUp()) CountError();
  if (closed()) return;
  if (state_ == TcbState::kShutdownSent) {
    SendShutdown();
  } else if (state_ == TcbState::kShutdownAckSent) {
    SendShutdownAck();
  }
}

bool Association::HoldsPeerUp() const {
  return state_ == TcbState::kShutdownSent && socket_ != nullptr && inbound_.AdvertisedWindow() < socket_->WindowBytes() / 2;
}

// T5 runs from the SHUTDOWN: what we had to send before it is bounded by the rules for a peer that does not answer (8.1), or by the user.
void Association::StartGuard() {
  const TimeUs guard = kGuardRtos * options.rto.max_ms * kMicrosPerMilli;
  guard_ends_us_ = core_.now + std::max(guard, kGuardUs);
  guard_mark_ = inbound_.cumulative_tsn();
  guard_.Start(core_.now + guard);
}

void Association::OnShutdownGuard() {
  if (state_ == TcbState::kShutdownReceived) {
    if (socket_ == nullptr) Abort(kCauseNone, {});
    return;
  }
  // While the owner is there to read it, what the peer still sends is waited for.
  const bool goes_on = socket_ != nullptr && (inbound_.cumulative_tsn() != guard_mark_ || HoldsPeerUp());
  if (!goes_on || core_.now >= guard_ends_us_) {
    Abort(kCauseNone, {});
    return;
  }
  guard_mark_ = inbound_.cumulative_tsn();
  guard_.Start(std::min(core_.now + kGuardRtos * options.rto.max_ms * kMicrosPerMilli, guard_ends_us_));
}

void Association::DetachSocket() {
  if (closed()) return;
  lingers_ = socket_->options.linger;
  if (lingers_) ++core_.lingering;
  closed_mark_ = outbound_.first_tsn();
  closed_timer_.Start(core_.now + (lingers_ ? socket_->options.linger_s * kMicrosPerSecond : kClosedPatienceUs));
  LeaveSocket();
  inbound_.Discard();
  leaving_ = core_.leaving.Add(*this);
  core_.sends.Change(0, charged_sends_);
  core_.leaving.Change(0, charged_sends_);
  core_.TrimLeaving();
}

void Association::OnClosedTimer() {
  const bool peer_waits = state_ != TcbState::kShutdownReceived || guard_.running();
  if (!lingers_ && peer_waits && outbound_.first_tsn() != closed_mark_) {
    closed_mark_ = outbound_.first_tsn();
    closed_timer_.Start(core_.now + kClosedPatienceUs);
    return;
  }
  Abort(lingers_ ? kCauseUserAbort : kCauseNone, {});
}

bool Association::OnShutdown(const Chunk& chunk) {
  if (chunk.bytes.size() < 8 || IsSettingUp()) return false;
  const SackOutcome outcome = outbound_.OnCumulative(Load32(&chunk.bytes[4]), core_.now, path_);
  switch (state_) {
    case TcbState::kEstablished:
    case TcbState::kShutdownPending:
      state_ = TcbState::kShutdownReceived;
      guard_.Start(core_.now + kPeersPatienceUs);
      break;
    case TcbState::kShutdownSent:
      // Both ends are going: each answers the other (section 9.2).
      state_ = TcbState::kShutdownAckSent;
      SendShutdownAck();
      break;
    default:
      break;
  }
  if (state_ == TcbState::kShutdownReceived && !shutdown_told_) {
    shutdown_told_ = true;
    if (socket_ != nullptr) socket_->Notify(NewItem(ItemKind::kShutdownEvent), kEventShutdown);
  }
  AfterAcknowledgement(outcome);
  ContinueShutdown();
  return true;
}

bool Association::OnShutdownAck() {
  if (state_ != TcbState::kShutdownSent && state_ != TcbState::kShutdownAckSent) return false;
  SendAlone(kChunkShutdownComplete, 0, {}, peer_tag_);
  Finish(AssocState::kShutdownComp, 0);
  return true;
}

bool Association::OnShutdownComplete() {
  if (state_ != TcbState::kShutdownAckSent) return false;
  Finish(AssocState::kShutdownComp, 0);
  return true;
}

void Association::SendAbortNow() {
  if (closed() || state_ == TcbState::kCookieWait) return;
  std::array<uint8_t, 4> cause;
  Store16(&cause[0], kCauseUserAbort);
  Store16(&cause[2], 4);
  SendAlone(kChunkAbort, 0, cause, peer_tag_);
}

void Association::Abort(Cause cause, Bytes reason) {
  if (closed()) return;
  if (state_ != TcbState::kCookieWait) {
    const size_t room = path_.max_packet_bytes - kCommonHeaderBytes - kChunkHeaderBytes - kCauseHeaderBytes;
    reason = reason.first(std::min({reason.size(), kMaxReasonBytes, room & ~size_t{3}}));
    std::vector<uint8_t> value(cause == kCauseNone ? 0 : 4 + reason.size());
    if (cause != kCauseNone) {
      Store16(&value[0], cause);
      Store16(&value[2], static_cast<uint32_t>(value.size()));
      if (!reason.empty()) std::memcpy(&value[4], reason.data(), reason.size());
    }
    SendAlone(kChunkAbort, 0, value, peer_tag_);
  }
  Finish(IsSettingUp() ? AssocState::kCantAssoc : AssocState::kCommLost, cause);
}

}  // namespace mailport::sctp
