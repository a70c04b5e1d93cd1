// Calls of the application on an association: sending, reading, and moving the association to another socket.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

SendParams Association::WithDefaults(const SendParams& params) const {
  if (!params.use_defaults) return params;
  SendParams message = params;
  message.flags = (options->defaults.flags & (kFlagUnordered | kFlagSackImmediately)) | PrFlags(options->defaults.policy);
  message.ppid = options->defaults.ppid;
  message.context = options->defaults.context;
  message.time_to_live_ms = options->defaults.time_to_live_ms;
  return message;
}

// Messages without a priority are more important than all that have one. For one that Send will refuse nothing is given up.
bool Association::MakeSendRoom(const SendParams& params, size_t bytes) {
  if (IsTooLong(bytes)) return true;
  const SendParams message = WithDefaults(params);
  const bool is_ranked = (message.flags & kFlagPrMask) == kFlagPrPrio;
  const std::optional<uint32_t> value = is_ranked ? std::optional(message.time_to_live_ms) : std::nullopt;
  while (!HasSendRoom(bytes)) {
    size_t released = 0;
    if (!parts_->outbound.GiveUpLeastImportant(value, FragmentBytes(), *this, &released)) return false;
    Release(released);
    WantTransmit();  // The peer may have something to skip.
  }
  return true;
}

int Association::Send(const SendParams& params, Bytes data) {
  if (state_ > TcbState::kEstablished) return ESHUTDOWN;
  const SendParams message = WithDefaults(params);
  if (message.stream >= terms_.capabilities.outbound_streams || data.empty()) return EINVAL;
  if (IsTooLong(data.size())) return EMSGSIZE;
  parts_->outbound.Push(message, data, core_.now);
  ledger_.Accept(data.size(), parts_->outbound);
  WantTransmit();
  return 0;
}

bool Association::OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (socket() == nullptr) return true;  // Closed: nobody will read it.
  return socket()->Deliver(DataItem(id, PeerAt(came_by_), message, payload), owned);
}

bool Association::IsReading() const { return socket() == nullptr || socket()->IsReading(); }

bool Association::MayOutgrowLimit(size_t bytes) const { return ledger_.MayOutgrowLimit(bytes, parts_->inbound); }

void Association::OnStuck() {
  if (socket() != nullptr && !std::exchange(stuck_, true)) socket()->NoteStuck(id);
}

void Association::OnConsumed(size_t bytes) {
  parts_->inbound.OnConsumed(bytes);
  TellWindow();
}

void Association::OnReading() {
  stuck_ = false;
  parts_->inbound.OnReading();
  if (!ledger_.ChargeReceived(parts_->inbound)) {
    Abort(kCauseOutOfResource, {});
    return;
  }
  TellWindow();
}

void Association::OnWindowChanged() {
  parts_->inbound.SetWindow(socket()->WindowBytes());
  TellWindow();
}

void Association::OnRelief() {
  ledger_.OnRelief();
  TellWindow();
  ledger_.NoteIfSqueezed();
}

void Association::TellWindow() {
  if (!parts_->inbound.WantsWindowUpdate(path().max_packet_bytes)) return;
  parts_->acks.DemandWhole();
  WantTransmit();
}

void Association::Choose(Scheduler scheduler) {
  if (scheduler != options->scheduler) options.Edit().scheduler = scheduler;
  if (scheduler != parts_->outbound.scheduler().scheduler()) parts_->outbound.Choose(scheduler);
}

void Association::MoveTo(Socket& to) {
  socket()->MoveQueue(*this, to);
  ledger_.Detach(*this, parts_->outbound);
  ledger_.Attach(to, *this, parts_->inbound, parts_->outbound);
  if (stuck_) to.NoteStuck(id);
}

void Association::OnAutoclose() {
  if (autoclose_->IsOver(core_.now)) BeginShutdown();
}

}  // namespace mailport::sctp
