// The calls themselves: defined here, they take the place of the C library's in this program.
#include "kernel_double.h"

#if defined(__linux__)

#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mailport::kernel_sctp::test {
namespace {

KernelDouble* present = nullptr;

bool IsOurs(int fd) { return present != nullptr && present->fds.contains(fd); }

int NewDescriptor() {
  const int fd = eventfd(0, EFD_CLOEXEC);
  present->fds.insert(fd);
  return fd;
}

// True with errno set if such calls are to fail now.
bool Fails(const std::string& what) {
  const auto found = present->failing.find(what);
  if (found == present->failing.end() || found->second.second == 0) return false;
  --found->second.second;
  errno = found->second.first;
  return true;
}

Buffer Copy(const void* value, size_t length) {
  const auto* bytes = static_cast<const uint8_t*>(value);
  return {bytes, bytes + length};
}

// False, with errno set, if the message is not taken.
bool Sends(const msghdr& message, int flags) {
  if (present->fails_after > 0)
    --present->fails_after;
  else if (Fails("send"))
    return false;
  const iovec& piece = *message.msg_iov;
  present->calls.push_back({"send", 0, flags, Copy(piece.iov_base, piece.iov_len), Copy(message.msg_control, message.msg_controllen)});
  return true;
}

void Arrives(const KernelDouble::Arrival& arrival, mmsghdr* message) {
  msghdr& header = message->msg_hdr;
  const iovec& piece = *header.msg_iov;
  message->msg_len = static_cast<unsigned>(std::min(piece.iov_len, arrival.data.size()));
  std::copy_n(arrival.data.begin(), message->msg_len, static_cast<uint8_t*>(piece.iov_base));
  header.msg_controllen = std::min<size_t>(header.msg_controllen, arrival.control.size());
  std::copy_n(arrival.control.begin(), header.msg_controllen, static_cast<uint8_t*>(header.msg_control));
  header.msg_namelen = std::min<socklen_t>(header.msg_namelen, static_cast<socklen_t>(arrival.name.size()));
  std::copy_n(arrival.name.begin(), header.msg_namelen, static_cast<uint8_t*>(header.msg_name));
  header.msg_flags = arrival.flags;
}

}  // namespace

KernelDouble::KernelDouble() { present = this; }
KernelDouble::~KernelDouble() { present = nullptr; }

Buffer KernelDouble::Last(const std::string& what, int level, int name) const {
  for (auto call = calls.rbegin(); call != calls.rend(); ++call)
    if (call->what == what && call->level == level && call->name == name) return call->bytes;
  return {};
}

std::vector<std::string> KernelDouble::Story() {
  std::vector<std::string> story;
  for (const Call& call : std::exchange(calls, {})) {
    const bool option = call.what == "set" || call.what == "get";
    story.push_back(option ? call.what + " " + std::to_string(call.level) + "/" + std::to_string(call.name) : call.what);
  }
  return story;
}

}  // namespace mailport::kernel_sctp::test

using namespace mailport::kernel_sctp::test;

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  if (present == nullptr || protocol != IPPROTO_SCTP) return static_cast<int>(syscall(SYS_socket, domain, type, protocol));
  present->calls.push_back({"socket", domain, type, {}, {}});
  return Fails("socket") ? -1 : NewDescriptor();
}

int bind(int fd, const sockaddr* address, socklen_t length) noexcept {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_bind, fd, address, length));
  present->calls.push_back({"bind", 0, 0, Copy(address, length), {}});
  return Fails("bind") ? -1 : 0;
}

int listen(int fd, int backlog) noexcept {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_listen, fd, backlog));
  present->calls.push_back({"listen", 0, backlog, {}, {}});
  return Fails("listen") ? -1 : 0;
}

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_accept4, fd, address, length, flags));
  present->calls.push_back({"accept4", 0, flags, {}, {}});
  return Fails("accept4") ? -1 : NewDescriptor();
}

int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_getsockname, fd, address, length));
  if (Fails("getsockname")) return -1;
  const Buffer& name = present->own_name;
  std::copy_n(name.begin(), std::min<size_t>(*length, name.size()), reinterpret_cast<uint8_t*>(address));
  *length = static_cast<socklen_t>(name.size());
  return 0;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (!IsOurs(fd)) return syscall(SYS_sendmsg, fd, message, flags);
  return Sends(*message, flags) ? static_cast<ssize_t>(message->msg_iov->iov_len) : -1;
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_sendmmsg, fd, messages, count, flags));
  unsigned sent = 0;
  while (sent < count && Sends(messages[sent].msg_hdr, flags)) ++sent;
  return sent == 0 ? -1 : static_cast<int>(sent);
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_recvmmsg, fd, messages, count, flags, timeout));
  if (Fails("recvmmsg")) return -1;
  unsigned received = 0;
  for (; received < count && !present->arriving.empty(); ++received) {
    Arrives(present->arriving.front(), &messages[received]);
    present->arriving.pop_front();
  }
  if (received == 0) errno = EAGAIN;
  return received == 0 ? -1 : static_cast<int>(received);
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t length) noexcept {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_setsockopt, fd, level, name, value, length));
  present->calls.push_back({"set", level, name, Copy(value, length), {}});
  const auto refused = present->refused.find({level, name});
  if (refused != present->refused.end()) {
    errno = refused->second;
    return -1;
  }
  if (level == SOL_SOCKET) present->values[{level, name}] = Copy(value, length);
  return 0;
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* length) noexcept {
  if (!IsOurs(fd)) return static_cast<int>(syscall(SYS_getsockopt, fd, level, name, value, length));
  present->calls.push_back({"get", level, name, Copy(value, *length), {}});
  const auto refused = present->refused.find({level, name});
  if (refused != present->refused.end()) {
    errno = refused->second;
    return -1;
  }
  if (level == IPPROTO_SCTP && name == present->descriptor_option) return NewDescriptor();
  const auto found = present->values.find({level, name});
  if (found == present->values.end()) return 0;
  std::copy_n(found->second.begin(), std::min<size_t>(*length, found->second.size()), static_cast<uint8_t*>(value));
  *length = static_cast<socklen_t>(std::min<size_t>(*length, found->second.size()));
  return 0;
}

}  // extern "C"

#endif
