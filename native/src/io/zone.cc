#include "zone.h"

#include <net/if.h>

#include <cerrno>

#include "network_namespace.h"
#include "socket_address.h"

namespace mailport::io {

int ZoneProblem(const sctp::IpAddress& remote, const sctp::IpAddress& local, const std::string& network_namespace) {
  if (remote.family != 6) return 0;
  const in6_addr address = ToIn6(remote);
  if (!IN6_IS_ADDR_LINKLOCAL(&address)) return 0;
  if (remote.scope_id == 0 || (local.scope_id != 0 && local.scope_id != remote.scope_id)) return EINVAL;
  NetworkNamespaceVisit visit;
  if (const int error = visit.Enter(network_namespace); error != 0) return error;
  char name[IF_NAMESIZE];
  return if_indextoname(remote.scope_id, name) == nullptr ? EINVAL : 0;
}

}  // namespace mailport::io
