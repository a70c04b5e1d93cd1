// Sending, and waiting for room to send.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "stack.h"
#include "udp_record.h"

namespace mailport::addon {

io::DatagramsSent UdpStack::SendMany(sctp::SocketId id, std::span<const io::OutgoingDatagram> datagrams) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return {0, EBADF, 0};
  io::KernelSendMessages call(socket->fd());
  const io::DatagramSendRules rules{.family = socket->family,
                                    .segments = socket->gso,
                                    .max_segment_bytes = socket->max_segment_bytes,
                                    .connected = socket->peer.has_value(),
                                    .one_by_one = socket->SendsOneByOne()};
  const io::DatagramsSent sent = sender_.Send(call, rules, datagrams);
  send_calls_ += sent.calls;
  if (sent.refused_segment_bytes != 0) socket->max_segment_bytes = std::min(socket->max_segment_bytes, sent.refused_segment_bytes - 1);
  socket->NoteSent(sent.count, sent.failed && sent.error != EAGAIN);
  if (sent.count > 0) {
    socket->told_writable = false;
    retry_timer_.NoteProgress();
  }
  if (sent.error == EAGAIN) AwaitRoom(*socket);
  return sent;
}

// A poll tells that the socket has room, but not whether the receiver has, of a local socket without a fixed peer.
void UdpStack::AwaitRoom(UdpSocket& socket) {
  if (socket.told_writable) {
    socket.wants_retry = true;
    return retry_timer_.Run();
  }
  if (socket.wants_writable) return;
  socket.wants_writable = true;
  LookAtPoll(socket);
}

void UdpStack::TellRoom(UdpSocket& socket) {
  socket.told_writable = true;
  delivery_.DeliverUrgent(socket.id, WritableRecord());
}

void UdpStack::OnRetryTimer() {
  delivery_.BeginTurn();
  for (auto& [id, socket] : sockets_) {
    if (std::exchange(socket.wants_retry, false)) TellRoom(socket);
  }
  delivery_.EndTurn(*this);
}

}  // namespace mailport::addon
