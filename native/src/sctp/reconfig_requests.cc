// Requests that this end makes (RFC 6525 sections 5.1, 5.2.7).
#include <algorithm>
#include <cerrno>
#include <utility>

#include "reconfig.h"

namespace mailport::sctp {

namespace {

// The longest value of a RE-CONFIG: it has to fit into one packet, whichever path that takes.
constexpr size_t kMaxValueBytes = 1200;
constexpr uint16_t kNoStreams = 0;

bool HasAll(uint32_t count, std::span<const uint16_t> streams) {
  return std::all_of(streams.begin(), streams.end(), [count](uint16_t stream) { return stream < count; });
}

// Why nothing was done, for the event.
uint32_t FlagsOf(ReconfigResult result) { return result == ReconfigResult::kDenied ? kResetDenied : kResetFailed; }

}  // namespace

int Reconfig::Check(uint32_t allowance) const {
  if (!Allows(allowance)) return ENOPROTOOPT;
  if (context_.state() != TcbState::kEstablished) return ENOTCONN;
  return operation_ ? EINPROGRESS : 0;
}

int Reconfig::ResetStreams(uint32_t directions, std::span<const uint16_t> streams) {
  if (const int error = Check(kMayResetStreams); error != 0) return error;
  Operation wanted;
  wanted.directions = directions;
  wanted.streams.assign(streams.begin(), streams.end());
  const Capabilities& all = view_.terms().capabilities;
  if (!wanted.HasOutgoing() && !wanted.HasIncoming()) return EINVAL;
  if ((wanted.HasOutgoing() && !HasAll(all.outbound_streams, streams)) || (wanted.HasIncoming() && !HasAll(all.inbound_streams, streams))) return EINVAL;
  if (!Fits(wanted)) return EINVAL;
  Begin(std::move(wanted));
  return 0;
}

int Reconfig::Restart() {
  if (const int error = Check(kMayRestart); error != 0) return error;
  Operation wanted;
  wanted.kind = Kind::kRestart;
  Begin(std::move(wanted));
  return 0;
}

int Reconfig::AddStreams(uint16_t outbound, uint16_t inbound) {
  if (const int error = Check(kMayAddStreams); error != 0) return error;
  const Capabilities& all = view_.terms().capabilities;
  if ((outbound == 0 && inbound == 0) || all.outbound_streams + outbound > UINT16_MAX || all.inbound_streams + inbound > UINT16_MAX) return EINVAL;
  Operation wanted;
  wanted.kind = Kind::kAdd;
  wanted.outbound = outbound;
  wanted.inbound = inbound;
  Begin(std::move(wanted));
  return 0;
}

bool Reconfig::Fits(const Operation& operation) const {
  const size_t list = sizeof(uint16_t) * operation.streams.size();
  size_t bytes = 0;
  if (operation.HasOutgoing()) bytes = ReconfigParamBytes(kParamResetOutgoing, list);
  if (operation.HasIncoming()) bytes = Padded(bytes) + ReconfigParamBytes(kParamResetIncoming, list);
  const size_t in_packet = paths_.Next().max_packet_bytes - view_.AuthBytes() - kCommonHeaderBytes - kChunkHeaderBytes;
  return bytes <= std::min(kMaxValueBytes, in_packet);
}

// Messages that are sent from now on to streams that are to begin anew wait for that (section 5.1.2 A1).
void Reconfig::Begin(Operation operation) {
  operation_ = std::move(operation);
  if (operation_->kind == Kind::kRestartOfPeer || (operation_->HasOutgoing() && operation_->kind != Kind::kAdd)) outbound_.Hold(operation_->streams);
  context_.WantTransmit();
}

// A request to reset outgoing streams says which TSN is the last one. It waits until the peer has acknowledged the messages that go first: a peer that lacks some
// would have to wait for them in its turn, and Linux then answers no sooner than the request comes again.
bool Reconfig::IsReady() const {
  if (!operation_ || operation_->phase != Phase::kWaiting) return false;
  if (operation_->kind == Kind::kAdd || (operation_->kind == Kind::kReset && !operation_->HasOutgoing())) return true;
  if (!outbound_.HeldStreamsAreDrained()) return false;
  if (operation_->kind != Kind::kReset) return !outbound_.HasOutstanding();
  return operation_->drained_at && !TsnBefore(outbound_.first_tsn(), *operation_->drained_at);
}

void Reconfig::Continue() {
  if (!operation_ || operation_->phase != Phase::kWaiting) return;
  if (!operation_->drained_at && outbound_.HeldStreamsAreDrained()) operation_->drained_at = outbound_.next_tsn();
  if (!IsReady()) return;
  if (operation_->kind == Kind::kRestartOfPeer) {
    PerformRestart();
    return;
  }
  Number();
  SendRequest();
}

void Reconfig::Number() {
  operation_->phase = Phase::kSent;
  operation_->last_tsn = outbound_.next_tsn() - 1;
  if (operation_->HasOutgoing()) operation_->outgoing_request = next_request_++;
  if (operation_->HasIncoming()) operation_->incoming_request = next_request_++;
  if (operation_->kind == Kind::kRestart) inbound_.ExpectRestart(true);
}

void Reconfig::QueueRequestToAddIncoming(const Assumed& assumed) {
  ReconfigParam param;
  param.type = kParamAddIncoming;
  param.sequence = assumed.sequence;
  param.streams_added = assumed.streams;
  std::vector<uint8_t> value;
  WriteReconfigParam(param, &value);
  context_.QueueChunk(kChunkReconfig, 0, value);
}

// What has been answered is not asked for again.
void Reconfig::SendRequest() {
  const Operation& operation = *operation_;
  std::vector<uint8_t> list(sizeof(uint16_t) * operation.streams.size());
  for (size_t index = 0; index < operation.streams.size(); ++index) Store16(&list[sizeof(uint16_t) * index], operation.streams[index]);
  std::vector<uint8_t> value;
  if (operation.outgoing_request) {
    ReconfigParam param;
    param.type = operation.kind == Kind::kAdd ? kParamAddOutgoing : operation.kind == Kind::kRestart ? kParamRestart : kParamResetOutgoing;
    param.sequence = *operation.outgoing_request;
    param.answers = operation.peers.value_or(next_expected_ - 1);
    param.last_tsn = operation.last_tsn;
    param.streams_added = operation.outbound;
    param.streams = list;
    WriteReconfigParam(param, &value);
  }
  if (operation.incoming_request) {
    ReconfigParam param;
    param.type = operation.kind == Kind::kAdd ? kParamAddIncoming : kParamResetIncoming;
    param.sequence = *operation.incoming_request;
    param.streams_added = operation.inbound;
    param.streams = list;
    WriteReconfigParam(param, &value);
  }
  context_.QueueChunk(kChunkReconfig, 0, value);
  timer_.Start(context_.now() + paths_.Next().rto());
}

// Section 5.1.1: the timer counts as T3 does (RFC 9260 sections 6.3.3, 8.1, 8.2).
void Reconfig::OnTimer() {
  if (!operation_) return;
  if (context_.state() == TcbState::kShutdownSent || context_.state() == TcbState::kShutdownAckSent) {
    Forget();  // Nothing is left that could wait for it.
    return;
  }
  context_.CountTimeout();
  Path& path = paths_.Next();
  path.BackOff();
  context_.CountError(path);
  if (context_.IsClosed()) return;
  if (operation_->phase == Phase::kConfirming) {
    AskForConfirmation();
  } else {
    SendRequest();
  }
}

// A peer that says "in progress" is there. It is asked again when the timer expires (section 5.2.7).
void Reconfig::OnResponse(const ReconfigParam& response) {
  if (!WaitsForRequest()) return;
  const bool is_outgoing = operation_->outgoing_request == response.sequence;
  if (!is_outgoing && operation_->incoming_request != response.sequence) return;
  if (assumed_ && TsnBefore(assumed_->sequence, response.sequence)) {
    const Assumed assumed = *std::exchange(assumed_, std::nullopt);
    // The peer lacks an earlier number, which is sent again first.
    if (response.result == ReconfigResult::kBadSequence) {
      QueueRequestToAddIncoming(assumed);
      timer_.Start(context_.now() + paths_.Next().rto());
      return;
    }
  }
  if (response.result == ReconfigResult::kInProgress) {
    paths_.ClearPeerErrors();
    timer_.Start(context_.now() + paths_.Next().rto());
  } else if (is_outgoing) {
    OnOutgoingAnswer(response.result, response.tsns);
  } else {
    OnIncomingAnswer(response.result);
  }
}

void Reconfig::OnOutgoingAnswer(ReconfigResult result, const std::optional<RestartTsns>& tsns) {
  const Kind kind = operation_->kind;
  const std::vector<uint16_t> streams = operation_->streams;
  const uint16_t added = operation_->outbound;
  // Streams that the peer has nothing to do for begin anew on its side already.
  const bool is_done = result == ReconfigResult::kPerformed || (kind == Kind::kReset && result == ReconfigResult::kNothing);
  const uint32_t flags = is_done ? 0 : FlagsOf(result);
  if (kind == Kind::kRestart) {
    if (is_done && !tsns) return;  // Section 4.4: it has to name both.
    if (is_done) GoOnWith(*tsns);
    inbound_.ExpectRestart(false);
    EndOutgoing();
    view_.NotifyRestart(flags, outbound_.next_tsn(), inbound_.cumulative_tsn() + 1);
  } else if (kind == Kind::kReset) {
    if (is_done) outbound_.ResetStreams(streams);
    EndOutgoing();
    view_.NotifyStreamReset(kResetOutgoing | flags, streams);
  } else {
    if (is_done) view_.GrowStreams(added, kNoStreams);
    EndOutgoing();
    view_.NotifyStreamChange(flags, added, kNoStreams);
  }
}

void Reconfig::GoOnWith(const RestartTsns& tsns) {
  our_jump_ = {outbound_.next_tsn() - 1, tsns.receivers_next};
  outbound_.Restart(tsns.receivers_next);
  inbound_.Restart(tsns.senders_next);
  paths_.ForEach([](Path& path) { path.Untime(); });
  view_.OnReceivedChanged();
  OnReceived();
}

// If the peer does what it was asked for, it makes a request of its own, of which the application hears. Some say so beforehand.
void Reconfig::OnIncomingAnswer(ReconfigResult result) {
  const Kind kind = operation_->kind;
  const std::vector<uint16_t> streams = operation_->streams;
  const uint16_t added = operation_->inbound;
  EndIncoming();
  if (result == ReconfigResult::kPerformed) return;
  const uint32_t flags = result == ReconfigResult::kNothing && kind == Kind::kReset ? 0 : FlagsOf(result);
  if (kind == Kind::kReset) {
    view_.NotifyStreamReset(kResetIncoming | flags, streams);
  } else {
    view_.NotifyStreamChange(flags, kNoStreams, added);
  }
}

void Reconfig::EndOutgoing() {
  operation_->outgoing_request.reset();
  if (operation_->kind != Kind::kAdd) outbound_.ReleaseHeld();
  EndIfAnswered();
}

void Reconfig::EndIncoming() {
  operation_->incoming_request.reset();
  EndIfAnswered();
}

void Reconfig::EndIfAnswered() {
  if (!operation_->outgoing_request && !operation_->incoming_request) Forget();
}

void Reconfig::Forget() {
  timer_.Stop();
  operation_.reset();
}

// A request that has not left yet is of no use to a peer that is about to go. One that has left may still be answered.
void Reconfig::OnShutdown() {
  if (operation_ && operation_->phase == Phase::kWaiting) Fail();
}

void Reconfig::Fail() {
  const Operation failed = std::move(*operation_);
  Forget();
  outbound_.ReleaseHeld();
  context_.WantTransmit();
  if (failed.kind == Kind::kReset) {
    view_.NotifyStreamReset(failed.directions | kResetFailed, failed.streams);
  } else if (failed.kind == Kind::kRestart) {
    view_.NotifyRestart(kResetFailed, outbound_.next_tsn(), inbound_.cumulative_tsn() + 1);
  } else if (failed.kind == Kind::kAdd) {
    view_.NotifyStreamChange(kResetFailed, failed.outbound, failed.inbound);
  }
}

}  // namespace mailport::sctp
