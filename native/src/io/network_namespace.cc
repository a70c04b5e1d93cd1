#include "network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#if defined(__linux__)
#include <linux/sockios.h>
#include <sys/ioctl.h>
#endif

#include <cerrno>

namespace mailport::io {

#if defined(__linux__)

int NetworkNamespaceVisit::Enter(const std::string& path) {
  if (path.empty()) return 0;
  const UniqueFd there(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return there.valid() ? EnterFile(there.get()) : errno;
}

int NetworkNamespaceVisit::EnterOf(int socket) {
  const UniqueFd there(ioctl(socket, SIOCGSKNS));
  return there.valid() ? EnterFile(there.get()) : errno;
}

int NetworkNamespaceVisit::EnterFile(int there) {
  // Of the thread: the process may have others, in other namespaces.
  UniqueFd home(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home.valid()) return errno;
  if (setns(there, CLONE_NEWNET) != 0) return errno;
  home_ = std::move(home);
  return 0;
}

int NetworkNamespaceVisit::Leave() {
  if (!home_.valid()) return 0;
  const UniqueFd home = std::move(home_);
  return setns(home.get(), CLONE_NEWNET) == 0 ? 0 : errno;
}

#else

int NetworkNamespaceVisit::Enter(const std::string& path) { return path.empty() ? 0 : ENOTSUP; }
int NetworkNamespaceVisit::EnterOf(int) { return ENOTSUP; }
int NetworkNamespaceVisit::EnterFile(int) { return ENOTSUP; }
int NetworkNamespaceVisit::Leave() { return 0; }

#endif

}  // namespace mailport::io
