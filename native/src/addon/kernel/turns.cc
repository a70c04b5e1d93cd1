// The turns of the loop: polls report, sockets are read under credit, and what was delivered is handed over. Between turns, polls are brought in
// line with what their sockets wait for.
#include "../sctp_record.h"
#include "stack.h"

namespace mailport::addon {

void KernelStack::OnPoll(sctp::SocketId id, int status, int events) {
  loop_.NoteTraffic();
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return;
  delivery_.BeginTurn();
  if (status < 0) {
    LookAtPoll(*socket);
    // Reading takes the error off the descriptor, if there may be items.
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
  changed_polls_.Update([this](sctp::SocketId id) { return Find(id); });
  loop_.SetAwake(delivery_.HasWork());
}

}  // namespace mailport::addon
