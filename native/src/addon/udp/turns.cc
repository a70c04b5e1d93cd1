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
  loop_.NoteTraffic();
  UdpSocket* socket = Find(id);
  if (socket == nullptr) return;
  delivery_.BeginTurn();
  const bool failed = status < 0;
  // The error waits for the next call, be it a send or a read.
  if (failed) LookAtPoll(*socket);
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
  changed_polls_.Update([this](sctp::SocketId id) { return Find(id); });
  loop_.SetAwake(delivery_.HasWork());
}

}  // namespace mailport::addon
