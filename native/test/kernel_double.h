// Stands in for the system calls of the kernel's SCTP, which most machines that run these tests do not have. Its sockets are descriptors of something else.
// Requests on them are kept, and answered as the test says. Calls on other descriptors go to the kernel.
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
    Buffer bytes;  // The call's argument: the value, the question, or the data of a send.
    Buffer control;  // Control messages of a send; `name` has the flags then.
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

  // The bytes of the last call of that kind; empty if there was none.
  Buffer Last(const std::string& what, int level, int name) const;
  // "set 132/7" and the like, of all calls since the last time, in order.
  std::vector<std::string> Story();

  std::vector<Call> calls;
  // Answers of `get`. A question without an answer here is given back as it was asked. A value set at SOL_SOCKET is in here from then on.
  std::map<Key, Buffer> values;
  // Errors of `set` and `get` by level and name, and of other calls by the kind of call; how often, if not always.
  std::map<Key, int> refused;
  std::map<std::string, std::pair<int, int>> failing;  // errno, times
  int fails_after = 0;                                 // Number of sends that go well before `failing` counts.
  Buffer own_name;                                     // Answer of getsockname.
  std::deque<Arrival> arriving;                        // Answers of recvmmsg.
  int descriptor_option = -1;                          // The option of SCTP whose answer is a new descriptor.

  std::set<int> fds;
};

// The first `length` bytes of a structure, or all of them.
template <typename T>
Buffer BytesOf(const T& value, size_t length = sizeof(T)) {
  Buffer bytes(length);
  std::memcpy(bytes.data(), &value, length);
  return bytes;
}

}  // namespace mailport::kernel_sctp::test

#endif
