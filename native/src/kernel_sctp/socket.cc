// Opening, binding, listening and closing.
#include "socket.h"

#if defined(__linux__)

#include <linux/sctp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "../io/descriptor_options.h"
#include "../io/network_namespace.h"
#include "../sctp/option.h"
#include "option_calls.h"
#include "packed_addresses.h"

namespace mailport::kernel_sctp {

namespace {

// The UDP port on which this kernel receives SCTP, 0 for none (Linux 5.11).
uint16_t KernelUdpPort() {
  std::FILE* file = std::fopen("/proc/sys/net/sctp/udp_port", "re");
  if (file == nullptr) return 0;
  unsigned port = 0;
  if (std::fscanf(file, "%u", &port) != 1) port = 0;
  std::fclose(file);
  return static_cast<uint16_t>(port);
}

// Sets SO_REUSEADDR while it lives: the kernel looks at it at each bind and at listen, and the user may not have set it.
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

int Socket::Probe() {
  const io::UniqueFd fd(socket(AF_INET, SOCK_SEQPACKET | SOCK_CLOEXEC, IPPROTO_SCTP));
  return fd.valid() ? 0 : errno;
}

int Socket::Open(const SocketParams& params, std::unique_ptr<Socket>* out) {
  const int type = (params.one_to_one ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  io::NetworkNamespaceVisit visit;
  if (const int error = visit.Enter(params.network_namespace); error != 0) return error;
  io::UniqueFd fd(socket(params.family == 6 ? AF_INET6 : AF_INET, type, IPPROTO_SCTP));
  if (!fd.valid()) return errno;
  std::unique_ptr<Socket> opened(
      new Socket(std::move(fd), params.family, params.one_to_one, params.family == 6 && params.ipv6_only));
  opened->in_namespace_ = !params.network_namespace.empty();
  // Before leaving, because the port for encapsulation is the namespace's.
  int error = opened->Configure(params);
  if (const int left = visit.Leave(); error == 0) error = left;
  if (error == 0) error = opened->Bind(params);
  if (error != 0) return error;
  *out = std::move(opened);
  return 0;
}

int Socket::Configure(const SocketParams& params) {
  if (params.encaps_port != 0 || params.remote_encaps_port != 0) {
    const uint16_t udp_port = KernelUdpPort();
    if (udp_port == 0 || (params.encaps_port != 0 && params.encaps_port != udp_port)) return ENOTSUP;
  }
  if (params.reuse_address) {
    if (const int error = SetSocket(fd(), SO_REUSEADDR, 1); error != 0) return error;
  }
  if (!params.device.empty()) {
    if (const int error = io::BindToDevice(fd(), params.device); error != 0) return error;
  }
  if (family_ == 6) {
    const int only = ipv6_only_ ? 1 : 0;
    if (setsockopt(fd(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0) return errno;
  }
  // The kernel may give less.
  if (params.receive_bytes != 0) SetSocket(fd(), SO_RCVBUF, BufferSize(params.receive_bytes));
  if (params.send_bytes != 0) SetSocket(fd(), SO_SNDBUF, BufferSize(params.send_bytes));
  NoteSendBuffer();
  if (params.remote_encaps_port != 0) {
    const uint32_t port = params.remote_encaps_port;
    if (const int error = SetOption(sctp::Option::kRemoteUdpEncapsPort, {}, {&port, 1}); error != 0) return error;
  }
  // Without it, an unfinished message would hold back the messages of all other associations.
  if (const int error = SetSctp(fd(), SCTP_FRAGMENT_INTERLEAVE, 1); error != 0) return error;
  // By default the kernel tells of no event (EV-1).
  return Subscribe(sctp::kDefaultEvents);
}

int Socket::Bind(const SocketParams& params) {
  const sctp::IpAddress first = params.addresses.empty() ? io::AnyAddress(family_) : params.addresses[0];
  for (const sctp::IpAddress& address : params.addresses) {
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
  // The other addresses are added with the port that was assigned (MH-2).
  return Bindx(std::span(params.addresses).subspan(1), true);
}

int Socket::BindFirst(const sctp::IpAddress& address, uint16_t port) const {
  sockaddr_storage storage{};
  const socklen_t length = ToSctpSockaddr(address, port, &storage);
  return bind(fd(), reinterpret_cast<sockaddr*>(&storage), length) == 0 ? 0 : errno;
}

int Socket::Bindx(std::span<const sctp::IpAddress> addresses, bool add) {
  if (addresses.empty()) return 0;  // MH-9.
  for (const sctp::IpAddress& address : addresses) {
    if (!CanReach(address)) return EAFNOSUPPORT;
  }
  std::vector<sctp::IpAddress> bound;
  uint16_t port = 0;
  if (const int error = SockName(&bound, &port); error != 0) return error;
  // The kernel takes all of them, or undoes what it has done and takes none.
  const std::vector<uint8_t> packed = PackSockaddrs(addresses, port);
  const int name = add ? SCTP_SOCKOPT_BINDX_ADD : SCTP_SOCKOPT_BINDX_REM;
  const ReuseAddress reuse(fd(), beside_others_);
  return setsockopt(fd(), IPPROTO_SCTP, name, packed.data(), static_cast<socklen_t>(packed.size())) == 0 ? 0 : errno;
}

Socket::~Socket() {
  if (!fd_.valid()) return;
  // In close, the kernel waits for a one-to-one socket that lingers, and the loop would wait with it. Without linger the shutdown goes on by itself
  // (CL-8, CL-9).
  linger present{};
  socklen_t length = sizeof(present);
  if (getsockopt(fd(), SOL_SOCKET, SO_LINGER, &present, &length) != 0 || present.l_onoff == 0 || present.l_linger == 0) return;
  present = {};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &present, sizeof(present));
}

int Socket::Listen(uint32_t backlog) {
  if (!fd_.valid()) return EINVAL;
  const ReuseAddress reuse(fd(), beside_others_);
  // The kernel compares the backlog as an unsigned number with its limit.
  if (listen(fd(), static_cast<int>(backlog)) != 0) return errno;
  listening_ = backlog != 0;
  if (listening_) may_have_unaccepted_ = one_to_one_;
  return 0;
}

// The kernel lets a socket use a port that other sockets have, if none of them listens and all have SO_REUSEADDR. So these sockets have it from now on.
void Socket::LeavePort() {
  if (fd_.valid()) SetSocket(fd(), SO_REUSEADDR, 1);
}

void Socket::AbortOnClose() {
  const linger abort{1, 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

void Socket::AbortAndClose() {
  AbortOnClose();
  fd_.Reset();
  listening_ = may_have_unaccepted_ = false;
}

void Socket::ClearError() {
  int error = 0;
  GetSocket(fd(), SO_ERROR, &error);
}

bool Socket::IsWritable() const {
  pollfd poll = {fd(), POLLOUT, 0};
  return ::poll(&poll, 1, 0) > 0;
}

}  // namespace mailport::kernel_sctp

#endif
