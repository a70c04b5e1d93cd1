// Which association, and which path or stream of it, an option is about.
#include <cerrno>

#include "association.h"
#include "option_access.h"
#include "socket.h"

namespace mailport::sctp {

// As on Linux, an address without an association's id stands for the association that has it.
int FindTarget(Socket& socket, Option option, const OptionKey& key, OptionTarget* target) {
  target->association = socket.FindForOption(key.assoc);
  target->stream = key.stream;
  if (key.assoc != 0 && target->association == nullptr) return EINVAL;
  // The address of kSetPeerPrimary is one of ours.
  target->own_address = key.address;
  if (!key.HasAddress() || option == Option::kSetPeerPrimary) return 0;
  if (target->association == nullptr) target->association = socket.FindByAddress({key.address, key.port});
  if (target->association == nullptr || target->association->peer().port != key.port) return EINVAL;
  target->path = target->association->paths().Find(key.address);
  return target->path == nullptr ? EINVAL : 0;
}

}  // namespace mailport::sctp
