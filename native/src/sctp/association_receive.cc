// What an association hands to its socket, and what it holds back: for a reader, or because a message is not whole (RFC 9260 section 6.9).
#include <utility>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

bool Association::OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (socket_ == nullptr) return true;  // Closed: nobody will read it.
  return socket_->Deliver(DataItem(id, peer_, message, payload), owned);
}

bool Association::IsReading() const { return socket_ == nullptr || socket_->IsReading(); }

void Association::OnStuck() {
  if (socket_ != nullptr && !std::exchange(stuck_, true)) socket_->NoteStuck(id);
}

void Association::OnConsumed(size_t bytes) {
  inbound_.OnConsumed(bytes);
  TellWindow();
}

void Association::OnReading() {
  stuck_ = false;
  inbound_.OnReading();
  if (!Recharge()) {
    Abort(kCauseOutOfResource, {});
    return;
  }
  TellWindow();
}

void Association::OnWindowChanged() {
  inbound_.SetWindow(socket_->WindowBytes());
  TellWindow();
}

void Association::TellWindow() {
  if (!inbound_.WantsWindowUpdate(path_.max_packet_bytes)) return;
  sack_now_ = sack_whole_ = true;
  core_.MarkDirty(*this);
}

// Unread items are the socket's to count. Only who adds to what is too much is refused.
bool Association::Recharge() {
  const size_t exempt_before = std::exchange(exempt_bytes_, inbound_.exempt_bytes());
  const size_t held = inbound_.held_bytes() - inbound_.queued_bytes() + exempt_bytes_ + inbound_.table_bytes();
  const size_t before = std::exchange(charged_bytes_, socket_ == nullptr ? 0 : held);
  if (socket_ == nullptr) return true;
  if (before != held) socket_->charges.Change(before, held);
  if (exempt_bytes_ == exempt_before) return true;
  socket_->CountExempt(exempt_before, exempt_bytes_);
  return exempt_bytes_ < exempt_before || socket_->HasExemptRoom();
}

size_t Association::HoldLimit() const { return socket_ == nullptr ? SIZE_MAX : socket_->charges.Share(); }

void Association::OnRelief() {
  squeezed_ = false;
  TellWindow();
  NoteIfSqueezed();
}

// Whoever was told of a narrower window hears when memory is no longer short.
void Association::NoteIfSqueezed() {
  if (HoldLimit() == SIZE_MAX || std::exchange(squeezed_, true)) return;
  core_.squeezed.insert(id);
}

}  // namespace mailport::sctp
