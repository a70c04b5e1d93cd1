#include "ledger.h"

#include <algorithm>
#include <utility>

#include "core.h"
#include "rx/inbound.h"
#include "socket.h"
#include "tx/outbound.h"

namespace mailport::sctp {

namespace {

// So much of a buffer, or half of it, must be free before a waiting sender is told, so that the sender is not told for every message. Half of a buffer of megabytes would
// be too much: on a line of 100 Mbit/s a short message that passes all others waited 170 ms for it.
constexpr size_t kTellBytes = 128 * 1024;

bool IsRoomWorthTelling(size_t charged, size_t limit) { return charged <= limit - std::min(limit / 2, kTellBytes); }

}  // namespace

void Ledger::Attach(Socket& socket, Association& association, const Inbound& inbound, const Outbound& outbound) {
  socket_ = &socket;
  socket.AddAssociation(association);
  ChargeReceived(inbound);
  socket.sends.Change(0, charged_sends_);
  socket.ChargeSend(outbound.held_bytes());
}

void Ledger::Detach(Association& association, const Outbound& outbound) {
  if (socket_ == nullptr) return;
  EndWait();
  socket_->CountExempt(std::exchange(exempt_bytes_, 0), 0);
  socket_->charges.Change(std::exchange(charged_bytes_, 0), 0);
  socket_->sends.Change(charged_sends_, 0);
  socket_->ReleaseSend(outbound.held_bytes());
  socket_->RemoveAssociation(association);
  socket_ = nullptr;
}

void Ledger::Leave(Association& association) {
  leaving_ = core_.leaving.Add(association);
  core_.sends.Change(0, charged_sends_);
  core_.leaving.Change(0, charged_sends_);
}

void Ledger::Close() {
  if (std::exchange(squeezed_, false)) core_.squeezed.erase(id_);
  if (!leaving_) return;
  ++core_.closing_progress;
  core_.leaving.Remove(*std::exchange(leaving_, std::nullopt));
}

// The socket itself counts unread items.
bool Ledger::ChargeReceived(const Inbound& inbound) {
  const size_t exempt_before = std::exchange(exempt_bytes_, inbound.exempt_bytes());
  const size_t held = inbound.held_bytes() - inbound.queued_bytes() + exempt_bytes_ + inbound.table_bytes();
  const size_t before = std::exchange(charged_bytes_, socket_ == nullptr ? 0 : held);
  if (socket_ == nullptr) return true;
  if (before != held) socket_->charges.Change(before, held);
  if (exempt_bytes_ == exempt_before) return true;
  socket_->CountExempt(exempt_before, exempt_bytes_);
  return exempt_bytes_ < exempt_before || socket_->HasExemptRoom();
}

// Several messages may outgrow it before the next charge.
bool Ledger::MayOutgrowLimit(size_t bytes, const Inbound& inbound) const {
  return socket_ == nullptr || socket_->MayOutgrowLimit(bytes, inbound.exempt_bytes() - exempt_bytes_);
}

size_t Ledger::HoldLimit() const { return socket_ == nullptr ? SIZE_MAX : socket_->charges.Share(); }

void Ledger::NoteIfSqueezed() {
  if (HoldLimit() == SIZE_MAX || std::exchange(squeezed_, true)) return;
  core_.squeezed.insert(id_);
}

void Ledger::Accept(size_t bytes, const Outbound& outbound) {
  socket_->ChargeSend(bytes);
  ChargeSends(outbound);
  core_.stats.queued_out_bytes += bytes;
}

void Ledger::Release(size_t bytes, const Outbound& outbound) {
  ChargeSends(outbound);
  if (bytes == 0) return;
  core_.stats.queued_out_bytes -= bytes;
  if (socket_ == nullptr) return;
  socket_->ReleaseSend(bytes);
  TellRoom(outbound);
}

void Ledger::ChargeSends(const Outbound& outbound) {
  const size_t now = outbound.charged_bytes();
  const size_t before = std::exchange(charged_sends_, now);
  (socket_ != nullptr ? socket_->sends : core_.sends).Change(before, now);
  if (leaving_) core_.leaving.Change(before, now);
  if (now < before) core_.NoteSendRoom();
}

void Ledger::NoteProgress() {
  if (!leaving_) return;
  ++core_.closing_progress;
  core_.leaving.Refresh(*leaving_);
}

bool Ledger::HasSendRoom(size_t bytes, const Outbound& outbound) const {
  const size_t charged = outbound.charged_bytes();
  const size_t share = socket_->sends.Share();
  return charged < socket_->options.send_buffer_bytes && share != 0 && (charged == 0 || (charged < share && bytes <= share - charged));
}

void Ledger::AwaitRoom(const Outbound& outbound) {
  waits_for_room_ = true;
  if (outbound.charged_bytes() < socket_->options.send_buffer_bytes) core_.waiting_senders.insert(id_);
}

void Ledger::TellRoom(const Outbound& outbound) {
  const size_t charged = outbound.charged_bytes();
  if (!waits_for_room_ || !IsRoomWorthTelling(charged, socket_->options.send_buffer_bytes)) return;
  const size_t share = socket_->sends.Share();
  if (share != 0 && IsRoomWorthTelling(charged, share)) {
    EndWait();
  } else {
    // Room may come later from other associations, when this one has no acknowledgements of its own left to bring it here.
    core_.waiting_senders.insert(id_);
  }
}

// Tells a sender that waits that there is room, or that the association has left the socket.
void Ledger::EndWait() {
  if (!std::exchange(waits_for_room_, false)) return;
  core_.waiting_senders.erase(id_);
  socket_->NotifyWritable(id_);
}

}  // namespace mailport::sctp
