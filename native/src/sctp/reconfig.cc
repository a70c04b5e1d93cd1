// Parts of re-configuration that requests of both ends have in common.
#include "reconfig.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

namespace {

// For so many TSNs after a restart, packets from before it are recognised.
constexpr uint32_t kJumpMemory = 1u << 20;
constexpr uint32_t kOldTsns = 1u << 30;

}  // namespace

Reconfig::Reconfig(Context& context, View& view, PathSet& paths, Outbound& outbound, Inbound& inbound, TimerQueue& timers)
    : context_(context), view_(view), paths_(paths), outbound_(outbound), inbound_(inbound),
      timer_(timers, this, [](void* owner, TimeUs) { static_cast<Reconfig*>(owner)->OnTimer(); }) {}

void Reconfig::Reset(uint32_t local_initial_tsn, uint32_t peer_initial_tsn) {
  next_request_ = local_initial_tsn;
  next_expected_ = peer_initial_tsn;
  assumed_.reset();
}

bool Reconfig::Allows(uint32_t allowance) const {
  return view_.terms().capabilities.reconfig && (context_.assoc_options().stream_reset & allowance) != 0;
}

bool Reconfig::OnChunk(const Chunk& chunk) {
  if (context_.IsClosed() || context_.IsSettingUp() || context_.state() == TcbState::kShutdownAckSent) return false;
  ReconfigChunk reconfig;
  if (!ParseReconfig(chunk, &reconfig)) {
    view_.ReportFault(kCauseProtocolViolation, {});
    return false;
  }
  for (const Bytes& param : reconfig.report) view_.ReportFault(kCauseUnrecognizedParams, param);
  for (size_t index = 0; index < reconfig.count; ++index) {
    const ReconfigParam& param = reconfig.params[index];
    if (param.type == kParamReconfigResponse) {
      OnResponse(param);
    } else {
      OnRequest(param);
    }
  }
  context_.WantTransmit();
  return true;
}

// Each chunk of data that comes meanwhile asks.
bool Reconfig::Deferred::Has(uint16_t stream) const {
  return streams.empty() || std::binary_search(streams.begin(), streams.end(), stream);
}

void Reconfig::Defer(const ReconfigParam& request, std::vector<uint16_t> streams) {
  std::sort(streams.begin(), streams.end());
  streams.erase(std::unique(streams.begin(), streams.end()), streams.end());
  deferred_ = Deferred{request.sequence, request.last_tsn, std::move(streams)};
  inbound_.SetBytesAside(sizeof(uint16_t) * deferred_->streams.capacity());
  view_.OnReceivedChanged();
}

bool Reconfig::KeepsBack(const DataChunk& data) const {
  return deferred_ && TsnBefore(deferred_->last_tsn, data.tsn) && deferred_->Has(data.stream);
}

bool Reconfig::IsOldTsn(uint32_t tsn) const {
  return peers_jump_ && inbound_.cumulative_tsn() + 1 - peers_jump_->next < kJumpMemory && peers_jump_->last - tsn < kOldTsns;
}

bool Reconfig::IsOldAcknowledgement(uint32_t tsn) const {
  if (WaitsForRequest() && operation_->kind == Kind::kRestart) return true;
  return our_jump_ && outbound_.next_tsn() - our_jump_->next < kJumpMemory && our_jump_->last - tsn < kOldTsns;
}

}  // namespace mailport::sctp
