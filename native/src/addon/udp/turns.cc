// The turns of the loop: polls report, sockets are read under credit, and what was delivered is handed over. Between turns, polls are brought in line with
// what their sockets wait for.
#include <sys/socket.h>

#include "stack.h"

namespace mailport::addon {

namespace {

// What somebody has made the socket keep with an option of the system's own (IP_RECVERR) would raise its poll for ever. More than this is never kept.
constexpr unsigned kMostErrors = 1024;

void DropQueuedErrors(int fd) {
#if defined(__linux__)
  char quoted[1];
  iovec piece{quoted, sizeof(quoted)};
  for (unsigned i = 0; i < kMostErrors; i++) {
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    if (recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
  }
#else
  (void)fd;
#endif
}

}  // namespace

void UdpStack::OnPoll(sctp::SocketId id, int status, int events) {
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return;
  delivery_.BeginTurn();
  const bool failed = status < 0;
  if (failed) {
    // libuv has stopped the poll. The descriptor is ours and still good: an error waits there for the next call, be it a send or a read.
    socket->polled = 0;
    LookAtPoll(*socket);
  }
  if ((failed || (events & UV_WRITABLE) != 0) && socket->wants_writable) {
    socket->wants_writable = false;
    LookAtPoll(*socket);
    TellRoom(*socket);
  }
  // Reads once: JavaScript may close the socket in every call of this turn, and the poll reports again what is left.
  if (failed || (events & UV_READABLE) != 0) Read(*socket, socket->read_packets);
  // After the error has been read: the last one that leaves the queue takes it along.
  if (failed) DropQueuedErrors(socket->fd());
  delivery_.EndTurn(*this);
}

// Runs before the loop waits, whatever JavaScript did in this iteration.
void UdpStack::OnPrepare() {
  if (delivery_.HasWork()) {
    delivery_.BeginTurn();
    delivery_.EndTurn(*this);
  }
  UpdatePolls();
  loop_.SetAwake(delivery_.HasWork());
}

void UdpStack::LookAtPoll(UdpSocket& socket) {
  if (socket.polls_change) return;
  socket.polls_change = true;
  polls_change_.push_back(socket.id);
}

void UdpStack::UpdatePolls() {
  for (const sctp::SocketId id : polls_change_) {
    UdpSocket* socket = Find(id);
    if (socket == nullptr) continue;
    socket->polls_change = false;
    UpdatePoll(*socket);
  }
  polls_change_.clear();
}

void UdpStack::UpdatePoll(UdpSocket& socket) {
  const int wanted = (socket.MayRead() ? UV_READABLE : 0) | (socket.wants_writable ? UV_WRITABLE : 0);
  if (wanted == socket.polled) return;
  socket.polled = wanted;
  if (wanted == 0) {
    uv_poll_stop(socket.poll.get());
    return;
  }
  const int status = uv_poll_start(socket.poll.get(), wanted, [](uv_poll_t* poll, int status, int events) {
    const auto* owner = static_cast<const PollOwner*>(poll->data);
    owner->stack->OnPoll(owner->id, status, events);
  });
  if (status != 0) socket.polled = 0;
}

}  // namespace mailport::addon
