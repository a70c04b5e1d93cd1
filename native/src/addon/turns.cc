// The turns of the loop. Order within one: input, then what the input gives reason to send, then one call into JavaScript with what was
// delivered, then what JavaScript gave reason to send: a reply leaves in the wake-up that brought the question.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "environment.h"

namespace mailport::addon {

namespace {

// Bounds of one wake-up, after which other handles of the loop have their turn: receive calls for one carrier, those that fail because of an
// ICMP error, calls into JavaScript, and calls that read ICMP errors, each of which may read several.
constexpr unsigned kReceivesPerWakeup = 4;
constexpr unsigned kFailuresPerWakeup = 16;
constexpr unsigned kCallsPerTurn = 16;
constexpr unsigned kErrorReadsPerWakeup = 16;
// How long associations of closed sockets may keep the loop, and so the process, alive while their peers take nothing.
constexpr sctp::TimeUs kLingerUs = 5'000'000;

}  // namespace

void Environment::OnReadable(io::Carrier& carrier, bool has_errors) {
  // JavaScript may close the carrier in every turn.
  const sctp::CarrierId id = carrier.id();
  unsigned receives = kReceivesPerWakeup;
  unsigned failures = kFailuresPerWakeup;
  unsigned error_reads = kErrorReadsPerWakeup;
  bool more = true;
  while (more && carriers_.Find(id) == &carrier) {
    BeginTurn();
    if (std::exchange(has_errors, false)) {
      ReadErrors(carrier, &error_reads);
      EndTurn();
      continue;
    }
    const int error = received_.Receive(carrier.socket());
    if (error == 0) {
      received_.ForEachPacket([&](sctp::PacketRoute& route, sctp::Bytes packet) {
        route.carrier = id;
        engine_.Input(route, packet);
        if (!batch_.WantsHandover()) return;
        EndTurn();
        BeginTurn();
      });
      more = received_.full() && --receives > 0;
    } else {
      // What an ICMP message has to say is apart from the packets, which wait behind it.
      has_errors = error != EAGAIN;
      more = has_errors && --failures > 0;
    }
    EndTurn();
  }
}

void Environment::ReadErrors(io::Carrier& carrier, unsigned* budget) {
  for (unsigned read = io::ErrorBatch::kErrors; read == io::ErrorBatch::kErrors && *budget > 0; --*budget) {
    read = errors_.Read(carrier.socket());
    io::PortUnreachable unreachable;
    for (unsigned i = 0; i < read; i++) {
      if (!errors_.Get(i, &unreachable)) continue;
      unreachable.route.carrier = carrier.id();
      engine_.Input(unreachable.route, unreachable.abort);
    }
  }
}

void Environment::OnTimer() {
  armed_for_ = sctp::kNever;
  BeginTurn();
  engine_.RunTimers();
  EndTurn();
}

// Runs before the loop waits, whatever JavaScript did in this iteration.
void Environment::OnPrepare() {
  if (has_work_ || HasDeliveries()) {
    BeginTurn();
    EndTurn();
  }
  carriers_.CloseUnused(engine_);
  UpdateIdle();
  UpdateLiveness();
  ArmTimer();
  knows_time_ = false;
}

void Environment::BeginTurn() {
  TellTime();
  BeginCollecting();
}

void Environment::EndTurn() {
  for (unsigned calls = 0;; calls++) {
    Collect();
    // An acknowledgement may wait for the answer that JavaScript is about to give.
    FlushAndSend(batch_.empty());
    if (batch_.empty()) break;
    CallJavaScript();
    TellTime();
    if (calls + 1 == kCallsPerTurn) {
      FlushAndSend(true);
      break;
    }
    BeginCollecting();
  }
  collecting_ = false;
  has_work_ = false;
}

void Environment::BeginCollecting() {
  batch_.Clear();
  collecting_ = true;
}

void Environment::Collect() {
  CollectUrgent(0);
  for (const sctp::SocketId socket : wants_drain_) {
    if (const auto found = sockets_.find(socket); found != sockets_.end()) found->second.wants_drain = false;
    engine_.Drain(socket);
  }
  wants_drain_.clear();
  if (engine_.HasBlockedSockets()) engine_.DrainBlocked();
}

// Those of socket `only`, or of all if it is 0.
void Environment::CollectUrgent(sctp::SocketId only) {
  std::erase_if(urgent_, [&](const Urgent& urgent) {
    return (only == 0 || urgent.socket == only) && batch_.Add(urgent.socket, urgent.item);
  });
}

bool Environment::HasDeliveries() const { return !urgent_.empty() || !wants_drain_.empty() || engine_.HasBlockedSockets() || engine_.OwesSendRoom(); }

void Environment::FlushAndSend(bool turn_ends) {
  if (engine_.NeedsFlush()) engine_.Flush(turn_ends);
  SendPackets();
}

void Environment::SendPackets() {
  carriers_.Send(packets_.runs());
  packets_.Clear();
}

void Environment::CallJavaScript() {
  collecting_ = false;
  in_callback_ = true;
  const bool called = callback_.Call(
      batch_.count(), [this](Napi::Env env) { batch_.PublishLarge(env); },
      [this](Napi::Env env) {
        in_callback_ = false;
        batch_.Clear();
        batch_.PublishLarge(env);
      });
  if (called) return;
  in_callback_ = false;
  batch_.Clear();
}

// An active idle handle keeps the loop from waiting: there is more to deliver than one turn was allowed to.
void Environment::UpdateIdle() {
  if (HasDeliveries()) {
    uv_idle_start(idle_.get(), [](uv_idle_t*) {});
  } else {
    uv_idle_stop(idle_.get());
  }
}

void Environment::UpdateLiveness() {
  if (!sockets_.empty() || carriers_.empty() || engine_.HasLingering()) {
    linger_until_ = sctp::kNever;
  } else if (linger_until_ == sctp::kNever || engine_.ClosingProgress() != seen_progress_) {
    linger_until_ = uv_hrtime() / 1000 + kLingerUs;
  }
  seen_progress_ = engine_.ClosingProgress();
  const bool referenced = linger_until_ == sctp::kNever || uv_hrtime() / 1000 < linger_until_;
  if (referenced == referenced_) return;
  referenced_ = referenced;
  carriers_.SetReferenced(referenced);
}

void Environment::ArmTimer() {
  const sctp::TimeUs deadline = std::min(engine_.NextDeadline(), referenced_ ? linger_until_ : sctp::kNever);
  if (deadline >= armed_for_) return;
  const sctp::TimeUs now = uv_hrtime() / 1000;
  const uint64_t delay_ms = deadline <= now ? 0 : (deadline - now + 999) / 1000;
  armed_for_ = deadline;
  uv_timer_start(
      timer_.get(), [](uv_timer_t* handle) { static_cast<Environment*>(handle->data)->OnTimer(); }, delay_ms, 0);
}

}  // namespace mailport::addon
