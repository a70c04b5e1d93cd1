// Questions to an engine, and settings: options by number, names of both ends.
#include <algorithm>
#include <array>
#include <cerrno>

#include "association.h"
#include "core.h"
#include "engine.h"
#include "option_access.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

std::array<uint64_t, 16> StatWords(const Stats& stats) {
  return {stats.packets_in,       stats.packets_out, stats.data_chunks_in, stats.data_chunks_out, stats.retransmissions,
          stats.fast_retransmits, stats.timeouts,    stats.duplicates,     stats.bad_packets,     stats.out_of_the_blue,
          stats.associations,     stats.queued_in_bytes, stats.queued_out_bytes, stats.queued_in_items,
          stats.events_dropped,   stats.unauthenticated};
}

// Options of the whole engine: counters, the bytes that all sockets hold or have sent without an acknowledgement, and the limits of these.
int GetOfAll(const Core& core, Option option, std::vector<uint32_t>* values) {
  values->clear();
  switch (option) {
    case Option::kStats:
      for (const uint64_t word : StatWords(core.stats)) values->push_back(static_cast<uint32_t>(std::min<uint64_t>(word, UINT32_MAX)));
      return 0;
    case Option::kMaxHeldOfAll:
      *values = {static_cast<uint32_t>(core.charges.limit())};
      return 0;
    case Option::kMaxSendingOfAll:
      *values = {static_cast<uint32_t>(core.sends.limit())};
      return 0;
    case Option::kHeld:
      PushHeld(core.charges.held(), 0, values);
      return 0;
    case Option::kSending:
      PushHeld(core.sends.held(), core.leaving.bytes(), values);
      return 0;
    default:
      return EBADF;
  }
}

}  // namespace

int Engine::SetOption(SocketId id, Option option, const OptionKey& key, std::span<const uint32_t> values) {
  if (option == Option::kMaxHeldOfAll && id == 0) return SetMaxHeld(core_->charges, values);
  if (option == Option::kMaxSendingOfAll && id == 0) {
    core_->NoteSendRoom();
    return SetMaxHeld(core_->sends, values);
  }
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  OptionTarget target;
  if (const int error = FindTarget(*socket, option, key, &target); error != 0) return error;
  return SetSocketOption(*socket, target, option, values);
}

int Engine::GetOption(SocketId id, Option option, const OptionKey& key, std::vector<uint32_t>* values) const {
  if (id == 0) return GetOfAll(*core_, option, values);
  Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  OptionTarget target;
  if (const int error = FindTarget(*socket, option, key, &target); error != 0) return error;
  return GetSocketOption(*socket, target, option, values);
}

AssocId Engine::FindAssociation(SocketId id, const IpAddress& peer, uint16_t port) const {
  const Socket* socket = core_->FindSocket(id);
  const Association* association = socket == nullptr ? nullptr : socket->FindByAddress({peer, port});
  return association == nullptr ? 0 : association->id;
}

int Engine::PeerNames(SocketId id, AssocId assoc, std::vector<PeerName>* names) const {
  const Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  names->clear();
  const auto push = [names](const Association& association) {
    association.paths().ForEach([&](const Path& path) { names->push_back({association.id, path.route.remote, association.peer().port}); });
  };
  if (assoc != 0) {
    const Association* association = socket->Find(assoc);
    if (association == nullptr) return EINVAL;
    push(*association);
    return 0;
  }
  for (const Association* const association : socket->associations()) push(*association);
  return 0;
}

int Engine::LocalNames(SocketId id, AssocId assoc, std::vector<IpAddress>* addresses) const {
  const Socket* socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  const Association* association = socket->Find(assoc);
  if (association == nullptr) return EINVAL;
  association->LocalNames(addresses);
  return 0;
}

}  // namespace mailport::sctp
