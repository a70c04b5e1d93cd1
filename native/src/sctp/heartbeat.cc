#include "heartbeat.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;

}  // namespace

void Heartbeat::Start() {
  paths_.ForEach([&](Path& path) {
    if (context_.assoc_options().heartbeats) {
      paths_.HeartbeatTimer(path).Start(context_.now() + Delay(path));
    } else {
      paths_.HeartbeatTimer(path).Stop();
    }
  });
}

// The interval, plus an RTO that varies at random by half of it on either side (section 8.3).
TimeUs Heartbeat::Delay(const Path& path) {
  const TimeUs rto = path.rto();
  return context_.assoc_options().heartbeat_interval_ms * kMicrosPerMilli + rto / 2 + context_.Random32() % std::max<TimeUs>(rto, 1);
}

void Heartbeat::OnTimer(Path& path) {
  if (path.heartbeat_unanswered) {
    path.BackOff();
    context_.CountError(path);
    if (context_.IsClosed()) return;
  }
  const bool idle = context_.now() - path.last_sent_us >= context_.assoc_options().heartbeat_interval_ms * kMicrosPerMilli;
  path.heartbeat_unanswered = false;
  if (context_.state() == TcbState::kEstablished && idle) Send(path);
  paths_.HeartbeatTimer(path).Start(context_.now() + Delay(path));
}

void Heartbeat::Demand() {
  if (context_.state() == TcbState::kEstablished) Send(paths_.primary());
}

void Heartbeat::Send(Path& path) {
  const uint64_t first = context_.Random32();
  path.heartbeat_unanswered = true;
  path.heartbeat_sent_us = context_.now();
  path.heartbeat = HeartbeatInfo(first << 32 | context_.Random32());
  context_.QueueChunk(kChunkHeartbeat, 0, path.heartbeat.bytes());
}

bool Heartbeat::OnAck(const Chunk& chunk) {
  Path* answered = nullptr;
  paths_.ForEach([&](Path& path) {
    if (path.heartbeat_unanswered && path.heartbeat.Is(chunk.value())) answered = &path;
  });
  if (answered == nullptr) return false;
  answered->heartbeat_unanswered = false;
  // The path answers. Whether the peer takes data, only an acknowledgement of outstanding data can say (section 8.1).
  paths_.ClearPathErrors(*answered);
  answered->OnRttSample(context_.now() - answered->heartbeat_sent_us);
  return true;
}

}  // namespace mailport::sctp
