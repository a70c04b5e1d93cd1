// Calls of the application on an association: sending, reading, and moving the association to another socket.
#include <cerrno>
#include <utility>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

int Association::Send(const SendParams& params, Bytes data) {
  if (state_ > TcbState::kEstablished) return ESHUTDOWN;
  SendParams message = params;
  if (params.use_defaults) {
    message.flags = options.defaults.flags & kFlagUnordered;
    message.ppid = options.defaults.ppid;
    message.context = options.defaults.context;
    message.time_to_live_ms = options.defaults.time_to_live_ms;
  }
  if (message.stream >= terms_.capabilities.outbound_streams || data.empty()) return EINVAL;
  if (options.disable_fragments && data.size() > FragmentationPoint()) return EMSGSIZE;
  parts_->outbound.Push(message, data, core_.now);
  ledger_.Accept(data.size(), parts_->outbound);
  WantTransmit();
  return 0;
}

bool Association::OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (socket() == nullptr) return true;  // Closed: nobody will read it.
  return socket()->Deliver(DataItem(id, peer_, message, payload), owned);
}

bool Association::IsReading() const { return socket() == nullptr || socket()->IsReading(); }

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

void Association::RestartHeartbeats() {
  if (state_ == TcbState::kEstablished) parts_->heartbeat.Start();
}

void Association::MoveTo(Socket& to) {
  socket()->MoveQueue(*this, to);
  ledger_.Detach(*this, parts_->outbound);
  ledger_.Attach(to, *this, parts_->inbound, parts_->outbound);
  if (stuck_) to.NoteStuck(id);
}

void Association::OnAutoclose() {
  if (autoclose_.IsOver(core_.now)) BeginShutdown();
}

}  // namespace mailport::sctp
