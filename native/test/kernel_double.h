// Stands in for the system calls of the kernel's SCTP, which most machines that run these tests have not: sockets of it are descriptors of
// something else, and what is asked of them is kept, and answered as the test says. Calls on other descriptors go to the kernel.
#pragma once

#if defined(__linux__)

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "notifications.h"

namespace mailport::kernel_sctp::test {

class KernelDouble {
 public:
  struct Call {
    std::string what;  // "set", "get", "socket", "bind", "listen", "accept4", "send"
    int level = 0, name = 0;
    Buffer bytes;  // What was given along: the value, the question, or what is sent.
    Buffer control;  // What is sent with it; `name` has the flags then.
  };
  struct Arrival {
    Buffer data, control, name;
    int flags = 0;
  };
  using Key = std::pair<int, int>;  // Level and name.

  KernelDouble();
  ~KernelDouble();
  KernelDouble(const KernelDouble&) = delete;
  KernelDouble& operator=(const KernelDouble&) = delete;

  // The bytes of the last such call; empty if there was none.
  Buffer Last(const std::string& what, int level, int name) const;
  // "set 132/7" and the like, of all calls since the last time, in order.
  std::vector<std::string> Story();

  std::vector<Call> calls;
  // What `get` gives. A question that is not in here is given back as it was asked; what is set at SOL_SOCKET is in here from then on.
  std::map<Key, Buffer> values;
  // Errors of `set` and `get` by level and name, and of others by what they are; how often, if not always.
  std::map<Key, int> refused;
  std::map<std::string, std::pair<int, int>> failing;  // errno, times
  int fails_after = 0;                                 // So many sends go well before `failing` counts.
  Buffer own_name;                                     // Of getsockname.
  std::deque<Arrival> arriving;                        // What recvmmsg gives.
  int descriptor_option = -1;                          // The option of SCTP whose answer is a new descriptor.

  std::set<int> fds;
};

// The bytes of a structure, as far as `length` if that is not all.
template <typename T>
Buffer BytesOf(const T& value, size_t length = sizeof(T)) {
  Buffer bytes(length);
  std::memcpy(bytes.data(), &value, length);
  return bytes;
}

}  // namespace mailport::kernel_sctp::test

#endif
