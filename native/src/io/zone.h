// The zone of a link-local IPv6 address: the interface whose link it is of (RFC 4007).
#pragma once

#include <string>

#include "../sctp/types.h"

namespace mailport::io {

// Why packets cannot be sent to `remote` by a socket bound to `local`, as far as zones go: EINVAL, as of the kernel's stack, if a link-local address
// has none, or that of no interface, or another than its socket; else 0. `network_namespace`: whose interfaces; empty: the process's own.
int ZoneProblem(const sctp::IpAddress& remote, const sctp::IpAddress& local, const std::string& network_namespace);

}  // namespace mailport::io
