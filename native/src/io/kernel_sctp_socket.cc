// Opening and associations.
#include "kernel_sctp_socket.h"

#if defined(__linux__)

#include <fcntl.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "../sctp/option.h"
#include "kernel_sctp_calls.h"
#include "descriptor_options.h"
#include "network_namespace.h"

namespace mailport::io {

namespace {

// Younger than some headers; see linux/sctp.h of 4.13.
constexpr int kPeelOffFlags = 122;  // SCTP_SOCKOPT_PEELOFF_FLAGS

// sctp_peeloff_flags_arg_t.
struct PeelOffFlags {
  sctp_assoc_t assoc_id;
  int fd;
  unsigned flags;
};

// The UDP port on which this kernel receives SCTP, 0 for none (Linux 5.11).
uint16_t KernelUdpPort() {
  std::FILE* file = std::fopen("/proc/sys/net/sctp/udp_port", "re");
  if (file == nullptr) return 0;
  unsigned port = 0;
  if (std::fscanf(file, "%u", &port) != 1) port = 0;
  std::fclose(file);
  return static_cast<uint16_t>(port);
}

// Why there is no descriptor to be had that can be polled; 0 if there is. The one that was found is given back.
int DescriptorProblem(int epoll) {
  const UniqueFd spare(eventfd(0, EFD_CLOEXEC));
  if (!spare.valid()) return errno;
  epoll_event none{};
  // ENOMEM, or ENOSPC where the memory that a user's watches may take is used up.
  return epoll_ctl(epoll, EPOLL_CTL_ADD, spare.get(), &none) == 0 ? 0 : ENOMEM;
}

// SO_REUSEADDR while it lives: the kernel asks for it at each bind and at listen, and users may not have set it.
class ReuseAddress {
 public:
  ReuseAddress(int fd, bool wanted) : fd_(wanted ? fd : -1) {
    if (fd_ < 0) return;
    GetSocket(fd_, SO_REUSEADDR, &before_);
    SetSocket(fd_, SO_REUSEADDR, 1);
  }
  ReuseAddress(const ReuseAddress&) = delete;
  ReuseAddress& operator=(const ReuseAddress&) = delete;
  ~ReuseAddress() {
    if (fd_ >= 0) SetSocket(fd_, SO_REUSEADDR, before_);
  }

 private:
  int fd_;
  int before_ = 0;
};

int BufferSize(size_t bytes) { return static_cast<int>(std::min<size_t>(bytes, INT32_MAX / 2)); }

}  // namespace

int KernelSctpSocket::Probe() {
  const UniqueFd fd(socket(AF_INET, SOCK_SEQPACKET | SOCK_CLOEXEC, IPPROTO_SCTP));
  return fd.valid() ? 0 : errno;
}

int KernelSctpSocket::Open(const KernelSctpParams& params, std::unique_ptr<KernelSctpSocket>* out) {
  const int type = (params.one_to_one ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  NetworkNamespaceVisit visit;
  if (const int error = visit.Enter(params.network_namespace); error != 0) return error;
  UniqueFd fd(socket(params.family == 6 ? AF_INET6 : AF_INET, type, IPPROTO_SCTP));
  if (!fd.valid()) return errno;
  std::unique_ptr<KernelSctpSocket> opened(
      new KernelSctpSocket(std::move(fd), params.family, params.one_to_one, params.family == 6 && params.ipv6_only));
  opened->in_namespace_ = !params.network_namespace.empty();
  // Still there: the port for encapsulation is the namespace's.
  int error = opened->Configure(params);
  if (const int left = visit.Leave(); error == 0) error = left;
  if (error == 0) error = opened->Bind(params);
  if (error != 0) return error;
  *out = std::move(opened);
  return 0;
}

int KernelSctpSocket::Configure(const KernelSctpParams& params) {
  if (params.encaps_port != 0 || params.remote_encaps_port != 0) {
    const uint16_t udp_port = KernelUdpPort();
    if (udp_port == 0 || (params.encaps_port != 0 && params.encaps_port != udp_port)) return ENOTSUP;
  }
  if (params.reuse_address) {
    if (const int error = SetSocket(fd(), SO_REUSEADDR, 1); error != 0) return error;
  }
  if (!params.device.empty()) {
    if (const int error = BindToDevice(fd(), params.device); error != 0) return error;
  }
  if (family_ == 6) {
    const int only = ipv6_only_ ? 1 : 0;
    if (setsockopt(fd(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0) return errno;
  }
  // Sizes are wishes.
  if (params.receive_bytes != 0) SetSocket(fd(), SO_RCVBUF, BufferSize(params.receive_bytes));
  if (params.send_bytes != 0) SetSocket(fd(), SO_SNDBUF, BufferSize(params.send_bytes));
  NoteSendBuffer();
  if (params.remote_encaps_port != 0) {
    const uint32_t port = params.remote_encaps_port;
    if (const int error = SetOption(sctp::Option::kRemoteUdpEncapsPort, {}, {&port, 1}); error != 0) return error;
  }
  // Or a message that has begun to come would hold back those of all other associations until it has ended.
  if (const int error = SetSctp(fd(), SCTP_FRAGMENT_INTERLEAVE, 1); error != 0) return error;
  // The kernel's own default is to tell of nothing (EV-1).
  return Subscribe(sctp::kDefaultEvents);
}

int KernelSctpSocket::Bind(const KernelSctpParams& params) {
  const IpAddress first = params.addresses.empty() ? AnyAddress(family_) : params.addresses[0];
  for (const IpAddress& address : params.addresses) {
    if (!CanReach(address)) return EAFNOSUPPORT;
  }
  int error = BindFirst(first, params.port);
  if (error == EADDRINUSE && params.beside_own) {
    const ReuseAddress reuse(fd(), true);
    error = BindFirst(first, params.port);
    beside_others_ = error == 0;
  }
  if (error != 0) return error;
  bound_to_any_ = first.IsAny();
  if (params.addresses.size() < 2) return 0;
  // The others join with the port that was assigned (MH-2).
  return Bindx(std::span(params.addresses).subspan(1), true);
}

int KernelSctpSocket::BindFirst(const IpAddress& address, uint16_t port) const {
  sockaddr_storage storage{};
  const socklen_t length = ToSctpSockaddr(address, port, &storage);
  return bind(fd(), reinterpret_cast<sockaddr*>(&storage), length) == 0 ? 0 : errno;
}

int KernelSctpSocket::Bindx(std::span<const IpAddress> addresses, bool add) {
  if (addresses.empty()) return 0;  // MH-9.
  for (const IpAddress& address : addresses) {
    if (!CanReach(address)) return EAFNOSUPPORT;
  }
  std::vector<IpAddress> bound;
  uint16_t port = 0;
  if (const int error = SockName(&bound, &port); error != 0) return error;
  // The kernel takes them all or, having undone what it did, none.
  const std::vector<uint8_t> packed = PackSockaddrs(addresses, port);
  const int name = add ? SCTP_SOCKOPT_BINDX_ADD : SCTP_SOCKOPT_BINDX_REM;
  const ReuseAddress reuse(fd(), beside_others_);
  return setsockopt(fd(), IPPROTO_SCTP, name, packed.data(), static_cast<socklen_t>(packed.size())) == 0 ? 0 : errno;
}

KernelSctpSocket::~KernelSctpSocket() {
  if (!fd_.valid()) return;
  // The kernel waits in close for a one-to-one socket that lingers, and the loop with it. Without, it goes on by itself (CL-8, CL-9).
  linger present{};
  socklen_t length = sizeof(present);
  if (getsockopt(fd(), SOL_SOCKET, SO_LINGER, &present, &length) != 0 || present.l_onoff == 0 || present.l_linger == 0) return;
  present = {};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &present, sizeof(present));
}

int KernelSctpSocket::Listen(uint32_t backlog) {
  if (!fd_.valid()) return EINVAL;
  const ReuseAddress reuse(fd(), beside_others_);
  // The kernel compares it unsigned with what it allows.
  if (listen(fd(), static_cast<int>(backlog)) != 0) return errno;
  listening_ = backlog != 0;
  if (listening_) may_have_unaccepted_ = one_to_one_;
  return 0;
}

int KernelSctpSocket::Accept(std::unique_ptr<KernelSctpSocket>* accepted) {
  if (!one_to_one_) return EOPNOTSUPP;
  if (!listening_) return EINVAL;
  int fd;
  do {
    fd = accept4(this->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno;
  beside_others_ = true;
  *accepted = MakeBeside(UniqueFd(fd), false);
  return 0;
}

int KernelSctpSocket::Connect(std::span<const IpAddress> addresses, uint16_t port, sctp::AssocId* assoc) {
  if (!fd_.valid()) return EINVAL;
  for (const IpAddress& address : addresses) {
    if (!CanReach(address)) return EAFNOSUPPORT;
  }
  std::vector<uint8_t> packed = PackSockaddrs(addresses, port);
  sctp_getaddrs_old request{};
  request.addr_num = static_cast<int>(packed.size());  // Bytes, whatever its name says.
  request.addrs = reinterpret_cast<sockaddr*>(packed.data());
  socklen_t length = sizeof(request);
  const int error = getsockopt(fd(), IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX3, &request, &length) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) return error;
  if (length < sizeof(sctp_assoc_t)) return EPROTO;
  *assoc = static_cast<sctp::AssocId>(request.assoc_id);
  // Closing aborts all associations or none; the one that the user made is the one that counts (CL-7).
  may_have_unaccepted_ = false;
  return 0;
}

int KernelSctpSocket::PeelOff(sctp::AssocId assoc, int epoll, std::unique_ptr<KernelSctpSocket>* peeled) {
  if (peeled_ || one_to_one_) return EINVAL;
  // The kernel peels nothing off for a thread that is elsewhere.
  NetworkNamespaceVisit visit;
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
  UniqueFd owned(fd);
  if (const int left = visit.Leave(); left != 0) return left;
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return errno;
  beside_others_ = true;
  *peeled = MakeBeside(std::move(owned), true);
  return 0;
}

std::unique_ptr<KernelSctpSocket> KernelSctpSocket::MakeBeside(UniqueFd fd, bool peeled) const {
  std::unique_ptr<KernelSctpSocket> made(new KernelSctpSocket(std::move(fd), family_, true, ipv6_only_));
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

// The kernel lets a socket use a port that others have if none of them listens and all have SO_REUSEADDR, so these have it from now on.
void KernelSctpSocket::LeavePort() {
  if (fd_.valid()) SetSocket(fd(), SO_REUSEADDR, 1);
}

void KernelSctpSocket::AbortOnClose() {
  const linger abort{1, 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

void KernelSctpSocket::AbortAndClose() {
  AbortOnClose();
  fd_.Reset();
  listening_ = may_have_unaccepted_ = false;
}

void KernelSctpSocket::ClearError() {
  int error = 0;
  GetSocket(fd(), SO_ERROR, &error);
}

}  // namespace mailport::io

#else  // No SCTP in this system's kernel, or none that we know.

#include <cerrno>

namespace mailport::io {

int KernelSctpSocket::Probe() { return ENOTSUP; }
int KernelSctpSocket::Open(const KernelSctpParams&, std::unique_ptr<KernelSctpSocket>*) { return ENOTSUP; }
KernelSctpSocket::~KernelSctpSocket() = default;
int KernelSctpSocket::Listen(uint32_t) { return ENOTSUP; }
int KernelSctpSocket::Accept(std::unique_ptr<KernelSctpSocket>*) { return ENOTSUP; }
int KernelSctpSocket::Bindx(std::span<const IpAddress>, bool) { return ENOTSUP; }
int KernelSctpSocket::ResetStreams(sctp::AssocId, uint32_t, std::span<const uint32_t>) { return ENOTSUP; }
int KernelSctpSocket::ResetAssociation(sctp::AssocId) { return ENOTSUP; }
int KernelSctpSocket::AddStreams(sctp::AssocId, uint16_t, uint16_t) { return ENOTSUP; }
int KernelSctpSocket::Connect(std::span<const IpAddress>, uint16_t, sctp::AssocId*) { return ENOTSUP; }
int KernelSctpSocket::PeelOff(sctp::AssocId, int, std::unique_ptr<KernelSctpSocket>*) { return ENOTSUP; }
void KernelSctpSocket::AbortOnClose() {}
void KernelSctpSocket::LeavePort() {}
void KernelSctpSocket::AbortAndClose() {}
void KernelSctpSocket::ClearError() {}
int KernelSctpSocket::SetOption(sctp::Option, const sctp::OptionKey&, std::span<const uint32_t>) { return ENOTSUP; }
int KernelSctpSocket::GetOption(sctp::Option, const sctp::OptionKey&, std::vector<uint32_t>*) const { return ENOTSUP; }
int KernelSctpSocket::SockName(std::vector<IpAddress>*, uint16_t*) const { return ENOTSUP; }
int KernelSctpSocket::LocalNames(sctp::AssocId, std::vector<IpAddress>*) const { return ENOTSUP; }
int KernelSctpSocket::PeerNames(sctp::AssocId, std::vector<sctp::PeerName>*) const { return ENOTSUP; }
sctp::AssocId KernelSctpSocket::FindAssociation(const IpAddress&, uint16_t) const { return 0; }
bool KernelSctpSocket::HasAssociation(sctp::AssocId) const { return false; }
void KernelSctpSocket::QueuedBytes(size_t* in, size_t* out) const { *in = *out = 0; }
bool KernelSctpSocket::IsShared() const { return false; }
size_t KernelSctpSocket::BufferBytes() const { return 0; }
size_t KernelSctpSocket::QueuedBytes() const { return 0; }
bool KernelSctpSocket::IsDry(sctp::AssocId) const { return true; }

}  // namespace mailport::io

#endif
