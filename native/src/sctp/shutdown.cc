#include "shutdown.h"

#include <utility>

#include "packet/shutdown_chunk.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr TimeUs kMicrosPerSecond = 1000 * kMicrosPerMilli;
constexpr TimeUs kGuardRtos = 5;  // T5: section 9.2.
// The least time for which a peer may send on after our SHUTDOWN: five times the RTO.Max of section 16. A small RTO.Max, which is for finding out soon that a
// peer is gone, must not cut off a peer that is there.
constexpr TimeUs kGuardUs = 300 * kMicrosPerSecond;
// How long an association of a closed socket may keep its data while the peer takes none of it. Nobody is left who could abort it.
constexpr TimeUs kClosedPatienceUs = 300 * kMicrosPerSecond;
// How long an association of a closed socket may go on after the peer's SHUTDOWN. No peer waits for longer, as its own T5 runs. Without this limit, a peer that
// takes a chunk every few minutes could hold the association for ever.
constexpr TimeUs kPeersPatienceUs = 2 * kGuardUs;

}  // namespace

Shutdown::Ending::Ending(TimerQueue& timers, Shutdown* owner)
    : t2(timers, owner, [](void* self, TimeUs) { static_cast<Shutdown*>(self)->OnT2(); }),
      guard(timers, owner, [](void* self, TimeUs) { static_cast<Shutdown*>(self)->OnGuard(); }),
      closed_timer(timers, owner, [](void* self, TimeUs) { static_cast<Shutdown*>(self)->OnClosedTimer(); }) {}

void Shutdown::Stop() {
  if (ending_ == nullptr) return;
  ending_->t2.Stop();
  ending_->guard.Stop();
  ending_->closed_timer.Stop();
}

void Shutdown::Begin() {
  if (context_.state() != TcbState::kEstablished) return;
  context_.Enter(TcbState::kShutdownPending);
  context_.WantTransmit();
  Continue();
}

void Shutdown::Continue() {
  if (!view_.IsDrained()) return;
  if (context_.state() == TcbState::kShutdownPending) {
    context_.Enter(TcbState::kShutdownSent);
    SendShutdown();
    StartGuard();
  } else if (context_.state() == TcbState::kShutdownReceived) {
    ending().guard.Stop();
    context_.Enter(TcbState::kShutdownAckSent);
    SendAck();
  }
}

void Shutdown::SendShutdown() {
  due_ = true;
  context_.WantTransmit();
  ending().t2.Start(context_.now() + paths_.Next().rto());
}

void Shutdown::QueueIfDue() {
  if (std::exchange(due_, false) && context_.state() == TcbState::kShutdownSent)
    context_.QueueChunk(kChunkShutdown, 0, ShutdownValue(view_.ReceivedUpTo()));
}

// T2 restarts with data alone (SayAgain): otherwise an idle peer's HEARTBEATs could keep a lost SHUTDOWN from ever leaving again.
void Shutdown::OnPacket() {
  if (context_.state() == TcbState::kShutdownSent) paths_.ClearPeerErrors();
}

void Shutdown::SayAgain() {
  if (context_.state() == TcbState::kShutdownSent) SendShutdown();
}

void Shutdown::SendAck() {
  // All of the peer's data is acknowledged; a further acknowledgement could meet a peer that has gone already.
  view_.StopAcknowledging();
  context_.QueueChunk(kChunkShutdownAck, 0, {});
  ending().t2.Start(context_.now() + paths_.Next().rto());
}

void Shutdown::RepeatAck() {
  if (context_.state() == TcbState::kShutdownAckSent) context_.QueueChunk(kChunkShutdownAck, 0, {});
}

void Shutdown::OnT2() {
  context_.CountTimeout();
  Path& path = paths_.Next();
  path.BackOff();
  // A peer that still has data for us cannot answer the SHUTDOWN while our window keeps that data back.
  if (context_.state() != TcbState::kShutdownSent || !view_.HoldsPeerUp()) context_.CountError(path);
  if (context_.state() == TcbState::kShutdownSent) {
    SendShutdown();
  } else if (context_.state() == TcbState::kShutdownAckSent) {
    SendAck();
  }
}

TimeUs Shutdown::GuardUs() const { return kGuardRtos * context_.assoc_options().rto.max_ms * kMicrosPerMilli; }

// T5 runs from the SHUTDOWN. Sending before the SHUTDOWN is bounded by the rules for a peer that does not answer (8.1), or by the user.
void Shutdown::StartGuard() {
  ending().guard_ends_us = context_.now() + std::max(GuardUs(), kGuardUs);
  ending().guard_mark = view_.ReceivedUpTo();
  ending().guard.Start(context_.now() + GuardUs());
}

void Shutdown::OnGuard() {
  if (context_.state() == TcbState::kShutdownReceived) {
    if (!view_.HasSocket()) context_.Abort(kCauseNone, {});
    return;
  }
  // While the owner is there to read, data that the peer still sends is waited for.
  const bool holds_up = context_.state() == TcbState::kShutdownSent && view_.HoldsPeerUp();
  const bool goes_on = view_.HasSocket() && (view_.ReceivedUpTo() != ending().guard_mark || holds_up);
  if (!goes_on || context_.now() >= ending().guard_ends_us) {
    context_.Abort(kCauseNone, {});
    return;
  }
  ending().guard_mark = view_.ReceivedUpTo();
  ending().guard.Start(std::min(context_.now() + GuardUs(), ending().guard_ends_us));
}

void Shutdown::OnSocketClosed(bool lingers, TimeUs linger_us) {
  lingers_ = lingers;
  ending().closed_mark = view_.FirstUnacknowledged();
  ending().closed_timer.Start(context_.now() + (lingers ? linger_us : kClosedPatienceUs));
}

void Shutdown::OnClosedTimer() {
  const bool peer_waits = context_.state() != TcbState::kShutdownReceived || ending().guard.running();
  if (!lingers_ && peer_waits && view_.FirstUnacknowledged() != ending().closed_mark) {
    ending().closed_mark = view_.FirstUnacknowledged();
    ending().closed_timer.Start(context_.now() + kClosedPatienceUs);
    return;
  }
  context_.Abort(lingers_ ? kCauseUserAbort : kCauseNone, {});
}

void Shutdown::OnShutdown() {
  switch (context_.state()) {
    case TcbState::kEstablished:
    case TcbState::kShutdownPending:
      context_.Enter(TcbState::kShutdownReceived);
      ending().guard.Start(context_.now() + kPeersPatienceUs);
      break;
    case TcbState::kShutdownSent:
      // Both ends are going: each answers the other (section 9.2).
      context_.Enter(TcbState::kShutdownAckSent);
      SendAck();
      break;
    case TcbState::kShutdownAckSent:
      RepeatAck();  // Our SHUTDOWN ACK seems to be lost.
      break;
    default:
      break;
  }
  if (context_.state() == TcbState::kShutdownReceived && !std::exchange(told_, true)) view_.NotifyShutdown();
}

bool Shutdown::OnShutdownAck(uint32_t peer_tag) {
  if (context_.state() != TcbState::kShutdownSent && context_.state() != TcbState::kShutdownAckSent) return false;
  context_.SendAlone(kChunkShutdownComplete, 0, {}, peer_tag);
  context_.Finish(AssocState::kShutdownComp, 0);
  return true;
}

bool Shutdown::OnShutdownComplete() {
  if (context_.state() != TcbState::kShutdownAckSent) return false;
  context_.Finish(AssocState::kShutdownComp, 0);
  return true;
}

}  // namespace mailport::sctp
