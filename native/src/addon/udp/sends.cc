// Sending, and waiting for room to send.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "stack.h"
#include "udp_record.h"

namespace mailport::addon {

namespace {

// How often, at first and at last, sends are tried again whose room no poll tells of.
constexpr uint64_t kShortestRetryMs = 4;
constexpr uint64_t kLongestRetryMs = 64;

}  // namespace

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
    retry_ms_ = 0;
  }
  if (sent.error == EAGAIN) AwaitRoom(*socket);
  return sent;
}

// A poll tells that the socket has room, but not whether the receiver has, of a local socket without a fixed peer.
void UdpStack::AwaitRoom(UdpSocket& socket) {
  if (socket.told_writable) {
    socket.wants_retry = true;
    return RunRetryTimer();
  }
  if (socket.wants_writable) return;
  socket.wants_writable = true;
  LookAtPoll(socket);
}

void UdpStack::TellRoom(UdpSocket& socket) {
  socket.told_writable = true;
  delivery_.DeliverUrgent(socket.id, WritableRecord());
}

// Soon at first, and less and less often while nothing is taken.
void UdpStack::RunRetryTimer() {
  if (std::exchange(retry_runs_, true)) return;
  retry_ms_ = std::clamp<uint64_t>(2 * retry_ms_, kShortestRetryMs, kLongestRetryMs);
  uv_timer_start(
      retry_timer_.get(), [](uv_timer_t* handle) { static_cast<UdpStack*>(handle->data)->OnRetryTimer(); }, retry_ms_, 0);
}

void UdpStack::OnRetryTimer() {
  retry_runs_ = false;
  delivery_.BeginTurn();
  for (auto& [id, entry] : sockets_) {
    if (std::exchange(entry.socket->wants_retry, false)) TellRoom(*entry.socket);
  }
  delivery_.EndTurn(*this);
}

}  // namespace mailport::addon
