// Calls from JavaScript about one socket, which the kernel answers; sending is in sends.cc.
#include <cerrno>

#include "stack.h"

namespace mailport::addon {

namespace {

constexpr uint32_t kMinHeldBytes = 65536;  // As the embedded stack has it.

}  // namespace

int KernelStack::Listen(sctp::SocketId id, uint32_t backlog) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  const int error = socket->kernel->Listen(backlog);
  // Whether it is read changes with it.
  LookAtPoll(*socket);
  return error;
}

int KernelStack::Connect(sctp::SocketId id, const std::vector<sctp::IpAddress>& addresses, uint16_t port_number, bool watch,
                         sctp::AssocId* assoc) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (const int error = socket->kernel->Connect(addresses, port_number, assoc); error != 0) return error;
  if (watch) socket->watched.push_back(*assoc);
  // A one-to-one socket may have come to the end of its last association.
  socket->at_end = false;
  LookAtPoll(*socket);
  return 0;
}

void KernelStack::Unwatch(sctp::SocketId id, sctp::AssocId assoc) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return;
  std::erase(socket->watched, assoc);
  LookAtPoll(*socket);
}

void KernelStack::SetCredit(sctp::SocketId id, sctp::Credit credit) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return;
  socket->credit = credit;
  if (credit.IsLeft() && !socket->queue.empty()) delivery_.WantDrain(socket->id, &socket->drain_mark);
  LookAtPoll(*socket);
}

size_t KernelStack::Drain(Napi::Env env, sctp::SocketId id) {
  return Find(id) == nullptr ? 0 : delivery_.Drain(env, id, *this);
}

int KernelStack::Bindx(sctp::SocketId id, const std::vector<sctp::IpAddress>& addresses, bool add) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->Bindx(addresses, add);
}

int KernelStack::ResetStreams(sctp::SocketId id, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->ResetStreams(assoc, directions, streams);
}

int KernelStack::ResetAssociation(sctp::SocketId id, sctp::AssocId assoc) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->ResetAssociation(assoc);
}

int KernelStack::AddStreams(sctp::SocketId id, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->AddStreams(assoc, inbound, outbound);
}

int KernelStack::SetOption(sctp::SocketId id, sctp::Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) {
  if (id == 0 && sctp::IsOfAll(option)) return ENOTSUP;
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (option == sctp::Option::kBusyPoll) return socket->busy_poll.Set(loop_.busy_wait(), values);
  if (option != sctp::Option::kMaxHeld) return socket->kernel->SetOption(option, key, values);
  if (values.size() != 1 || values[0] < kMinHeldBytes) return EINVAL;
  socket->assembly.SetMaxBytes(values[0]);
  return 0;
}

int KernelStack::GetOption(sctp::SocketId id, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) {
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return EBADF;
  if (option == sctp::Option::kBusyPoll) {
    *values = {socket->busy_poll.us()};
    return 0;
  }
  if (option == sctp::Option::kMaxHeld) {
    *values = {static_cast<uint32_t>(socket->assembly.max_bytes())};
    return 0;
  }
  if (option == sctp::Option::kHeld && key.assoc == 0) {
    const uint64_t held = socket->held_bytes();
    *values = {static_cast<uint32_t>(held >> 32), static_cast<uint32_t>(held), 0, 0};
    return 0;
  }
  return socket->kernel->GetOption(option, key, values);
}

int KernelStack::SockName(sctp::SocketId id, BoundName* name) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->SockName(&name->addresses, &name->port);
}

int KernelStack::LocalNames(sctp::SocketId id, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->LocalNames(assoc, addresses);
}

int KernelStack::PeerNames(sctp::SocketId id, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? EBADF : socket->kernel->PeerNames(assoc, names);
}

sctp::AssocId KernelStack::FindAssociation(sctp::SocketId id, const sctp::IpAddress& peer, uint16_t port_number) {
  KernelSocket* socket = Find(id);
  return socket == nullptr ? 0 : socket->kernel->FindAssociation(peer, port_number);
}

void KernelStack::QueuedBytes(sctp::SocketId id, size_t* in, size_t* out) {
  *in = *out = 0;
  KernelSocket* socket = Find(id);
  if (socket == nullptr) return;
  socket->kernel->QueuedBytes(in, out);
  *in += socket->queue_bytes + socket->assembly.bytes();
}

Counters KernelStack::Stats() {
  uint64_t items = 0;
  uint64_t in = 0;
  uint64_t out = 0;
  for (auto& [id, socket] : sockets_) {
    size_t socket_in = 0;
    size_t socket_out = 0;
    QueuedBytes(id, &socket_in, &socket_out);
    in += socket_in;
    out += socket_out;
    items += socket.queue.size();
  }
  return {
      {"queuedInBytes", in},
      {"queuedOutBytes", out},
      {"queuedInItems", items},
      {"readErrors", read_errors_},
      {"readCalls", read_calls_},
      {"sendCalls", send_calls_},
  };
}

}  // namespace mailport::addon
