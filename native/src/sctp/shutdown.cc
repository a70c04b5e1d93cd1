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

Shutdown::Shutdown(Context& context, View& view, PathSet& paths, TimerQueue& timers)
    : context_(context), view_(view), paths_(paths),
      t2_(timers, this, [](void* owner, TimeUs) { static_cast<Shutdown*>(owner)->OnT2(); }),
      guard_(timers, this, [](void* owner, TimeUs) { static_cast<Shutdown*>(owner)->OnGuard(); }),
      closed_timer_(timers, this, [](void* owner, TimeUs) { static_cast<Shutdown*>(owner)->OnClosedTimer(); }) {}

void Shutdown::Stop() {
  t2_.Stop();
  guard_.Stop();
  closed_timer_.Stop();
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
    guard_.Stop();
    context_.Enter(TcbState::kShutdownAckSent);
    SendAck();
  }
}

void Shutdown::SendShutdown() {
  due_ = true;
  context_.WantTransmit();
  t2_.Start(context_.now() + paths_.Next().rto());
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
  t2_.Start(context_.now() + paths_.Next().rto());
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
  guard_ends_us_ = context_.now() + std::max(GuardUs(), kGuardUs);
  guard_mark_ = view_.ReceivedUpTo();
  guard_.Start(context_.now() + GuardUs());
}

void Shutdown::OnGuard() {
  if (context_.state() == TcbState::kShutdownReceived) {
    if (!view_.HasSocket()) context_.Abort(kCauseNone, {});
    return;
  }
  // While the owner is there to read, data that the peer still sends is waited for.
  const bool holds_up = context_.state() == TcbState::kShutdownSent && view_.HoldsPeerUp();
  const bool goes_on = view_.HasSocket() && (view_.ReceivedUpTo() != guard_mark_ || holds_up);
  if (!goes_on || context_.now() >= guard_ends_us_) {
    context_.Abort(kCauseNone, {});
    return;
  }
  guard_mark_ = view_.ReceivedUpTo();
  guard_.Start(std::min(context_.now() + GuardUs(), guard_ends_us_));
}

void Shutdown::OnSocketClosed(bool lingers, TimeUs linger_us) {
  lingers_ = lingers;
  closed_mark_ = view_.FirstUnacknowledged();
  closed_timer_.Start(context_.now() + (lingers ? linger_us : kClosedPatienceUs));
}

void Shutdown::OnClosedTimer() {
  const bool peer_waits = context_.state() != TcbState::kShutdownReceived || guard_.running();
  if (!lingers_ && peer_waits && view_.FirstUnacknowledged() != closed_mark_) {
    closed_mark_ = view_.FirstUnacknowledged();
    closed_timer_.Start(context_.now() + kClosedPatienceUs);
    return;
  }
  context_.Abort(lingers_ ? kCauseUserAbort : kCauseNone, {});
}

void Shutdown::OnShutdown() {
  switch (context_.state()) {
    case TcbState::kEstablished:
    case TcbState::kShutdownPending:
      context_.Enter(TcbState::kShutdownReceived);
      guard_.Start(context_.now() + kPeersPatienceUs);
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
