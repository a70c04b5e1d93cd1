// Calls that re-configure streams (RFC 6525, RFC 6458 section 6.3).
#include <cerrno>

#include "association.h"
#include "core.h"
#include "engine.h"
#include "socket.h"

namespace mailport::sctp {

int Engine::FindForReconfig(SocketId id, AssocId assoc, Association** association) {
  core_->Sweep();
  Socket* const socket = core_->FindSocket(id);
  if (socket == nullptr) return EBADF;
  *association = socket->FindForOption(assoc);
  return *association == nullptr ? EINVAL : 0;
}

int Engine::ResetStreams(SocketId id, AssocId assoc, uint32_t directions, std::span<const uint32_t> streams) {
  Association* association = nullptr;
  if (const int error = FindForReconfig(id, assoc, &association); error != 0) return error;
  if (directions == 0 || (directions & ~(kResetIncoming | kResetOutgoing)) != 0) return EINVAL;
  std::vector<uint16_t> numbers;
  for (const uint32_t stream : streams) {
    if (stream > UINT16_MAX) return EINVAL;
    numbers.push_back(static_cast<uint16_t>(stream));
  }
  return association->ResetStreams(directions, numbers);
}

int Engine::ResetAssociation(SocketId id, AssocId assoc) {
  Association* association = nullptr;
  const int error = FindForReconfig(id, assoc, &association);
  return error != 0 ? error : association->ResetNumbers();
}

int Engine::AddStreams(SocketId id, AssocId assoc, uint16_t inbound, uint16_t outbound) {
  Association* association = nullptr;
  const int error = FindForReconfig(id, assoc, &association);
  return error != 0 ? error : association->AddStreams(outbound, inbound);
}

}  // namespace mailport::sctp
