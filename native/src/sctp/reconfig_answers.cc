// Requests that the peer makes (RFC 6525 sections 5.2.1 to 5.2.6).
#include <algorithm>
#include <utility>

#include "reconfig.h"

namespace mailport::sctp {

namespace {

constexpr uint16_t kNoStreams = 0;
// How far the peer's TSNs jump when they begin anew (section 5.2.4 G1).
constexpr uint32_t kJump = 1u << 31;

std::vector<uint16_t> StreamsOf(const ReconfigParam& request) {
  std::vector<uint16_t> streams(request.stream_count());
  for (size_t index = 0; index < streams.size(); ++index) streams[index] = request.StreamAt(index);
  return streams;
}

bool HasAll(uint32_t count, const ReconfigParam& request) {
  for (size_t index = 0; index < request.stream_count(); ++index)
    if (request.StreamAt(index) >= count) return false;
  return true;
}

// Whether it asks for something that this end has to ask for in its turn, or has to wait for.
bool NeedsOperation(uint16_t type) { return type == kParamResetIncoming || type == kParamAddIncoming || type == kParamRestart; }

}  // namespace

void Reconfig::OnRequest(const ReconfigParam& request) {
  if (Repeat(request.sequence)) return;
  if (request.sequence != next_expected_) {
    Respond({request.sequence, ReconfigResult::kBadSequence, {}});
    return;
  }
  // What the peer has asked for before is not over on this side, as its last answer is still on its way. It asks again, with the same number.
  if (WaitsForRequest() && operation_->peers && NeedsOperation(request.type)) {
    Respond({request.sequence, ReconfigResult::kInProgress, {}});
    return;
  }
  ++next_expected_;
  if (operation_ && operation_->phase == Phase::kConfirming) OnConfirmed();  // It has heard of the restart, and goes on.
  const Judgement judgement = Judge(request);
  if (!judgement) return;
  const Answer answer{request.sequence, *judgement, {}};
  if (*judgement != ReconfigResult::kInProgress) Keep(answer);
  Respond(answer);
}

// A request that has come before is answered as it was then (section 5.2.1). A request of ours that is the answer comes again by itself.
bool Reconfig::Repeat(uint32_t sequence) {
  const bool is_waiting = operation_ && operation_->peers == sequence && operation_->phase == Phase::kWaiting;
  if (is_waiting || (deferred_ && deferred_->sequence == sequence)) {
    Respond({sequence, ReconfigResult::kInProgress, {}});
    return true;
  }
  if (operation_ && operation_->peers == sequence) {
    if (operation_->phase == Phase::kConfirming) AskForConfirmation();
    return true;
  }
  for (size_t index = 0; index < answers_kept_; ++index) {
    if (answers_[index].sequence != sequence) continue;
    if (!answers_[index].by_request) Respond(answers_[index]);
    return true;
  }
  return false;
}

void Reconfig::Keep(const Answer& answer) {
  answers_[1] = answers_[0];
  answers_[0] = answer;
  answers_kept_ = std::min(answers_kept_ + 1, answers_.size());
}

std::vector<uint8_t> Reconfig::ResponseTo(const Answer& answer) {
  ReconfigParam param;
  param.type = kParamReconfigResponse;
  param.sequence = answer.sequence;
  param.result = answer.result;
  param.tsns = answer.tsns;
  std::vector<uint8_t> value;
  WriteReconfigParam(param, &value);
  return value;
}

void Reconfig::Respond(const Answer& answer) { context_.QueueChunk(kChunkReconfig, 0, ResponseTo(answer)); }

// Whether the request is the peer's answer to one of ours, which asked for it.
bool Reconfig::IsAskedFor(const ReconfigParam& request) const {
  if (!WaitsForRequest() || !operation_->incoming_request) return false;
  if (request.type == kParamAddOutgoing) return operation_->kind == Kind::kAdd;
  return request.type == kParamResetOutgoing && operation_->Resets(kResetIncoming) && operation_->incoming_request == request.answers;
}

// Numbers are counted whether or not the request is allowed, as its sender cannot tell (as on Linux). One that we have asked for is not denied: the peer takes what it
// did for done, and does not do it again.
Reconfig::Judgement Reconfig::Judge(const ReconfigParam& request) {
  const bool is_reset = request.type == kParamResetOutgoing || request.type == kParamResetIncoming;
  const uint32_t allowance = request.type == kParamRestart ? kMayRestart : is_reset ? kMayResetStreams : kMayAddStreams;
  if (!IsAskedFor(request) && (!Allows(allowance) || !view_.HasRoomForEvent())) return ReconfigResult::kDenied;
  const Capabilities& all = view_.terms().capabilities;
  Operation operation;
  switch (request.type) {
    case kParamResetOutgoing:
      return OnResetOutgoing(request);
    case kParamAddOutgoing:
      return OnAddOutgoing(request);
    case kParamResetIncoming:
      if (!HasAll(all.outbound_streams, request)) return ReconfigResult::kWrongStream;
      operation.directions = kResetOutgoing;
      operation.streams = StreamsOf(request);
      break;
    case kParamAddIncoming:
      if (request.streams_added == 0) return ReconfigResult::kNothing;
      if (all.outbound_streams + request.streams_added > UINT16_MAX) return ReconfigResult::kDenied;
      operation.kind = Kind::kAdd;
      operation.outbound = request.streams_added;
      break;
    default:
      operation.kind = Kind::kRestartOfPeer;
      break;
  }
  return BeginForPeer(request, std::move(operation));
}

// Our outgoing streams are concerned, and messages may have to leave before.
Reconfig::Judgement Reconfig::BeginForPeer(const ReconfigParam& request, Operation operation) {
  if (operation_ || (deferred_ && operation.kind == Kind::kRestartOfPeer)) return ReconfigResult::kBusy;
  if (context_.state() != TcbState::kEstablished || !Fits(operation)) return ReconfigResult::kDenied;
  operation.peers = request.sequence;
  if (operation.kind != Kind::kRestartOfPeer) Keep({request.sequence, ReconfigResult::kPerformed, {}, true});
  Begin(std::move(operation));
  Continue();
  if (operation_->phase == Phase::kWaiting) Respond({request.sequence, ReconfigResult::kInProgress, {}});
  return std::nullopt;
}

// The peer's streams begin anew behind its last TSN. If something up to there has not come, the answer waits for it (section 5.2.2 E2).
Reconfig::Judgement Reconfig::OnResetOutgoing(const ReconfigParam& request) {
  if (IsAskedFor(request)) EndIncoming();
  if (!HasAll(view_.terms().capabilities.inbound_streams, request)) return ReconfigResult::kWrongStream;
  if (deferred_) return ReconfigResult::kBusy;
  if (TsnBefore(inbound_.cumulative_tsn(), request.last_tsn)) {
    Defer(request, StreamsOf(request));
    return ReconfigResult::kInProgress;
  }
  PerformReset(StreamsOf(request));
  return ReconfigResult::kPerformed;
}

void Reconfig::PerformReset(std::span<const uint16_t> streams) {
  inbound_.ResetStreams(streams);
  view_.OnReceivedChanged();
  view_.NotifyStreamReset(kResetIncoming, streams);
}

// The peer may have no more streams than we offered it, unless we have asked for more.
Reconfig::Judgement Reconfig::OnAddOutgoing(const ReconfigParam& request) {
  if (request.streams_added == 0) return ReconfigResult::kNothing;
  const bool is_asked_for = IsAskedFor(request);
  const uint32_t most = is_asked_for ? UINT16_MAX : view_.most_inbound_streams();
  if (view_.terms().capabilities.inbound_streams + request.streams_added > most) return ReconfigResult::kDenied;
  if (is_asked_for) {
    assumed_ = Assumed{*operation_->incoming_request, operation_->inbound};
    EndIncoming();
  }
  view_.GrowStreams(kNoStreams, request.streams_added);
  view_.NotifyStreamChange(0, kNoStreams, request.streams_added);
  return ReconfigResult::kPerformed;
}

void Reconfig::OnReceived() {
  // A restart makes void whatever has not come.
  const bool has_restarted = operation_ && operation_->phase == Phase::kConfirming;
  if (deferred_ && (has_restarted || !TsnBefore(inbound_.cumulative_tsn(), deferred_->last_tsn))) {
    const Deferred due = *std::exchange(deferred_, std::nullopt);
    inbound_.SetBytesAside(0);
    PerformReset(due.streams);
    const Answer answer{due.sequence, ReconfigResult::kPerformed, {}};
    Keep(answer);
    Respond(answer);
  }
  // Data with a new TSN shows that the peer has heard of the restart.
  if (operation_ && operation_->phase == Phase::kConfirming && inbound_.cumulative_tsn() + 1 != peers_jump_->next) OnConfirmed();
}

// All that we have sent has been acknowledged (section 5.2.4). The peer's TSNs jump, so that none from before can be taken for one from after. Ours go on, and what
// we send next might come before the answer, with numbers that the peer takes for old ones. So nothing leaves until a HEARTBEAT in the same packet as the answer
// has come back.
void Reconfig::PerformRestart() {
  const RestartTsns tsns{outbound_.next_tsn(), inbound_.cumulative_tsn() + 1 + kJump};
  peers_jump_ = {inbound_.cumulative_tsn(), tsns.receivers_next};
  view_.StopAcknowledging();
  inbound_.Restart(tsns.receivers_next);
  outbound_.Restart(tsns.senders_next);
  paths_.ForEach([](Path& path) { path.Untime(); });
  view_.OnReceivedChanged();
  operation_->phase = Phase::kConfirming;
  OnReceived();
  Keep({*operation_->peers, ReconfigResult::kPerformed, tsns});
  confirmation_ = HeartbeatInfo(uint64_t{context_.Random32()} << 32 | context_.Random32());
  AskForConfirmation();
  view_.NotifyRestart(0, tsns.senders_next, tsns.receivers_next);
}

void Reconfig::AskForConfirmation() {
  view_.SendWithHeartbeat(ResponseTo(answers_[0]), confirmation_.bytes());
  timer_.Start(context_.now() + paths_.Next().rto());
}

bool Reconfig::OnHeartbeatAck(Bytes info) {
  if (!operation_ || operation_->phase != Phase::kConfirming || !confirmation_.Is(info)) return false;
  OnConfirmed();
  return true;
}

void Reconfig::OnConfirmed() {
  Forget();
  outbound_.ReleaseHeld();
  context_.WantTransmit();
}

}  // namespace mailport::sctp
