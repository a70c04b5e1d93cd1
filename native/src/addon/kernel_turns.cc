// What the loop does for the kernel stack: polls report, parts are read under credit, one call into JavaScript takes what was delivered.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "../sctp/option.h"
#include "kernel_stack.h"

namespace mailport::addon {

namespace {

// Bound of one wake-up, after which other handles of the loop have their turn.
constexpr unsigned kCallsPerTurn = 16;
// Errors that one reading takes off a socket: more than a socket has.
constexpr unsigned kErrorsPerRead = 4;
// A one-to-one socket whose peer has shut down says that it is at its end before the last event is there; how soon it is read again.
constexpr uint64_t kAskAgainMs = 20;
// How often, and how seldom, sends are tried again that no poll tells of.
constexpr uint64_t kShortestRetryMs = 4;
constexpr uint64_t kLongestRetryMs = 64;

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
    case sctp::ItemKind::kSenderDry:
      return (events & sctp::kEventSenderDry) != 0;
    default:
      return true;
  }
}

}  // namespace

void KernelStack::OnPoll(sctp::SocketId socket, int status, int events) {
  KernelPort* port = Find(socket);
  if (port == nullptr) return;
  BeginCollecting();
  if (status < 0) {
    // libuv has stopped the poll. The descriptor is ours and good: there is an error to be taken off it, by reading if there may be items.
    port->polled = 0;
    LookAtPoll(*port);
    if (port->MayRead() == 0) port->socket->ClearError();
  }
  if ((events & UV_WRITABLE) != 0 && port->wants_writable) {
    port->wants_writable = false;
    LookAtPoll(*port);
    TellRoom(*port);
  }
  if ((events & UV_READABLE) != 0 && port->wants_accept) {
    port->wants_accept = false;
    LookAtPoll(*port);
    sctp::Item item;
    item.kind = sctp::ItemKind::kAcceptable;
    DeliverUrgent(*port, item);
  }
  // JavaScript may close the socket in every call; the kernel says again what is left over.
  if (status < 0 || (events & UV_READABLE) != 0) Read(*port, kPartsPerWakeup);
  EndTurn();
}

// Runs before the loop waits, whatever JavaScript did in this iteration.
void KernelStack::OnPrepare() {
  if (HasDeliveries() || !perhaps_vanished_.empty()) {
    BeginCollecting();
    SettleVanished();
    EndTurn();
  }
  UpdatePolls();
  // An active idle handle keeps the loop from waiting: there is more to deliver than one turn was allowed to.
  if (HasDeliveries()) {
    uv_idle_start(idle_.get(), [](uv_idle_t*) {});
  } else {
    uv_idle_stop(idle_.get());
  }
}

void KernelStack::OnTimer() {
  timer_runs_ = false;
  for (auto& [id, entry] : sockets_) {
    KernelPort& port = *entry.port;
    if (!port.at_end || !port.socket->HasAssociation()) continue;
    port.at_end = false;
    LookAtPoll(port);
  }
}

void KernelStack::TellRoom(KernelPort& port) {
  port.told_writable = true;
  sctp::Item item;
  item.kind = sctp::ItemKind::kWritable;
  DeliverUrgent(port, item);
}

// Soon at first, and less and less often while nothing is taken.
void KernelStack::RunRetryTimer() {
  if (std::exchange(retry_runs_, true)) return;
  retry_ms_ = std::clamp<uint64_t>(2 * retry_ms_, kShortestRetryMs, kLongestRetryMs);
  uv_timer_start(
      retry_timer_.get(), [](uv_timer_t* handle) { static_cast<KernelStack*>(handle->data)->OnRetryTimer(); }, retry_ms_, 0);
}

void KernelStack::OnRetryTimer() {
  retry_runs_ = false;
  BeginCollecting();
  for (auto& [id, entry] : sockets_)
    if (std::exchange(entry.port->wants_retry, false)) TellRoom(*entry.port);
  EndTurn();
}

void KernelStack::BeginCollecting() {
  batch_.Clear();
  collecting_ = true;
}

void KernelStack::EndTurn() {
  for (unsigned calls = 0;; calls++) {
    Collect();
    if (batch_.empty()) break;
    CallJavaScript();
    if (ended_ || calls + 1 == kCallsPerTurn) break;
    BeginCollecting();
  }
  collecting_ = false;
}

void KernelStack::Collect() {
  CollectUrgent(0);
  std::vector<sctp::SocketId> asked;
  asked.swap(wants_drain_);
  for (const sctp::SocketId socket : asked) {
    KernelPort* port = Find(socket);
    if (port == nullptr) continue;
    port->wants_drain = false;
    DeliverQueued(*port);
  }
}

// Those of socket `only`, or of all if it is 0.
void KernelStack::CollectUrgent(sctp::SocketId only) {
  std::erase_if(urgent_, [&](const Urgent& urgent) {
    return (only == 0 || urgent.socket == only) && batch_.Add(urgent.socket, urgent.item);
  });
}

void KernelStack::CallJavaScript() {
  collecting_ = false;
  in_callback_ = true;
  const bool called = callback_.Call(
      batch_.count(), [this](Napi::Env env) { batch_.PublishLarge(env); },
      [this](Napi::Env env) {
        in_callback_ = false;
        batch_.Clear();
        batch_.PublishLarge(env);
      });
  if (called) return;
  in_callback_ = false;
  batch_.Clear();
}

bool KernelStack::Read(KernelPort& port, unsigned budget) {
  unsigned errors = 0;
  bool read_all = false;
  while (!read_all && budget > 0 && !batch_.WantsHandover()) {
    const unsigned most = std::min({budget, port.MayRead(), kernel_sctp::ReceiveBatch::kParts});
    if (most == 0) break;
    const int error = received_.Receive(port.socket->fd(), most);
    read_calls_++;
    if (error == EAGAIN) {
      read_all = true;
      break;
    }
    if (error != 0) {
      // Such as ECONNRESET after the comm_lost of a one-to-one socket, which has said it all (EV-16). The kernel tells each once.
      read_errors_++;
      if (++errors == kErrorsPerRead) break;
      continue;
    }
    budget -= received_.count();
    read_all = received_.count() < most;
    for (unsigned i = 0; i < received_.count(); i++) {
      if (TakePart(port, received_.part(i))) continue;
      read_all = true;
      break;
    }
  }
  LookAtPoll(port);
  return read_all;
}

bool KernelStack::TakePart(KernelPort& port, const kernel_sctp::Part& part) {
  sctp::Item item;
  switch (port.assembly.Take(part, &item)) {
    case kernel_sctp::Assembly::Outcome::kItem:
      TakeItem(port, item);
      break;
    case kernel_sctp::Assembly::Outcome::kNothing:
      break;
    case kernel_sctp::Assembly::Outcome::kEnd:
      OnEnd(port);
      break;
    case kernel_sctp::Assembly::Outcome::kTooLarge:
      return GiveUp(port, item);
  }
  return true;
}

void KernelStack::OnEnd(KernelPort& port) {
  port.at_end = true;
  if (timer_runs_ || !port.socket->HasAssociation()) return;
  timer_runs_ = true;
  uv_timer_start(
      timer_.get(), [](uv_timer_t* handle) { static_cast<KernelStack*>(handle->data)->OnTimer(); }, kAskAgainMs, 0);
}

void KernelStack::TakeItem(KernelPort& port, const sctp::Item& item) {
  if (item.kind == sctp::ItemKind::kAssocChange) {
    // Half a message that was under way is not finished by whoever begins anew.
    port.assembly.Drop(item.assoc_id);
    if (item.state != static_cast<uint32_t>(sctp::AssocState::kCommUp)) port.shares.Forget(item.assoc_id);
    if (port.IsWatched(item.assoc_id)) {
      std::erase(port.watched, item.assoc_id);
      sctp::Item result = item;
      result.kind = sctp::ItemKind::kConnectResult;
      DeliverUrgent(port, result);
      return;
    }
  }
  // It tells of a message that nobody has seen any of, so there is nothing to tell (RV-18).
  if (item.kind == sctp::ItemKind::kPartialDelivery && port.assembly.Drop(item.assoc_id)) return;
  if (!IsWanted(item.kind, port.socket->events())) return;
  if (collecting_ && port.queue.empty() && port.credit.IsLeft() && batch_.Add(port.id, item)) {
    port.credit.Spend(item.data.size());
    return;
  }
  port.Push(item);
  if (port.credit.IsLeft()) WantDrain(port);
}

// An item that costs no credit and waits for no other.
void KernelStack::DeliverUrgent(KernelPort& port, const sctp::Item& item) {
  if (collecting_ && batch_.Add(port.id, item)) return;
  urgent_.push_back({port.id, item});
  urgent_.back().item.data = {};
}

void KernelStack::DeliverQueued(KernelPort& port) {
  while (!port.queue.empty() && port.credit.IsLeft()) {
    if (!batch_.Add(port.id, port.queue.front().item)) {
      WantDrain(port);
      return;
    }
    port.credit.Spend(port.queue.front().payload.size());
    port.Pop();
  }
  LookAtPoll(port);
}

void KernelStack::WantDrain(KernelPort& port) {
  if (port.wants_drain) return;
  port.wants_drain = true;
  wants_drain_.push_back(port.id);
}

void KernelStack::LookAtPoll(KernelPort& port) {
  if (port.polls_change) return;
  port.polls_change = true;
  polls_change_.push_back(port.id);
}

void KernelStack::UpdatePolls() {
  for (const sctp::SocketId socket : polls_change_) {
    KernelPort* port = Find(socket);
    if (port == nullptr) continue;
    port->polls_change = false;
    UpdatePoll(*port);
  }
  polls_change_.clear();
}

void KernelStack::UpdatePoll(KernelPort& port) {
  const int wanted = (port.MayRead() > 0 || port.wants_accept ? UV_READABLE : 0) | (port.wants_writable ? UV_WRITABLE : 0);
  if (wanted == port.polled) return;
  port.polled = wanted;
  if (wanted == 0) {
    uv_poll_stop(port.poll.get());
    return;
  }
  const int status = uv_poll_start(port.poll.get(), wanted, [](uv_poll_t* poll, int status, int events) {
    const auto* owner = static_cast<const PollOwner*>(poll->data);
    owner->stack->OnPoll(owner->socket, status, events);
  });
  if (status != 0) port.polled = 0;
}

}  // namespace mailport::addon
