// Associations of a socket: connecting, accepting, and peeling off into a socket of their own.
#include "socket.h"

#if defined(__linux__)

#include <fcntl.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>

#include "../io/network_namespace.h"
#include "option_calls.h"
#include "packed_addresses.h"

namespace mailport::kernel_sctp {

namespace {

// Younger than some headers; see linux/sctp.h of 4.13.
constexpr int kPeelOffFlags = 122;  // SCTP_SOCKOPT_PEELOFF_FLAGS

// sctp_peeloff_flags_arg_t.
struct PeelOffFlags {
  sctp_assoc_t assoc_id;
  int fd;
  unsigned flags;
};

// Whether the process can have one more descriptor, and poll it: 0, or the errno that says why not. The descriptor that was tried is closed again.
int DescriptorProblem(int epoll) {
  const io::UniqueFd spare(eventfd(0, EFD_CLOEXEC));
  if (!spare.valid()) return errno;
  epoll_event none{};
  // ENOMEM, or ENOSPC where the memory that a user's watches may take is used up.
  return epoll_ctl(epoll, EPOLL_CTL_ADD, spare.get(), &none) == 0 ? 0 : ENOMEM;
}

}  // namespace

int Socket::Accept(std::unique_ptr<Socket>* accepted) {
  if (!one_to_one_) return EOPNOTSUPP;
  if (!listening_) return EINVAL;
  int fd;
  do {
    fd = accept4(this->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno;
  beside_others_ = true;
  *accepted = MakeBeside(io::UniqueFd(fd), false);
  return 0;
}

int Socket::Connect(std::span<const sctp::IpAddress> addresses, uint16_t port, sctp::AssocId* assoc) {
  if (!fd_.valid()) return EINVAL;
  for (const sctp::IpAddress& address : addresses) {
    if (!CanReach(address)) return EAFNOSUPPORT;
  }
  std::vector<uint8_t> packed = PackSockaddrs(addresses, port);
  sctp_getaddrs_old request{};
  request.addr_num = static_cast<int>(packed.size());  // In bytes, contrary to the field's name.
  request.addrs = reinterpret_cast<sockaddr*>(packed.data());
  socklen_t length = sizeof(request);
  const int error = getsockopt(fd(), IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX3, &request, &length) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) return error;
  if (length < sizeof(sctp_assoc_t)) return EPROTO;
  *assoc = static_cast<sctp::AssocId>(request.assoc_id);
  // Closing aborts all associations or none. The association that the user made decides which (CL-7).
  may_have_unaccepted_ = false;
  return 0;
}

int Socket::PeelOff(sctp::AssocId assoc, int epoll, std::unique_ptr<Socket>* peeled) {
  if (peeled_ || one_to_one_) return EINVAL;
  // The kernel peels nothing off for a thread that is in another network namespace than the socket.
  io::NetworkNamespaceVisit visit;
  if (in_namespace_) {
    if (const int error = visit.EnterOf(this->fd()); error != 0) return error;
  }
  // The kernel moves the association first and then looks for a descriptor; without one, the association ends.
  if (const int error = DescriptorProblem(epoll); error != 0) return error;
  PeelOffFlags request{static_cast<sctp_assoc_t>(assoc), -1, SOCK_NONBLOCK | SOCK_CLOEXEC};
  socklen_t length = sizeof(request);
  int fd = getsockopt(this->fd(), IPPROTO_SCTP, kPeelOffFlags, &request, &length);
  if (fd < 0 && errno == ENOPROTOOPT) {
    sctp_peeloff_arg_t plain{};
    plain.associd = static_cast<sctp_assoc_t>(assoc);
    length = sizeof(plain);
    fd = getsockopt(this->fd(), IPPROTO_SCTP, SCTP_SOCKOPT_PEELOFF, &plain, &length);
  }
  if (fd < 0) return errno;
  io::UniqueFd owned(fd);
  if (const int left = visit.Leave(); left != 0) return left;
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return errno;
  beside_others_ = true;
  *peeled = MakeBeside(std::move(owned), true);
  return 0;
}

std::unique_ptr<Socket> Socket::MakeBeside(io::UniqueFd fd, bool peeled) const {
  std::unique_ptr<Socket> made(new Socket(std::move(fd), family_, true, ipv6_only_));
  made->peeled_ = peeled;
  made->in_namespace_ = in_namespace_;
  made->bound_to_any_ = bound_to_any_;
  made->has_defaults_ = has_defaults_;
  made->events_ = events_;
  made->NoteSendBuffer();
  int reuse = 0;
  GetSocket(made->fd(), SO_REUSEADDR, &reuse);
  made->beside_ = true;
  made->reuse_address_ = reuse != 0;
  made->LeavePort();
  return made;
}

}  // namespace mailport::kernel_sctp

#endif
