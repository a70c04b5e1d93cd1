// Associations whose end the kernel does not tell: they were shut down while they were being set up, or we end them because of what the peer sends.
#include <utility>

#include "../sctp_record.h"
#include "stack.h"

namespace mailport::addon {

namespace {

constexpr uint32_t kUserAbort = 12;  // RFC 9260 section 3.3.10.12.

}  // namespace

void KernelStack::NoteSent(const KernelSocket& socket, const sctp::SendParams& params) {
  if (socket.watched.empty() || !socket.IsWatched(params.assoc_id)) return;
  // The association's default flags are not known here, so they may include kFlagEof.
  if (params.use_defaults || (params.flags & sctp::kFlagEof) != 0) perhaps_vanished_.push_back({socket.id, params.assoc_id});
}

// No event tells that such an attempt has ended (AS-6), so its outcome is delivered here. An attempt with an outcome has it among the items that wait to
// be read, so those are read first.
void KernelStack::SettleVanished() {
  for (const auto& [id, assoc] : std::exchange(perhaps_vanished_, {})) {
    KernelSocket* socket = Find(id);
    if (socket == nullptr || !socket->IsWatched(assoc)) continue;
    const bool read_all = Read(*socket, kPartsPerWakeup) || socket->at_end;
    if (!socket->IsWatched(assoc) || socket->kernel->HasAssociation(assoc)) continue;
    if (!read_all) {
      perhaps_vanished_.push_back({id, assoc});
      continue;
    }
    std::erase(socket->watched, assoc);
    sctp::Item result;
    result.kind = sctp::ItemKind::kConnectResult;
    result.assoc_id = assoc;
    result.state = static_cast<uint32_t>(sctp::AssocState::kCantAssoc);
    delivery_.DeliverUrgent(socket->id, SctpRecord(result));
    LookAtPoll(*socket);
  }
}

bool KernelStack::GiveUp(KernelSocket& socket, const sctp::Item& item) {
  if (!socket.kernel->one_to_one() || socket.kernel->peeled()) {
    sctp::SendParams abort;
    abort.assoc_id = item.assoc_id;
    abort.flags = sctp::kFlagAbort;
    (void)socket.kernel->Send(abort, {});
    return true;
  }
  // The kernel refuses an ABORT on a one-to-one socket (SD-10), whose association ends only with the descriptor. The socket goes on without: it has
  // its comm_lost to tell, and may be closed.
  socket.poll.Close();
  socket.kernel->AbortAndClose();
  socket.at_end = true;
  if (std::exchange(socket.wants_writable, false)) {
    // A sender that waits for room tries again, and hears that there is nobody to send to.
    sctp::Item retry;
    retry.kind = sctp::ItemKind::kWritable;
    delivery_.DeliverUrgent(socket.id, SctpRecord(retry));
  }
  sctp::Item lost;
  lost.kind = sctp::ItemKind::kAssocChange;
  lost.peer = item.peer;
  lost.peer_port = item.peer_port;
  lost.assoc_id = item.assoc_id;
  lost.state = static_cast<uint32_t>(sctp::AssocState::kCommLost);
  lost.error = kUserAbort;
  TakeItem(socket, lost);
  return false;
}

}  // namespace mailport::addon
