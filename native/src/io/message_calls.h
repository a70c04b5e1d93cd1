// recvmmsg and sendmmsg with EINTR retried, and the same by single messages where the system has no such calls.
#pragma once

#include <sys/socket.h>

#include <cerrno>

namespace mailport::io {

#if defined(__linux__)

using MessageHeader = mmsghdr;

inline int ReceiveMessages(int fd, MessageHeader* messages, unsigned count, int flags) {
  int received;
  do {
    received = recvmmsg(fd, messages, count, flags | MSG_DONTWAIT, nullptr);
  } while (received < 0 && errno == EINTR);
  return received;
}

inline int SendMessages(int fd, MessageHeader* messages, unsigned count, int flags = 0) {
  int sent;
  do {
    sent = sendmmsg(fd, messages, count, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

#else

struct MessageHeader {
  msghdr msg_hdr;
  unsigned msg_len;
};

// Both answer as the Linux calls do: how many messages were handled, or -1 with errno if the first one failed.
inline int ReceiveMessages(int fd, MessageHeader* messages, unsigned count, int flags) {
  unsigned received = 0;
  while (received < count) {
    const ssize_t length = recvmsg(fd, &messages[received].msg_hdr, flags);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return received == 0 ? -1 : static_cast<int>(received);
    messages[received++].msg_len = static_cast<unsigned>(length);
  }
  return static_cast<int>(received);
}

inline int SendMessages(int fd, MessageHeader* messages, unsigned count) {
  unsigned sent = 0;
  while (sent < count) {
    const ssize_t length = sendmsg(fd, &messages[sent].msg_hdr, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return sent == 0 ? -1 : static_cast<int>(sent);
    messages[sent++].msg_len = static_cast<unsigned>(length);
  }
  return static_cast<int>(sent);
}

#endif

}  // namespace mailport::io
