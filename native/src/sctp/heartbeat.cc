#include "heartbeat.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;

}  // namespace

void Heartbeat::Start() {
  paths_.ForEach([&](Path& path) {
    if (!path.confirmed) return;
    if (paths_.IsPotentiallyFailed(path)) return OnFailing(path);
    if (path.options->heartbeats) {
      WaitForNext(path, context_.now());
    } else {
      paths_.HeartbeatTimer(path).Stop();
    }
  });
  Probe();
}

// The interval, plus an RTO that varies at random by half of it on either side (section 8.3).
TimeUs Heartbeat::Delay(const Path& path) {
  const TimeUs rto = path.rto();
  return path.options->heartbeat_interval_ms * kMicrosPerMilli + rto / 2 + context_.Random32() % std::max<TimeUs>(rto, 1);
}

void Heartbeat::WaitForNext(Path& path, TimeUs since) {
  path.heartbeat_due_us = since + Delay(path);
  paths_.HeartbeatTimer(path).Start(std::max(path.heartbeat_due_us, context_.now()));
}

// The timer comes an RTO after a HEARTBEAT that is not answered by then, and when the next one is due.
void Heartbeat::OnTimer(Path& path) {
  if (IsAwaited(path)) {
    path.heartbeat_counted = true;
    path.BackOff();
    context_.CountMissedHeartbeat(path);
    if (context_.IsClosed()) return;
    if (!path.confirmed) {
      Probe();
    } else if (paths_.IsPotentiallyFailed(path) && MayBeSent()) {
      Send(path);
    } else if (path.options->heartbeats) {
      WaitForNext(path, path.heartbeat_sent_us);
    }
    return;
  }
  if (!path.confirmed) return;
  if (IsIdle(path) && MayBeSent()) {
    Send(path);
  } else {
    WaitForNext(path, context_.now());
  }
}

// Of those that may get one, the address that has got the fewest comes first.
void Heartbeat::Probe() {
  if (!MayBeSent()) return;
  size_t awaited = 0;
  paths_.ForEach([&](Path& path) { awaited += !path.confirmed && IsAwaited(path); });
  for (; awaited < kMaxProbes; ++awaited) {
    Path* next = nullptr;
    paths_.ForEach([&](Path& path) {
      const bool may = !path.confirmed && path.probes_left != 0 && !IsAwaited(path);
      if (may && (next == nullptr || path.probes_left > next->probes_left)) next = &path;
    });
    if (next == nullptr) return;
    Send(*next);
  }
}

void Heartbeat::OnFailing(Path& path) {
  if (paths_.IsPotentiallyFailed(path) && !IsAwaited(path) && MayBeSent()) Send(path);
}

void Heartbeat::OnHeard(Path& path) {
  if (path.confirmed || path.probes_left != 0 || IsAwaited(path)) return;
  path.probes_left = 1;
  Probe();
}

// A path is idle if neither data nor a HEARTBEAT went that way for an interval. Acknowledgements do not count: nothing answers them.
bool Heartbeat::IsIdle(const Path& path) const {
  return context_.now() - std::max(path.last_data_us, path.heartbeat_sent_us) >= path.options->heartbeat_interval_ms * kMicrosPerMilli;
}

// HEARTBEATs end with the SHUTDOWN or SHUTDOWN ACK (section 8.3).
bool Heartbeat::MayBeSent() const {
  return context_.state() == TcbState::kEstablished || context_.state() == TcbState::kShutdownPending || context_.state() == TcbState::kShutdownReceived;
}

void Heartbeat::Demand(Path& path) {
  if (MayBeSent()) Send(path);
}

const HeartbeatInfo& Heartbeat::Begin(Path& path) {
  const uint64_t first = context_.Random32();
  path.heartbeat_unanswered = true;
  path.heartbeat_counted = false;
  path.heartbeat_sent_us = context_.now();
  path.heartbeat = HeartbeatInfo(first << 32 | context_.Random32());
  if (!path.confirmed && path.probes_left != 0) --path.probes_left;
  path.heartbeat_due_us = context_.now() + Delay(path);
  paths_.HeartbeatTimer(path).Start(context_.now() + path.rto());
  return path.heartbeat;
}

void Heartbeat::Send(Path& path) {
  const HeartbeatInfo& info = Begin(path);
  if (&path == &paths_.Next()) {
    context_.QueueChunk(kChunkHeartbeat, 0, info.bytes());
  } else {
    context_.SendBy(path, kChunkHeartbeat, 0, info.bytes(), context_.peer_tag());
  }
}

// The answer has come in time: nothing is left to be done before the next HEARTBEAT.
void Heartbeat::AwaitDue(Path& path) {
  if (path.options->heartbeats) {
    paths_.HeartbeatTimer(path).Start(std::max(path.heartbeat_due_us, context_.now()));
  } else {
    paths_.HeartbeatTimer(path).Stop();
  }
}

bool Heartbeat::OnAck(const Chunk& chunk) {
  Path* answered = nullptr;
  paths_.ForEach([&](Path& path) {
    if (path.heartbeat_unanswered && path.heartbeat.Is(chunk.value())) answered = &path;
  });
  if (answered == nullptr) return false;
  answered->heartbeat_unanswered = false;
  if (!answered->confirmed && !context_.Confirm(*answered)) return false;
  if (!answered->heartbeat_counted) AwaitDue(*answered);
  // The path answers. Whether the peer takes data, only an acknowledgement of outstanding data can say (section 8.1).
  paths_.ClearPathErrors(*answered);
  answered->OnRttSample(context_.now() - answered->heartbeat_sent_us);
  Probe();
  return true;
}

}  // namespace mailport::sctp
