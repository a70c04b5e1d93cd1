// How far an address reaches, and so which addresses one end may tell the other of, or take from it (RFC 9260 section 5.1.2, RFC 4291 section 2.5, RFC 1918,
// RFC 3927, RFC 4193). As in Linux (sctp_in_scope), an address is told to whoever is reached at an address that reaches no further.
#pragma once

#include "types.h"

namespace mailport::sctp {

enum class Scope : uint8_t { kGlobal, kPrivate, kLink, kLoopback };

Scope ScopeOf(const IpAddress& address);

// Whether a peer that is reached at `peer` can use our address: a loopback address on this host alone, a link-local one in its own zone, a private one from
// another than a global one.
bool CanBeToldTo(const IpAddress& ours, const IpAddress& peer);

// Whether the address, listed by a peer that is reached at `peer`, can be one of the peer's: otherwise a stranger could send us to a port of our own host, or of
// a link that it is not on. A link-local address gets the zone of `peer`.
bool CanBeOfPeer(IpAddress* listed, const IpAddress& peer);

}  // namespace mailport::sctp
