// The zone of a link-local IPv6 address: the interface whose link it is of (RFC 4007).
#pragma once

#include <string>

#include "../sctp/types.h"

namespace mailport::io {

// Whether a socket bound to `local` can send to `remote`, as far as zones go: 0, or EINVAL, as the kernel's stack answers, if a link-local address has
// no zone, the zone of no interface, or another zone than its socket. `network_namespace`: whose interfaces; empty: the process's own.
int ZoneProblem(const sctp::IpAddress& remote, const sctp::IpAddress& local, const std::string& network_namespace);

}  // namespace mailport::io
