// What an association hands to its socket, and what it holds back: for a reader, or because a message is not whole (RFC 9260 section 6.9).
#include <utility>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

bool Association::OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  if (socket_ == nullptr) return true;  // Closed: nobody will read it.
  Item item;
  item.kind = ItemKind::kData;
  item.assoc_id = id;
  item.peer = peer_.address;
  item.peer_port = peer_.port;
  item.stream = message.stream;
  item.ssn = message.ssn;
  item.flags = message.unordered ? kFlagUnordered : 0;
  item.ppid = message.ppid;
  item.tsn = message.tsn;
  item.cum_tsn = message.unordered ? message.tsn : 0;  // As Linux gives them (MS-10).
  item.data = payload;
  return socket_->Deliver(item, owned);
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
  if (!CountExempt()) {
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

// Only who adds to it is refused when it is too much.
bool Association::CountExempt() {
  const size_t before = std::exchange(exempt_bytes_, inbound_.exempt_bytes());
  if (before == exempt_bytes_ || socket_ == nullptr) return true;
  socket_->CountExempt(before, exempt_bytes_);
  return exempt_bytes_ < before || socket_->HasExemptRoom();
}

}  // namespace mailport::sctp
