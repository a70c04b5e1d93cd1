#include "address_scope.h"

namespace mailport::sctp {

Scope ScopeOf(const IpAddress& address) {
  const auto& b = address.bytes;
  if (address.family == 4) {
    if (b[0] == 127) return Scope::kLoopback;
    if (b[0] == 169 && b[1] == 254) return Scope::kLink;
    const bool is_private = b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168);
    return is_private ? Scope::kPrivate : Scope::kGlobal;
  }
  bool is_loopback = b[15] == 1;
  for (size_t i = 0; i < 15; ++i) is_loopback &= b[i] == 0;
  if (is_loopback) return Scope::kLoopback;
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) return Scope::kLink;
  return (b[0] & 0xfe) == 0xfc ? Scope::kPrivate : Scope::kGlobal;
}

bool CanBeToldTo(const IpAddress& ours, const IpAddress& peer) {
  const Scope scope = ScopeOf(ours), reach = ScopeOf(peer);
  if (scope == Scope::kLink && reach == Scope::kLink && ours.family == peer.family) return ours.scope_id == peer.scope_id;
  if (scope == Scope::kLink) return false;
  return scope <= reach;
}

bool CanBeOfPeer(IpAddress* listed, const IpAddress& peer) {
  switch (ScopeOf(*listed)) {
    case Scope::kLoopback:
      return ScopeOf(peer) == Scope::kLoopback;
    case Scope::kLink:
      if (ScopeOf(peer) != Scope::kLink || listed->family != peer.family) return false;
      listed->scope_id = peer.scope_id;
      return true;
    default:
      return true;
  }
}

}  // namespace mailport::sctp
