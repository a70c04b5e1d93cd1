// Reading under credit: parts become items, and items go into the batch or wait at their socket.
#include <algorithm>
#include <cerrno>

#include "../../sctp/option.h"
#include "../sctp_record.h"
#include "stack.h"

namespace mailport::addon {

namespace {

// Parts that one Drain reads; the caller comes again.
constexpr unsigned kPartsPerDrain = 1024;
// Errors that one reading takes off a socket: more than a socket has.
constexpr unsigned kErrorsPerRead = 4;
// A one-to-one socket whose peer has shut down reports its end before the last event can be read. How soon it is read again.
constexpr uint64_t kAskAgainMs = 20;

// Whether the user has subscribed to the kind.
bool IsWanted(sctp::ItemKind kind, uint32_t events) {
  switch (kind) {
    case sctp::ItemKind::kAssocChange:
      return (events & sctp::kEventAssociation) != 0;
    case sctp::ItemKind::kPeerAddrChange:
      return (events & sctp::kEventAddress) != 0;
    case sctp::ItemKind::kShutdownEvent:
      return (events & sctp::kEventShutdown) != 0;
    case sctp::ItemKind::kAdaptation:
      return (events & sctp::kEventAdaptation) != 0;
    case sctp::ItemKind::kRemoteError:
      return (events & sctp::kEventPeerError) != 0;
    case sctp::ItemKind::kSendFailed:
      return (events & sctp::kEventSendFailure) != 0;
    case sctp::ItemKind::kPartialDelivery:
      return (events & sctp::kEventPartialDelivery) != 0;
    case sctp::ItemKind::kStreamReset:
      return (events & sctp::kEventStreamReset) != 0;
    case sctp::ItemKind::kAssocReset:
      return (events & sctp::kEventAssocReset) != 0;
    case sctp::ItemKind::kStreamChange:
      return (events & sctp::kEventStreamChange) != 0;
    case sctp::ItemKind::kAuthentication:
      return (events & sctp::kEventAuthentication) != 0;
    case sctp::ItemKind::kSenderDry:
      return (events & sctp::kEventSenderDry) != 0;
    default:
      return true;
  }
}

}  // namespace

bool KernelStack::Read(KernelSocket& socket, unsigned budget) {
  unsigned errors = 0;
  bool read_all = false;
  while (!read_all && budget > 0 && !delivery_.WantsHandover()) {
    const unsigned most = std::min({budget, socket.MayRead(), kernel_sctp::ReceivedParts::kParts});
    if (most == 0) break;
    const int error = received_.Receive(socket.kernel->fd(), most);
    read_calls_++;
    if (error == EAGAIN) {
      read_all = true;
      break;
    }
    if (error != 0) {
      // ECONNRESET for example, after the comm_lost of a one-to-one socket, which has told everything (EV-16). The kernel reports each error once.
      read_errors_++;
      if (++errors == kErrorsPerRead) break;
      continue;
    }
    budget -= received_.count();
    read_all = received_.count() < most;
    for (unsigned i = 0; i < received_.count(); i++) {
      if (TakePart(socket, received_.part(i))) continue;
      read_all = true;
      break;
    }
  }
  LookAtPoll(socket);
  return read_all;
}

bool KernelStack::TakePart(KernelSocket& socket, const kernel_sctp::Part& part) {
  sctp::Item item;
  switch (socket.assembly.Take(part, &item)) {
    case kernel_sctp::Assembly::Outcome::kItem:
      TakeItem(socket, item);
      break;
    case kernel_sctp::Assembly::Outcome::kNothing:
      break;
    case kernel_sctp::Assembly::Outcome::kEnd:
      OnEnd(socket);
      break;
    case kernel_sctp::Assembly::Outcome::kTooLarge:
      return GiveUp(socket, item);
  }
  return true;
}

void KernelStack::OnEnd(KernelSocket& socket) {
  socket.at_end = true;
  if (end_timer_runs_ || !socket.kernel->HasAssociation()) return;
  end_timer_runs_ = true;
  uv_timer_start(
      end_timer_.get(), [](uv_timer_t* handle) { static_cast<KernelStack*>(handle->data)->OnEndTimer(); }, kAskAgainMs, 0);
}

void KernelStack::OnEndTimer() {
  end_timer_runs_ = false;
  for (auto& [id, socket] : sockets_) {
    if (!socket.at_end || !socket.kernel->HasAssociation()) continue;
    socket.at_end = false;
    LookAtPoll(socket);
  }
}

void KernelStack::TakeItem(KernelSocket& socket, const sctp::Item& item) {
  if (item.kind == sctp::ItemKind::kAssocChange) {
    // An association that begins anew does not finish the messages of its predecessor.
    socket.assembly.Drop(item.assoc_id);
    if (item.state != static_cast<uint32_t>(sctp::AssocState::kCommUp)) socket.shares.Forget(item.assoc_id);
    if (socket.IsWatched(item.assoc_id)) {
      std::erase(socket.watched, item.assoc_id);
      sctp::Item result = item;
      result.kind = sctp::ItemKind::kConnectResult;
      delivery_.DeliverUrgent(socket.id, SctpRecord(result));
      return;
    }
  }
  // Nobody has seen any part of the message that this event is about, so there is nothing to tell (RV-18).
  if (item.kind == sctp::ItemKind::kPartialDelivery && socket.assembly.Drop(item.assoc_id)) return;
  if (!IsWanted(item.kind, socket.kernel->events())) return;
  if (socket.queue.empty() && socket.credit.IsLeft() && delivery_.Deliver(socket.id, SctpRecord(item))) {
    socket.credit.Spend(item.data.size());
    return;
  }
  socket.Push(item);
  if (socket.credit.IsLeft()) delivery_.WantDrain(socket.id, &socket.drain_mark);
}

void KernelStack::DeliverHeld(sctp::SocketId id) {
  if (KernelSocket* socket = Find(id); socket != nullptr) DeliverQueued(*socket);
}

void KernelStack::ReadMore(sctp::SocketId id) {
  if (KernelSocket* socket = Find(id); socket != nullptr) (void)Read(*socket, kPartsPerDrain);
}

void KernelStack::DeliverQueued(KernelSocket& socket) {
  while (!socket.queue.empty() && socket.credit.IsLeft()) {
    if (!delivery_.Deliver(socket.id, SctpRecord(socket.queue.front().item))) {
      delivery_.WantDrain(socket.id, &socket.drain_mark);
      return;
    }
    socket.credit.Spend(socket.queue.front().payload.size());
    socket.Pop();
  }
  LookAtPoll(socket);
}

}  // namespace mailport::addon
