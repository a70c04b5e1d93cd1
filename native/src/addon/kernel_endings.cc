// Associations whose end the kernel does not tell: those that were shut down while they were being set up, and those that we end ourselves for what
// the peer sends.
#include <utility>

#include "kernel_stack.h"

namespace mailport::addon {

namespace {

constexpr uint32_t kUserAbort = 12;  // RFC 9260 section 3.3.10.12.

}  // namespace

void KernelStack::NoteSent(const KernelPort& port, const sctp::SendParams& params) {
  if (port.watched.empty() || !port.IsWatched(params.assoc_id)) return;
  // Flags that are the association's defaults are not known here.
  if (params.use_defaults || (params.flags & sctp::kFlagEof) != 0) perhaps_vanished_.push_back({port.id, params.assoc_id});
}

// AS-6: there is no event of an attempt that ends so, and whoever waits for its outcome is told here. What did have an outcome has it among what
// waits to be read, so that comes first.
void KernelStack::SettleVanished() {
  for (const auto& [socket, assoc] : std::exchange(perhaps_vanished_, {})) {
    KernelPort* port = Find(socket);
    if (port == nullptr || !port->IsWatched(assoc)) continue;
    const bool read_all = Read(*port, kPartsPerWakeup) || port->at_end;
    if (!port->IsWatched(assoc) || port->socket->HasAssociation(assoc)) continue;
    if (!read_all) {
      perhaps_vanished_.push_back({socket, assoc});
      continue;
    }
    std::erase(port->watched, assoc);
    sctp::Item result;
    result.kind = sctp::ItemKind::kConnectResult;
    result.assoc_id = assoc;
    result.state = static_cast<uint32_t>(sctp::AssocState::kCantAssoc);
    DeliverUrgent(*port, result);
    LookAtPoll(*port);
  }
}

bool KernelStack::GiveUp(KernelPort& port, const sctp::Item& item) {
  if (!port.socket->one_to_one() || port.socket->peeled()) {
    sctp::SendParams abort;
    abort.assoc_id = item.assoc_id;
    abort.flags = sctp::kFlagAbort;
    (void)port.socket->Send(abort, {});
    return true;
  }
  // Here the kernel refuses that (SD-10), and the association ends with the descriptor alone. The port goes on without: it has its comm_lost to tell, and
  // may be closed.
  port.poll.Close();
  port.polled = 0;
  port.socket->AbortAndClose();
  port.at_end = true;
  if (std::exchange(port.wants_writable, false)) {
    // What waits for room hears that there is nobody to send to.
    sctp::Item retry;
    retry.kind = sctp::ItemKind::kWritable;
    DeliverUrgent(port, retry);
  }
  sctp::Item lost;
  lost.kind = sctp::ItemKind::kAssocChange;
  lost.peer = item.peer;
  lost.peer_port = item.peer_port;
  lost.assoc_id = item.assoc_id;
  lost.state = static_cast<uint32_t>(sctp::AssocState::kCommLost);
  lost.error = kUserAbort;
  TakeItem(port, lost);
  return false;
}

}  // namespace mailport::addon
