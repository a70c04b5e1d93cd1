// Opening, binding, associating and ending with the kernel's SCTP: the calls in their order, their arguments, and the state left when a call fails.
#if defined(__linux__)

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "../src/kernel_sctp/option_calls.h"
#include "../src/kernel_sctp/packed_addresses.h"
#include "../src/kernel_sctp/socket.h"
#include "check.h"
#include "kernel_double.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Option;
using Words = std::vector<uint32_t>;
using Addresses = std::vector<sctp::IpAddress>;

constexpr int kSctp = IPPROTO_SCTP;

sctp::IpAddress AddressOf(const char* text) {
  sctp::IpAddress address;
  EXPECT_TRUE(io::ParseAddress(text, &address));
  return address;
}

Buffer SockaddrOf(const char* text, uint16_t port) {
  sockaddr_storage storage{};
  const socklen_t length = ToSctpSockaddr(AddressOf(text), port, &storage);
  return BytesOf(storage, length);
}

struct Kernel : KernelDouble {
  Kernel() {
    values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'000});
    own_name = SockaddrOf("10.0.0.1", 4000);
  }
  int Open(const SocketParams& params = {}) { return Socket::Open(params, &socket); }
  // The bytes of all calls of that kind, in order.
  std::vector<Buffer> All(const std::string& what) const {
    std::vector<Buffer> found;
    for (const Call& call : calls)
      if (call.what == what) found.push_back(call.bytes);
    return found;
  }
  int Reuse() {
    int value = 0;
    const Buffer& bytes = values[{SOL_SOCKET, SO_REUSEADDR}];
    if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  // SCTP_GET_LOCAL_ADDRS and its like.
  void AnswerAddresses(int name, const Addresses& addresses, uint16_t port, uint32_t count) {
    Buffer answer(offsetof(sctp_getaddrs, addrs));
    std::memcpy(answer.data() + offsetof(sctp_getaddrs, addr_num), &count, sizeof(count));
    const Buffer packed = PackSockaddrs(addresses, port);
    answer.insert(answer.end(), packed.begin(), packed.end());
    values[{kSctp, name}] = answer;
  }

  std::unique_ptr<Socket> socket;
};

SocketParams Params(const std::vector<const char*>& addresses = {}, uint16_t port = 0) {
  SocketParams params;
  for (const char* text : addresses) params.addresses.push_back(AddressOf(text));
  params.port = port;
  return params;
}

}  // namespace

TEST("a socket that is opened does not block, is closed on exec, interleaves, and tells of what users get by default") {
  Kernel kernel;
  EXPECT_EQ(Socket::Probe(), 0);
  kernel.calls.clear();
  EXPECT_EQ(kernel.Open(), 0);
  EXPECT_EQ(kernel.calls[0].what, "socket");
  EXPECT_EQ(kernel.calls[0].level, AF_INET);
  EXPECT_EQ(kernel.calls[0].name, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(kernel.Last("set", kSctp, SCTP_FRAGMENT_INTERLEAVE), BytesOf(int{1}));
  EXPECT_EQ(kernel.Last("set", kSctp, SCTP_EVENTS), (Buffer{1, 1, 1, 1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(kernel.All("bind"), (std::vector<Buffer>{SockaddrOf("0.0.0.0", 0)}));
  EXPECT_EQ(kernel.Reuse(), 0);
  EXPECT_EQ(kernel.socket->events(), 127u);
  EXPECT_FALSE(kernel.socket->one_to_one());
  SocketParams params = Params({}, 99);
  params.one_to_one = true, params.family = 6, params.receive_bytes = 1000, params.send_bytes = 2000, params.reuse_address = true;
  kernel.calls.clear();
  EXPECT_EQ(kernel.Open(params), 0);
  EXPECT_EQ(kernel.calls[0].level, AF_INET6);
  EXPECT_EQ(kernel.calls[0].name, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(kernel.Last("set", IPPROTO_IPV6, IPV6_V6ONLY), BytesOf(int{0}));
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_RCVBUF), BytesOf(int{1000}));
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_SNDBUF), BytesOf(int{2000}));
  EXPECT_EQ(kernel.All("bind"), (std::vector<Buffer>{SockaddrOf("::", 99)}));
  EXPECT_EQ(kernel.Reuse(), 1);
  EXPECT_TRUE(kernel.socket->one_to_one() && kernel.socket->CanReach(AddressOf("10.0.0.1")) && kernel.socket->CanReach(AddressOf("::1")));
  params.ipv6_only = true;
  EXPECT_EQ(kernel.Open(params), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_IPV6, IPV6_V6ONLY), BytesOf(int{1}));
  EXPECT_FALSE(kernel.socket->CanReach(AddressOf("10.0.0.1")));
}

TEST("whatever fails while a socket is opened is what open says, and there is no socket then") {
  using Spoil = void (*)(Kernel&);
  const std::pair<int, Spoil> spoilt[] = {
      {EMFILE, [](Kernel& k) { k.failing["socket"] = {EMFILE, 1}; }},
      {EADDRINUSE, [](Kernel& k) { k.failing["bind"] = {EADDRINUSE, 1}; }},
      {EINVAL, [](Kernel& k) { k.refused[{kSctp, SCTP_FRAGMENT_INTERLEAVE}] = EINVAL; }},
      {EPERM, [](Kernel& k) { k.refused[{kSctp, SCTP_EVENTS}] = EPERM; }},
      {EPERM, [](Kernel& k) { k.refused[{SOL_SOCKET, SO_BINDTODEVICE}] = EPERM; }},
      {EPERM, [](Kernel& k) { k.refused[{SOL_SOCKET, SO_REUSEADDR}] = EPERM; }},
      {EPERM, [](Kernel& k) { k.refused[{IPPROTO_IPV6, IPV6_V6ONLY}] = EPERM; }},
  };
  for (const auto& [error, spoil] : spoilt) {
    Kernel kernel;
    spoil(kernel);
    SocketParams params = Params({}, 99);
    params.family = 6, params.device = "lo", params.reuse_address = true;
    EXPECT_EQ(kernel.Open(params), error);
    EXPECT_TRUE(kernel.socket == nullptr);
  }
  Kernel kernel;
  SocketParams params = Params({"10.0.0.1", "::1"});
  EXPECT_EQ(kernel.Open(params), EAFNOSUPPORT);
  params = Params();
  params.encaps_port = 9899;
  EXPECT_EQ(kernel.Open(params), ENOTSUP);  // This kernel has no port for encapsulation.
  params = Params();
  params.remote_encaps_port = 9899;
  EXPECT_EQ(kernel.Open(params), ENOTSUP);
  params = Params();
  params.network_namespace = "/nowhere";
  EXPECT_EQ(kernel.Open(params), ENOENT);
}

TEST("MH-2: further addresses are bound with the port that the first one got") {
  Kernel kernel;
  EXPECT_EQ(kernel.Open(Params({"10.0.0.1", "10.0.0.2", "10.0.0.3"})), 0);
  EXPECT_EQ(kernel.All("bind"), (std::vector<Buffer>{SockaddrOf("10.0.0.1", 0)}));
  Buffer both = SockaddrOf("10.0.0.2", 4000);
  const Buffer third = SockaddrOf("10.0.0.3", 4000);
  both.insert(both.end(), third.begin(), third.end());
  EXPECT_EQ(kernel.Last("set", kSctp, SCTP_SOCKOPT_BINDX_ADD), both);
  const Addresses one = {AddressOf("10.0.0.3")};
  EXPECT_EQ(kernel.socket->Bindx(one, false), 0);
  EXPECT_EQ(kernel.Last("set", kSctp, SCTP_SOCKOPT_BINDX_REM), third);
  kernel.calls.clear();
  EXPECT_EQ(kernel.socket->Bindx({}, true), 0);
  EXPECT_EQ(kernel.socket->Bindx(Addresses{AddressOf("::1")}, true), EAFNOSUPPORT);
  EXPECT_TRUE(kernel.calls.empty());
  kernel.refused[{kSctp, SCTP_SOCKOPT_BINDX_ADD}] = EADDRNOTAVAIL;
  EXPECT_EQ(kernel.socket->Bindx(one, true), EADDRNOTAVAIL);
  kernel.failing["getsockname"] = {EIO, 1};
  EXPECT_EQ(kernel.socket->Bindx(one, true), EIO);
  EXPECT_EQ(kernel.Open(Params({"10.0.0.1", "10.0.0.2"})), EADDRNOTAVAIL);
  Kernel four;
  EXPECT_EQ(four.Open(Params({"10.0.0.1", "::1"})), EAFNOSUPPORT);
  EXPECT_TRUE(four.All("bind").empty());
}

TEST("a port that sockets of ours have left is opened beside them, where that is wanted; what users have set comes back") {
  Kernel kernel;
  kernel.failing["bind"] = {EADDRINUSE, 1};
  SocketParams params = Params({"10.0.0.1"}, 2006);
  params.beside_own = true;
  EXPECT_EQ(kernel.Open(params), 0);
  EXPECT_EQ(kernel.All("bind").size(), 2u);
  EXPECT_EQ(kernel.Reuse(), 0);
  // SO_REUSEADDR is on for the second bind, then off again; so at listen, too.
  std::vector<Buffer> reuse;
  for (const auto& call : kernel.calls)
    if (call.what == "set" && call.name == SO_REUSEADDR && call.level == SOL_SOCKET) reuse.push_back(call.bytes);
  EXPECT_EQ(reuse, (std::vector<Buffer>{BytesOf(int{1}), BytesOf(int{0})}));
  kernel.calls.clear();
  EXPECT_EQ(kernel.socket->Listen(5), 0);
  EXPECT_EQ(kernel.Story(), (std::vector<std::string>{"get 1/2", "set 1/2", "listen", "set 1/2"}));
  EXPECT_EQ(kernel.Reuse(), 0);
  // Others hold the port for good.
  kernel.failing["bind"] = {EADDRINUSE, 2};
  EXPECT_EQ(kernel.Open(params), EADDRINUSE);
  // A socket that had the port for itself needs none of this.
  kernel.failing.clear();
  EXPECT_EQ(kernel.Open(params), 0);
  kernel.calls.clear();
  EXPECT_EQ(kernel.socket->Listen(5), 0);
  EXPECT_EQ(kernel.Story(), (std::vector<std::string>{"listen"}));
}

TEST("who listens, accepts, and may have what nobody has accepted") {
  Kernel kernel;
  std::unique_ptr<Socket> accepted;
  EXPECT_EQ(kernel.Open(), 0);
  EXPECT_EQ(kernel.socket->Accept(&accepted), EOPNOTSUPP);
  EXPECT_EQ(kernel.socket->Listen(3), 0);
  EXPECT_EQ(kernel.calls.back().name, 3);
  EXPECT_FALSE(kernel.socket->awaits_accept() || kernel.socket->may_have_unaccepted());
  SocketParams params;
  params.one_to_one = true;
  EXPECT_EQ(kernel.Open(params), 0);
  EXPECT_EQ(kernel.socket->Accept(&accepted), EINVAL);
  kernel.failing["listen"] = {EADDRINUSE, 1};
  EXPECT_EQ(kernel.socket->Listen(3), EADDRINUSE);
  EXPECT_FALSE(kernel.socket->awaits_accept() || kernel.socket->may_have_unaccepted());
  EXPECT_EQ(kernel.socket->Listen(3), 0);
  EXPECT_TRUE(kernel.socket->awaits_accept() && kernel.socket->may_have_unaccepted());
  kernel.failing["accept4"] = {EINTR, 2};
  EXPECT_EQ(kernel.socket->Accept(&accepted), 0);
  EXPECT_EQ(kernel.calls.back().what, "set");
  EXPECT_TRUE(accepted->one_to_one() && !accepted->peeled() && !accepted->awaits_accept());
  EXPECT_EQ(accepted->events(), 127u);
  kernel.failing["accept4"] = {EAGAIN, 1};
  EXPECT_EQ(kernel.socket->Accept(&accepted), EAGAIN);
  EXPECT_EQ(kernel.socket->Listen(0), 0);
  EXPECT_FALSE(kernel.socket->awaits_accept());
  EXPECT_TRUE(kernel.socket->may_have_unaccepted());  // Associations from before may still wait.
  EXPECT_EQ(kernel.socket->Accept(&accepted), EINVAL);
  for (const auto& call : kernel.calls)
    if (call.what == "accept4") EXPECT_EQ(call.name, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

TEST("connect gives all addresses and takes the id from where the kernel puts it; under way is no error") {
  Kernel kernel;
  EXPECT_EQ(kernel.Open(), 0);
  sctp_getaddrs_old answer{};
  answer.assoc_id = 41;
  sctp::AssocId assoc = 0;
  const Addresses addresses = {AddressOf("10.0.0.2"), AddressOf("10.0.0.3")};
  kernel.values[{kSctp, SCTP_SOCKOPT_CONNECTX3}] = BytesOf(answer);
  EXPECT_EQ(kernel.socket->Connect(addresses, 2006, &assoc), 0);
  EXPECT_EQ(assoc, 41u);
  sctp_getaddrs_old asked{};
  std::memcpy(&asked, kernel.Last("get", kSctp, SCTP_SOCKOPT_CONNECTX3).data(), sizeof(asked));
  EXPECT_EQ(asked.addr_num, static_cast<int>(2 * sizeof(sockaddr_in)));
  EXPECT_EQ(kernel.socket->Connect(Addresses{AddressOf("::1")}, 2006, &assoc), EAFNOSUPPORT);
  kernel.values[{kSctp, SCTP_SOCKOPT_CONNECTX3}] = Buffer(2);
  EXPECT_EQ(kernel.socket->Connect(addresses, 2006, &assoc), EPROTO);
  kernel.refused[{kSctp, SCTP_SOCKOPT_CONNECTX3}] = EISCONN;
  EXPECT_EQ(kernel.socket->Connect(addresses, 2006, &assoc), EISCONN);
  assoc = 0;
  kernel.refused[{kSctp, SCTP_SOCKOPT_CONNECTX3}] = EINPROGRESS;
  EXPECT_EQ(kernel.socket->Connect(addresses, 2006, &assoc), 0);
  SocketParams params;
  params.one_to_one = true;
  EXPECT_EQ(kernel.Open(params), 0);
  EXPECT_EQ(kernel.socket->Listen(1), 0);
  EXPECT_EQ(kernel.socket->Connect(addresses, 2006, &assoc), 0);
  EXPECT_FALSE(kernel.socket->may_have_unaccepted());
}

TEST("peeling off: the descriptor that the kernel gives, with a spare one looked for first, and the older call where the newer is unknown") {
  Kernel kernel;
  const io::UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  std::unique_ptr<Socket> peeled;
  EXPECT_EQ(kernel.Open(), 0);
  EXPECT_EQ(kernel.socket->SetOption(Option::kEvents, {}, Words{2}), 0);
  // Without an epoll descriptor to poll from, the kernel is asked nothing.
  kernel.calls.clear();
  EXPECT_EQ(kernel.socket->PeelOff(41, -1, &peeled), ENOMEM);
  EXPECT_TRUE(kernel.calls.empty());
  kernel.descriptor_option = 122;
  EXPECT_EQ(kernel.socket->PeelOff(41, epoll.get(), &peeled), 0);
  struct {
    sctp_assoc_t assoc = 41;
    int fd = -1;
    unsigned flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  } asked;
  EXPECT_EQ(kernel.Last("get", kSctp, 122), BytesOf(asked));
  REQUIRE(peeled != nullptr);
  EXPECT_TRUE(peeled->peeled() && peeled->one_to_one());
  EXPECT_EQ(peeled->events(), 2u);
  EXPECT_EQ(fcntl(peeled->fd(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  EXPECT_EQ(fcntl(peeled->fd(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(kernel.Reuse(), 1);  // On for the next listener; users see their own setting.
  Words words;
  EXPECT_EQ(peeled->GetOption(Option::kReuseAddr, {}, &words), 0);
  EXPECT_EQ(words, (Words{0}));
  EXPECT_EQ(peeled->SetOption(Option::kReuseAddr, {}, Words{1}), 0);
  EXPECT_EQ(peeled->SetOption(Option::kReuseAddr, {}, Words{}), EINVAL);
  EXPECT_EQ(peeled->GetOption(Option::kReuseAddr, {}, &words), 0);
  EXPECT_EQ(words, (Words{1}));
  EXPECT_EQ(peeled->PeelOff(41, epoll.get(), &peeled), EINVAL);
  kernel.refused[{kSctp, 122}] = ENOPROTOOPT;
  kernel.descriptor_option = SCTP_SOCKOPT_PEELOFF;
  EXPECT_EQ(kernel.socket->PeelOff(42, epoll.get(), &peeled), 0);
  EXPECT_EQ(kernel.Last("get", kSctp, SCTP_SOCKOPT_PEELOFF), BytesOf(sctp_peeloff_arg_t{42, 0}));
  EXPECT_EQ(fcntl(peeled->fd(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  kernel.refused[{kSctp, 122}] = EINVAL;
  EXPECT_EQ(kernel.socket->PeelOff(42, epoll.get(), &peeled), EINVAL);
}

TEST("CL-8: a socket whose linger time would have the kernel wait is closed without one, any other as it is") {
  const auto closed = [](const linger& value) {
    Kernel kernel;
    EXPECT_EQ(kernel.Open(), 0);
    kernel.values[{SOL_SOCKET, SO_LINGER}] = BytesOf(value);
    kernel.calls.clear();
    kernel.socket.reset();
    return kernel.Last("set", SOL_SOCKET, SO_LINGER);
  };
  EXPECT_EQ(closed({1, 5}), BytesOf(linger{0, 0}));
  EXPECT_TRUE(closed({1, 0}).empty());
  EXPECT_TRUE(closed({0, 5}).empty());
  Kernel kernel;
  SocketParams params;
  params.one_to_one = true;
  EXPECT_EQ(kernel.Open(params), 0);
  EXPECT_EQ(kernel.socket->Listen(2), 0);
  kernel.socket->AbortOnClose();
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_LINGER), BytesOf(linger{1, 0}));
  kernel.values[{SOL_SOCKET, SO_LINGER}] = {};
  kernel.socket->AbortAndClose();
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_LINGER), BytesOf(linger{1, 0}));
  EXPECT_EQ(kernel.socket->fd(), -1);
  EXPECT_FALSE(kernel.socket->awaits_accept() || kernel.socket->may_have_unaccepted());
  // Without a descriptor every call gives EINVAL.
  Addresses addresses;
  uint16_t port = 0;
  sctp::AssocId assoc = 0;
  EXPECT_EQ(kernel.socket->Listen(1), EINVAL);
  EXPECT_EQ(kernel.socket->Connect(Addresses{AddressOf("10.0.0.2")}, 1, &assoc), EINVAL);
  EXPECT_EQ(kernel.socket->SockName(&addresses, &port), EINVAL);
}

TEST("own names: what was bound, in order; the any address alone, whatever the kernel lists") {
  Kernel kernel;
  Addresses names;
  uint16_t port = 0;
  const Addresses two = {AddressOf("10.0.0.1"), AddressOf("10.0.0.2")};
  EXPECT_EQ(kernel.Open(Params({"10.0.0.1", "10.0.0.2"})), 0);
  kernel.AnswerAddresses(SCTP_GET_LOCAL_ADDRS, two, 4000, 2);
  EXPECT_EQ(kernel.socket->SockName(&names, &port), 0);
  EXPECT_EQ(port, 4000);
  EXPECT_TRUE(names == two);
  kernel.AnswerAddresses(SCTP_GET_LOCAL_ADDRS, {}, 4000, 0);
  EXPECT_EQ(kernel.socket->SockName(&names, &port), 0);
  EXPECT_TRUE(names == Addresses{two[0]});
  kernel.refused[{kSctp, SCTP_GET_LOCAL_ADDRS}] = EINVAL;
  EXPECT_EQ(kernel.socket->SockName(&names, &port), 0);
  EXPECT_TRUE(names == Addresses{two[0]});
  kernel.own_name = Buffer(2);
  EXPECT_EQ(kernel.socket->SockName(&names, &port), EPROTO);
  kernel.failing["getsockname"] = {EIO, 1};
  EXPECT_EQ(kernel.socket->SockName(&names, &port), EIO);
  Kernel any;
  EXPECT_EQ(any.Open(), 0);
  any.AnswerAddresses(SCTP_GET_LOCAL_ADDRS, two, 4000, 2);
  EXPECT_EQ(any.socket->SockName(&names, &port), 0);
  EXPECT_TRUE(names == Addresses{AddressOf("0.0.0.0")});
  // For an association: all addresses that the kernel lists.
  EXPECT_EQ(any.socket->LocalNames(41, &names), 0);
  EXPECT_TRUE(names == two);
  sctp_assoc_t asked = 0;
  std::memcpy(&asked, any.Last("get", kSctp, SCTP_GET_LOCAL_ADDRS).data(), sizeof(asked));
  EXPECT_EQ(asked, 41);
  for (const sctp::AssocId id : {1u, 2u}) EXPECT_EQ(any.socket->LocalNames(id, &names), EINVAL);
}

TEST("peers' names: of one association, of all that there are, and of the only one of a one-to-one socket") {
  Kernel kernel;
  EXPECT_EQ(kernel.Open(), 0);
  std::vector<sctp::PeerName> names;
  const Addresses two = {AddressOf("10.0.0.8"), AddressOf("10.0.0.9")};
  kernel.AnswerAddresses(SCTP_GET_PEER_ADDRS, two, 5000, 2);
  EXPECT_EQ(kernel.socket->PeerNames(41, &names), 0);
  REQUIRE(names.size() == 2);
  EXPECT_EQ(names[1].assoc_id, 41u);
  EXPECT_TRUE(names[1].address == two[1]);
  EXPECT_EQ(names[1].port, 5000);
  kernel.values[{kSctp, SCTP_GET_ASSOC_NUMBER}] = BytesOf(uint32_t{2});
  kernel.values[{kSctp, SCTP_GET_ASSOC_ID_LIST}] = BytesOf(std::array<uint32_t, 3>{2, 41, 42});
  EXPECT_EQ(kernel.socket->PeerNames(0, &names), 0);
  REQUIRE(names.size() == 4);
  EXPECT_EQ(names[0].assoc_id, 41u);
  EXPECT_EQ(names[3].assoc_id, 42u);
  for (const sctp::AssocId id : {1u, 2u}) EXPECT_EQ(kernel.socket->PeerNames(id, &names), EINVAL);
  // No more names than the kernel counts, has written, and lists.
  kernel.AnswerAddresses(SCTP_GET_PEER_ADDRS, two, 5000, 1);
  EXPECT_EQ(kernel.socket->PeerNames(41, &names), 0);
  EXPECT_EQ(names.size(), 1u);
  kernel.AnswerAddresses(SCTP_GET_PEER_ADDRS, two, 5000, 3);
  EXPECT_EQ(kernel.socket->PeerNames(41, &names), 0);
  EXPECT_EQ(names.size(), 2u);
  kernel.values[{kSctp, SCTP_GET_ASSOC_ID_LIST}] = BytesOf(std::array<uint32_t, 3>{1, 41, 42});
  EXPECT_EQ(kernel.socket->PeerNames(0, &names), 0);
  EXPECT_EQ(names.size(), 2u);
  kernel.values[{kSctp, SCTP_GET_PEER_ADDRS}] = Buffer(4);
  EXPECT_EQ(kernel.socket->PeerNames(41, &names), EPROTO);
  kernel.refused[{kSctp, SCTP_GET_ASSOC_ID_LIST}] = EFAULT;
  EXPECT_EQ(kernel.socket->PeerNames(0, &names), EFAULT);
  kernel.refused[{kSctp, SCTP_GET_ASSOC_NUMBER}] = ENOBUFS;
  EXPECT_EQ(kernel.socket->PeerNames(0, &names), ENOBUFS);
  Kernel one;
  SocketParams params;
  params.one_to_one = true;
  EXPECT_EQ(one.Open(params), 0);
  sctp_status status{};
  status.sstat_assoc_id = 43;
  one.values[{kSctp, SCTP_STATUS}] = BytesOf(status);
  one.AnswerAddresses(SCTP_GET_PEER_ADDRS, two, 5000, 2);
  one.AnswerAddresses(SCTP_GET_LOCAL_ADDRS, two, 5000, 2);
  EXPECT_EQ(one.socket->PeerNames(1, &names), 0);
  REQUIRE(names.size() == 2);
  EXPECT_EQ(names[0].assoc_id, 43u);
  Addresses local;
  EXPECT_EQ(one.socket->LocalNames(1, &local), 0);
  EXPECT_TRUE(local == two);
  EXPECT_TRUE(one.socket->HasAssociation());
  one.refused[{kSctp, SCTP_STATUS}] = EINVAL;
  EXPECT_FALSE(one.socket->HasAssociation());
  EXPECT_EQ(one.socket->LocalNames(1, &local), EINVAL);
  EXPECT_EQ(one.socket->PeerNames(1, &names), 0);
  EXPECT_TRUE(names.empty());
}

TEST("an association is found by its peer's address and port, and asked for by its id") {
  Kernel kernel;
  EXPECT_EQ(kernel.Open(), 0);
  sctp_paddrinfo info{};
  info.spinfo_assoc_id = 41;
  kernel.values[{kSctp, SCTP_GET_PEER_ADDR_INFO}] = BytesOf(info);
  EXPECT_EQ(kernel.socket->FindAssociation(AddressOf("10.0.0.2"), 2006), 41u);
  sctp_paddrinfo asked{};
  const Buffer address = SockaddrOf("10.0.0.2", 2006);
  std::memcpy(&asked.spinfo_address, address.data(), address.size());
  EXPECT_EQ(kernel.Last("get", kSctp, SCTP_GET_PEER_ADDR_INFO), BytesOf(asked));
  EXPECT_EQ(kernel.socket->FindAssociation(AddressOf("::1"), 2006), 0u);
  kernel.refused[{kSctp, SCTP_GET_PEER_ADDR_INFO}] = ENOENT;
  EXPECT_EQ(kernel.socket->FindAssociation(AddressOf("10.0.0.2"), 2006), 0u);
  EXPECT_TRUE(kernel.socket->HasAssociation(41));
  sctp_status status{};
  status.sstat_assoc_id = 41;
  EXPECT_EQ(kernel.Last("get", kSctp, SCTP_STATUS), BytesOf(status));
}

TEST("the bytes that the kernel counts against the buffers can be read: received, and queued to be sent") {
  Kernel kernel;
  EXPECT_EQ(kernel.Open(), 0);
  constexpr int kMemInfo = 55;  // SO_MEMINFO
  kernel.values[{SOL_SOCKET, kMemInfo}] = BytesOf(std::array<uint32_t, 9>{100, 1, 2, 3, 4, 500, 6, 7, 8});
  size_t in = 0, out = 0;
  kernel.socket->QueuedBytes(&in, &out);
  EXPECT_EQ(in, 100u);
  EXPECT_EQ(out, 500u);
  kernel.refused[{SOL_SOCKET, kMemInfo}] = ENOPROTOOPT;
  kernel.socket->QueuedBytes(&in, &out);
  EXPECT_EQ(in + out, 0u);
}

TEST("RFC 6525: requests carry the id, the directions and each stream; what cannot be meant is refused unasked") {
  Kernel kernel;
  EXPECT_EQ(kernel.Open(), 0);
  kernel.calls.clear();
  EXPECT_EQ(kernel.socket->ResetStreams(41, 3, Words{1, 65535}), 0);
  EXPECT_EQ(kernel.Last("set", kSctp, 119), (Buffer{41, 0, 0, 0, 3, 0, 2, 0, 1, 0, 255, 255}));
  EXPECT_EQ(kernel.socket->ResetStreams(41, 1, {}), 0);
  EXPECT_EQ(kernel.Last("set", kSctp, 119), (Buffer{41, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(kernel.socket->ResetAssociation(41), 0);
  EXPECT_EQ(kernel.Last("set", kSctp, 120), BytesOf(sctp_assoc_t{41}));
  EXPECT_EQ(kernel.socket->AddStreams(41, 2, 3), 0);
  EXPECT_EQ(kernel.Last("set", kSctp, 121), (Buffer{41, 0, 0, 0, 2, 0, 3, 0}));
  EXPECT_EQ(kernel.socket->AddStreams(41, 0, 3), 0);
  EXPECT_EQ(kernel.socket->AddStreams(41, 2, 0), 0);
  kernel.calls.clear();
  EXPECT_EQ(kernel.socket->ResetStreams(41, 0, Words{1}), EINVAL);
  EXPECT_EQ(kernel.socket->ResetStreams(41, 4, Words{1}), EINVAL);
  EXPECT_EQ(kernel.socket->ResetStreams(41, 1, Words{65536}), EINVAL);
  EXPECT_EQ(kernel.socket->ResetStreams(41, 1, Words(65536)), EINVAL);
  EXPECT_EQ(kernel.socket->AddStreams(41, 0, 0), EINVAL);
  for (const sctp::AssocId id : {1u, 2u}) {
    EXPECT_EQ(kernel.socket->ResetStreams(id, 1, {}), EINVAL);
    EXPECT_EQ(kernel.socket->ResetAssociation(id), EINVAL);
    EXPECT_EQ(kernel.socket->AddStreams(id, 1, 1), EINVAL);
  }
  EXPECT_TRUE(kernel.calls.empty());
  EXPECT_EQ(kernel.socket->ResetStreams(41, 1, Words(65535)), 0);
  kernel.refused[{kSctp, 120}] = EAGAIN;
  EXPECT_EQ(kernel.socket->ResetAssociation(41), EAGAIN);
}

}  // namespace mailport::kernel_sctp::test

#endif
