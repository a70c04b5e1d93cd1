// The turns of the loop: polls report, sockets are read under credit, and what was delivered is handed over. Between turns, polls are brought in
// line with what their sockets wait for.
#include "../sctp_record.h"
#include "stack.h"

namespace mailport::addon {

void KernelStack::OnPoll(sctp::SocketId id, int status, int events) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return;
  delivery_.BeginTurn();
  if (status < 0) {
    // libuv has stopped the poll. The descriptor is ours and still good: an error has to be taken off it, by reading if there may be items.
    socket->polled = 0;
    LookAtPoll(*socket);
    if (socket->MayRead() == 0) socket->kernel->ClearError();
  }
  if ((events & UV_WRITABLE) != 0 && socket->wants_writable) {
    socket->wants_writable = false;
    LookAtPoll(*socket);
    TellRoom(*socket);
  }
  if ((events & UV_READABLE) != 0 && socket->wants_accept) {
    socket->wants_accept = false;
    LookAtPoll(*socket);
    sctp::Item item;
    item.kind = sctp::ItemKind::kAcceptable;
    delivery_.DeliverUrgent(socket->id, SctpRecord(item));
  }
  // Reads once: JavaScript may close the socket in every call of this turn, and the poll reports again what is left.
  if (status < 0 || (events & UV_READABLE) != 0) Read(*socket, kPartsPerWakeup);
  delivery_.EndTurn(*this);
}

// Runs before the loop waits, whatever JavaScript did in this iteration.
void KernelStack::OnPrepare() {
  if (delivery_.HasWork() || !perhaps_vanished_.empty()) {
    delivery_.BeginTurn();
    SettleVanished();
    delivery_.EndTurn(*this);
  }
  UpdatePolls();
  loop_.SetAwake(delivery_.HasWork());
}

void KernelStack::LookAtPoll(KernelSocket& socket) {
  if (socket.polls_change) return;
  socket.polls_change = true;
  polls_change_.push_back(socket.id);
}

void KernelStack::UpdatePolls() {
  for (const sctp::SocketId id : polls_change_) {
    KernelSocket* socket = Find(id);
    if (socket == nullptr) continue;
    socket->polls_change = false;
    UpdatePoll(*socket);
  }
  polls_change_.clear();
}

void KernelStack::UpdatePoll(KernelSocket& socket) {
  const int wanted = (socket.MayRead() > 0 || socket.wants_accept ? UV_READABLE : 0) | (socket.wants_writable ? UV_WRITABLE : 0);
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
