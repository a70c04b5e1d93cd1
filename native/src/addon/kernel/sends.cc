// Sending, and waiting for room to send.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "../sctp_record.h"
#include "stack.h"

namespace mailport::addon {

int KernelStack::Send(sctp::SocketId id, const sctp::SendParams& params, sctp::Bytes data) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (!MaySend(*socket, params, data)) return EAGAIN;
  send_calls_++;
  const int error = socket->kernel->Send(params, data);
  if (error == EAGAIN) AwaitRoom(*socket);
  NoteSend(*socket, params, data, error == 0);
  return error;
}

sctp::SendsTaken KernelStack::SendMany(sctp::SocketId id, std::span<const sctp::SendRequest> requests) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return {0, EBADF, 0};
  size_t admitted = 0;
  while (admitted < requests.size() && MaySend(*socket, requests[admitted].params, requests[admitted].data)) ++admitted;
  if (admitted == 0 && !requests.empty()) return {0, EAGAIN, 0};
  sctp::SendsTaken taken = socket->kernel->SendMany(requests.first(admitted));
  send_calls_ += taken.calls;
  if (taken.error == EAGAIN) AwaitRoom(*socket);
  for (size_t i = 0; i < admitted; ++i) NoteSend(*socket, requests[i].params, requests[i].data, i < taken.count);
  if (taken.error == 0 && admitted < requests.size()) taken.error = EAGAIN;
  return taken;
}

// A send without data takes no room.
bool KernelStack::MaySend(KernelSocket& socket, const sctp::SendParams& params, sctp::Bytes data) {
  if (!socket.has_shares() || data.empty() || socket.shares.Admits(params.assoc_id, data.size(), *socket.kernel)) return true;
  AskAgain(socket);
  return false;
}

// After MaySend.
void KernelStack::NoteSend(KernelSocket& socket, const sctp::SendParams& params, sctp::Bytes data, bool taken) {
  if (taken) {
    socket.told_writable = false;
    retry_timer_.NoteProgress();
    NoteSent(socket, params);
  } else if (socket.has_shares() && !data.empty()) {
    socket.shares.Returned(params.assoc_id, data.size());
  }
}

// No poll tells when a share has room again, nor, where net.sctp.sndbuf_policy is 1, when an association's buffer has.
void KernelStack::AskAgain(KernelSocket& socket) {
  socket.wants_retry = true;
  retry_timer_.Run();
}

void KernelStack::AwaitRoom(KernelSocket& socket) {
  if (socket.told_writable) return AskAgain(socket);
  if (socket.wants_writable) return;
  socket.wants_writable = true;
  LookAtPoll(socket);
  // When its peer aborts the only association of a socket, Linux frees the room and wakes nobody (sctp_write_space), so the poll is not relied on alone.
  retry_timer_.Run();
}

void KernelStack::TellRoom(KernelSocket& socket) {
  socket.told_writable = true;
  sctp::Item item;
  item.kind = sctp::ItemKind::kWritable;
  delivery_.DeliverUrgent(socket.id, SctpRecord(item));
}

void KernelStack::OnRetryTimer() {
  bool waits = false;
  delivery_.BeginTurn();
  for (auto& [id, socket] : sockets_) {
    if (std::exchange(socket.wants_retry, false)) {
      TellRoom(socket);
    } else if (socket.wants_writable && socket.kernel->IsWritable()) {
      socket.wants_writable = false;
      LookAtPoll(socket);
      TellRoom(socket);
    } else {
      waits |= socket.wants_writable;
    }
  }
  delivery_.EndTurn(*this);
  if (waits) retry_timer_.Run();
}

}  // namespace mailport::addon
