// The kernel's question for each option, byte by byte in its own structures (RFC 6458 section 8, linux/sctp.h), and the use of its answers.
#if defined(__linux__)

#include <algorithm>
#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>

#include <cerrno>
#include <memory>

#include "../src/kernel_sctp/option_calls.h"
#include "../src/kernel_sctp/socket.h"
#include "check.h"
#include "kernel_double.h"

namespace mailport::kernel_sctp::test {
namespace {

using sctp::Option;
using sctp::OptionKey;
using Words = std::vector<uint32_t>;

constexpr sctp::AssocId kAssoc = 77;

OptionKey Of(sctp::AssocId assoc, const sctp::IpAddress& address = {}, uint16_t port = 0) { return {assoc, address, port}; }

sctp::IpAddress AddressOf(const char* text) {
  sctp::IpAddress address;
  EXPECT_TRUE(io::ParseAddress(text, &address));
  return address;
}

sockaddr_in Ipv4Of(const char* text, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

struct Kernel : KernelDouble {
  explicit Kernel(SocketParams params = {}) {
    values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{20'000});
    EXPECT_EQ(Socket::Open(params, &socket), 0);
    calls.clear();
  }
  int Set(Option option, const Words& words, sctp::AssocId assoc = kAssoc) { return socket->SetOption(option, Of(assoc), words); }
  // The words, or the error.
  Words Get(Option option, const OptionKey& key = Of(kAssoc)) {
    Words words = {99};
    const int error = socket->GetOption(option, key, &words);
    return error == 0 ? words : Words{static_cast<uint32_t>(error)};
  }
  template <typename T>
  void Answer(int name, const T& value, size_t length = sizeof(T)) {
    values[{IPPROTO_SCTP, name}] = BytesOf(value, length);
  }

  std::unique_ptr<Socket> socket;
};

// A structure with the fields that a test needs; all other bytes are 0.
template <typename T, typename Fill>
Buffer Made(Fill fill, size_t length = sizeof(T)) {
  T value{};
  fill(value);
  return BytesOf(value, length);
}

constexpr size_t kParamsBytes = 152;  // sctp_paddrparams before Linux 5.0.

}  // namespace

TEST("each option becomes the kernel's own, with each number in its place") {
  struct Line {
    Option option;
    Words words;
    int name;
    Buffer bytes;
  };
  const Line lines[] = {
      {Option::kRtoInfo, {1, 2, 3}, SCTP_RTOINFO, BytesOf(sctp_rtoinfo{77, 1, 2, 3})},
      {Option::kAssocInfo, {5, 6, 7, 8, 9}, SCTP_ASSOCINFO, Made<sctp_assocparams>([](auto& p) {
         p.sasoc_assoc_id = 77, p.sasoc_asocmaxrxt = 5, p.sasoc_cookie_life = 9;
       })},
      {Option::kAssocInfo, {65535, 0, 0, 0, 0}, SCTP_ASSOCINFO, Made<sctp_assocparams>([](auto& p) {
         p.sasoc_assoc_id = 77, p.sasoc_asocmaxrxt = 65535;
       })},
      {Option::kInitMsg, {1, 2, 3, 4}, SCTP_INITMSG, BytesOf(sctp_initmsg{1, 2, 3, 4})},
      {Option::kInitMsg, {65535, 65535, 65535, 65535}, SCTP_INITMSG, BytesOf(sctp_initmsg{65535, 65535, 65535, 65535})},
      {Option::kAutoclose, {12}, SCTP_AUTOCLOSE, BytesOf(uint32_t{12})},
      {Option::kNodelay, {5}, SCTP_NODELAY, BytesOf(int{1})},
      {Option::kNodelay, {0}, SCTP_NODELAY, BytesOf(int{0})},
      {Option::kDisableFragments, {5}, SCTP_DISABLE_FRAGMENTS, BytesOf(int{1})},
      {Option::kDisableFragments, {0}, SCTP_DISABLE_FRAGMENTS, BytesOf(int{0})},
      {Option::kMappedV4, {5}, SCTP_I_WANT_MAPPED_V4_ADDR, BytesOf(int{1})},
      {Option::kMappedV4, {0}, SCTP_I_WANT_MAPPED_V4_ADDR, BytesOf(int{0})},
      {Option::kMaxSeg, {900}, SCTP_MAXSEG, BytesOf(sctp_assoc_value{77, 900})},
      {Option::kAdaptation, {0x01020304}, SCTP_ADAPTATION_LAYER, BytesOf(uint32_t{0x01020304})},
      {Option::kDelayedAck, {300}, SCTP_DELAYED_SACK, BytesOf(sctp_sack_info{77, 300, 2})},
      {Option::kDelayedAck, {0}, SCTP_DELAYED_SACK, BytesOf(sctp_sack_info{77, 0, 1})},
      {Option::kDefaultSendParam, {3, sctp::kFlagUnordered, 0x0a0b0c0d, 5, 6}, SCTP_DEFAULT_SEND_PARAM, Made<sctp_sndrcvinfo>([](auto& i) {
         i.sinfo_assoc_id = 77, i.sinfo_stream = 3, i.sinfo_flags = SCTP_UNORDERED, i.sinfo_ppid = htonl(0x0a0b0c0d), i.sinfo_context = 5,
         i.sinfo_timetolive = 6;
       })},
      {Option::kDefaultSendParam, {65535, sctp::kFlagAddrOver | sctp::kFlagAbort | sctp::kFlagEof | sctp::kFlagSackImmediately, 0, 0, 0}, SCTP_DEFAULT_SEND_PARAM,
       Made<sctp_sndrcvinfo>([](auto& i) {
         i.sinfo_assoc_id = 77, i.sinfo_stream = 65535, i.sinfo_flags = SCTP_ADDR_OVER | SCTP_ABORT | SCTP_EOF | SCTP_SACK_IMMEDIATELY;
       })},
      {Option::kEvents, {0}, SCTP_EVENTS, Buffer{1, 1, 0, 0, 0, 0, 1, 0, 0}},
      {Option::kEvents, {4 | 8 | 16 | 32 | 128}, SCTP_EVENTS, Buffer{1, 1, 1, 1, 1, 1, 1, 1, 0}},
      {Option::kEvents, {4096}, SCTP_EVENTS, Buffer{1, 1, 0, 0, 0, 0, 1, 0, 1}},
      {Option::kEvents, {8}, SCTP_EVENTS, Buffer{1, 1, 0, 1, 0, 0, 1, 0, 0}},
      {Option::kPeerAddrParams, {1, 2, 3, 4, 5}, SCTP_PEER_ADDR_PARAMS, Made<sctp_paddrparams>([](auto& p) {
         p.spp_assoc_id = 77, p.spp_address.ss_family = AF_INET, p.spp_hbinterval = 1, p.spp_pathmaxrxt = 2, p.spp_pathmtu = 3,
         p.spp_sackdelay = 4, p.spp_flags = 5;
       }, kParamsBytes)},
      {Option::kPeerAddrParams, {0, 65535, 0, 0, 127}, SCTP_PEER_ADDR_PARAMS, Made<sctp_paddrparams>([](auto& p) {
         p.spp_assoc_id = 77, p.spp_address.ss_family = AF_INET, p.spp_pathmaxrxt = 65535, p.spp_flags = 127;
       }, kParamsBytes)},
      {Option::kRemoteUdpEncapsPort, {9899}, 132, Made<UdpEncaps>([](auto& e) {
         e.assoc_id = 77, e.address.ss_family = AF_INET, e.port = htons(9899);
       })},
      {Option::kEnableStreamReset, {7}, 118, BytesOf(sctp_assoc_value{77, 7})},
      {Option::kReconfigSupported, {1}, 117, BytesOf(sctp_assoc_value{77, 1})},
      {Option::kPrSupported, {1}, 113, BytesOf(sctp_assoc_value{77, 1})},
  };
  for (const Line& line : lines) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(line.option)) + " " + check::Show(line.words));
    Kernel kernel;
    EXPECT_EQ(kernel.Set(line.option, line.words), 0);
    EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, line.name), line.bytes);
  }
}

TEST("numbers that the kernel's fields cannot hold, too few words and ids that name nothing are refused without asking it") {
  Kernel kernel;
  const std::pair<Option, Words> wrong[] = {
      {Option::kAssocInfo, {65536, 0, 0, 0, 0}},
      {Option::kInitMsg, {65536, 0, 0, 0}},
      {Option::kInitMsg, {0, 65536, 0, 0}},
      {Option::kInitMsg, {0, 0, 65536, 0}},
      {Option::kInitMsg, {0, 0, 0, 65536}},
      {Option::kDefaultSendParam, {65536, 0, 0, 0, 0}},
      {Option::kRecbuf, {0x80000000}},
      {Option::kSndbuf, {0x80000000}},
      {Option::kPeerAddrParams, {0, 65536, 0, 0, 0}},
      {Option::kPeerAddrParams, {0, 0, 0, 0, 128}},
      {Option::kPeerAddrParams, {0, 0, 0, 0}},
      {Option::kPeerAddrParams, {0, 0, 0, 0, 0, 0}},
      {Option::kRemoteUdpEncapsPort, {65536}},
      {Option::kRemoteUdpEncapsPort, {}},
      {Option::kPrimaryAddr, {}},
      {Option::kSetPeerPrimary, {}},
      {Option::kDefaultPrinfo, {4, 1}},
      {Option::kDefaultPrinfo, {1}},
      {Option::kPrSupported, {}},
      {Option::kAssocStats, {1}},
      {Option::kRtoInfo, {1, 2}},
      {Option::kAssocInfo, {1, 2, 3, 4}},
      {Option::kInitMsg, {1, 2, 3}},
      {Option::kDefaultSendParam, {1, 2, 3, 4}},
      {Option::kLinger, {1}},
      {Option::kAutoclose, {}},
      {Option::kEvents, {}},
      {Option::kStatus, {1}},
      {Option::kStats, {1}},
  };
  for (const auto& [option, words] : wrong) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(option)) + " " + check::Show(words));
    EXPECT_EQ(kernel.Set(option, words), EINVAL);
    std::erase_if(kernel.calls, [](const auto& call) { return call.what == "get"; });
    EXPECT_TRUE(kernel.calls.empty());
  }
  for (const Option option : {Option::kMaxAssociations, Option::kMaxAssociationsPerPeer, Option::kMaxSending}) {
    EXPECT_EQ(kernel.Set(option, {100'000}), ENOTSUP);
    EXPECT_EQ(kernel.Get(option), (Words{ENOTSUP}));
  }
  // To the kernel, 1 and 2 mean all associations, and those to come (EV-20).
  for (const sctp::AssocId id : {1u, 2u}) {
    for (const Option option : {Option::kRtoInfo, Option::kStatus, Option::kPrSupported}) {
      EXPECT_EQ(kernel.Set(option, {1, 2, 3}, id), EINVAL);
      EXPECT_EQ(kernel.Get(option, Of(id)), (Words{EINVAL}));
    }
  }
  EXPECT_TRUE(kernel.calls.empty());
  EXPECT_EQ(kernel.Set(Option::kRtoInfo, {1, 2, 3}, 3), 0);
}

TEST("every option is read from the fields of the kernel's answer") {
  Kernel kernel;
  kernel.Answer(SCTP_RTOINFO, sctp_rtoinfo{77, 1, 2, 3});
  EXPECT_EQ(kernel.Get(Option::kRtoInfo), (Words{1, 2, 3}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, SCTP_RTOINFO), BytesOf(sctp_rtoinfo{77, 0, 0, 0}));
  sctp_assocparams params{};
  params.sasoc_asocmaxrxt = 1, params.sasoc_number_peer_destinations = 2, params.sasoc_peer_rwnd = 3, params.sasoc_local_rwnd = 4;
  params.sasoc_cookie_life = 5;
  kernel.Answer(SCTP_ASSOCINFO, params);
  EXPECT_EQ(kernel.Get(Option::kAssocInfo), (Words{1, 2, 3, 4, 5}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, SCTP_ASSOCINFO), Made<sctp_assocparams>([](auto& p) { p.sasoc_assoc_id = 77; }));
  kernel.Answer(SCTP_INITMSG, sctp_initmsg{1, 2, 3, 4});
  EXPECT_EQ(kernel.Get(Option::kInitMsg), (Words{1, 2, 3, 4}));
  for (const auto& [option, name] : {std::pair{Option::kAutoclose, SCTP_AUTOCLOSE}, {Option::kNodelay, SCTP_NODELAY},
                                     {Option::kDisableFragments, SCTP_DISABLE_FRAGMENTS}, {Option::kMappedV4, SCTP_I_WANT_MAPPED_V4_ADDR},
                                     {Option::kAdaptation, SCTP_ADAPTATION_LAYER}}) {
    kernel.Answer(name, 1234);
    EXPECT_EQ(kernel.Get(option), (Words{1234}));
  }
  kernel.Answer(SCTP_MAXSEG, sctp_assoc_value{77, 900});
  EXPECT_EQ(kernel.Get(Option::kMaxSeg), (Words{900}));
  kernel.Answer(SCTP_DELAYED_SACK, sctp_sack_info{77, 300, 2});
  EXPECT_EQ(kernel.Get(Option::kDelayedAck), (Words{300}));
  kernel.Answer(SCTP_DELAYED_SACK, sctp_sack_info{77, 300, 1});
  EXPECT_EQ(kernel.Get(Option::kDelayedAck), (Words{0}));
  sctp_sndrcvinfo info{};
  info.sinfo_stream = 1, info.sinfo_flags = SCTP_UNORDERED | SCTP_EOF, info.sinfo_ppid = htonl(3), info.sinfo_context = 4, info.sinfo_timetolive = 5;
  kernel.Answer(SCTP_DEFAULT_SEND_PARAM, info);
  EXPECT_EQ(kernel.Get(Option::kDefaultSendParam), (Words{1, sctp::kFlagUnordered | sctp::kFlagEof, 3, 4, 5}));
  for (const int name : {113, 117, 118}) kernel.Answer(name, sctp_assoc_value{77, static_cast<uint32_t>(name)});
  EXPECT_EQ(kernel.Get(Option::kPrSupported), (Words{113}));
  EXPECT_EQ(kernel.Get(Option::kReconfigSupported), (Words{117}));
  EXPECT_EQ(kernel.Get(Option::kEnableStreamReset), (Words{118}));
  EXPECT_EQ(kernel.Get(Option::kStats), (Words{EINVAL}));
}

TEST("status and paths: numbers in the contract's order, states in its numbers, the address in words") {
  Kernel kernel;
  sctp_status status{};
  status.sstat_assoc_id = 78, status.sstat_state = 4, status.sstat_rwnd = 5, status.sstat_unackdata = 6, status.sstat_penddata = 7;
  status.sstat_instrms = 8, status.sstat_outstrms = 9, status.sstat_fragmentation_point = 10;
  const sockaddr_in address = Ipv4Of("10.1.2.3", 2006);
  std::memcpy(&status.sstat_primary.spinfo_address, &address, sizeof(address));
  status.sstat_primary.spinfo_state = SCTP_ACTIVE, status.sstat_primary.spinfo_cwnd = 11, status.sstat_primary.spinfo_srtt = 12;
  status.sstat_primary.spinfo_rto = 13, status.sstat_primary.spinfo_mtu = 14;
  kernel.Answer(SCTP_STATUS, status);
  const Words path = {1, 11, 12, 13, 14, 4, 0x0a010203, 0, 0, 0, 2006, 0, 78};
  Words all = {4, 5, 6, 7, 8, 9, 10};
  all.insert(all.end(), path.begin(), path.end());
  EXPECT_EQ(kernel.Get(Option::kStatus), all);
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, SCTP_STATUS), Made<sctp_status>([](auto& s) { s.sstat_assoc_id = 77; }));
  EXPECT_EQ(kernel.Get(Option::kPrimaryPeer), path);
  EXPECT_EQ(kernel.Get(Option::kPeerAddrInfo), path);
  // A path by its address: the association that the key names has to exist.
  sctp_paddrinfo info{};
  std::memcpy(&info.spinfo_address, &address, sizeof(address));
  info.spinfo_assoc_id = 79, info.spinfo_cwnd = 21, info.spinfo_srtt = 22, info.spinfo_rto = 23, info.spinfo_mtu = 24;
  const OptionKey key = Of(kAssoc, AddressOf("10.1.2.3"), 2006);
  for (const auto& [state, number] : {std::pair{int{SCTP_INACTIVE}, 0u}, {int{SCTP_ACTIVE}, 1u}, {int{SCTP_UNCONFIRMED}, 2u}, {int{SCTP_PF}, 1u}}) {
    info.spinfo_state = state;
    kernel.Answer(SCTP_GET_PEER_ADDR_INFO, info);
    EXPECT_EQ(kernel.Get(Option::kPeerAddrInfo, key), (Words{number, 21, 22, 23, 24, 4, 0x0a010203, 0, 0, 0, 2006, 0, 79}));
  }
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, SCTP_GET_PEER_ADDR_INFO), Made<sctp_paddrinfo>([&](auto& i) {
              i.spinfo_assoc_id = 77;
              std::memcpy(&i.spinfo_address, &address, sizeof(address));
            }));
  kernel.refused[{IPPROTO_SCTP, SCTP_GET_PEER_ADDR_INFO}] = ENOENT;
  EXPECT_EQ(kernel.Get(Option::kPeerAddrInfo, key), (Words{ENOENT}));
  kernel.refused[{IPPROTO_SCTP, SCTP_STATUS}] = ENOTCONN;
  EXPECT_EQ(kernel.Get(Option::kPeerAddrInfo, key), (Words{EINVAL}));
  EXPECT_EQ(kernel.Get(Option::kStatus), (Words{ENOTCONN}));
  EXPECT_EQ(kernel.Get(Option::kPrimaryPeer), (Words{ENOENT}));
  // Without an id the address alone counts.
  kernel.refused.erase({IPPROTO_SCTP, SCTP_GET_PEER_ADDR_INFO});
  EXPECT_EQ(kernel.Get(Option::kPeerAddrInfo, Of(0, key.address, 2006)).size(), 13u);
}

TEST("options of an address carry it in its own family, and read it in the same words") {
  Kernel kernel;
  const sockaddr_in address = Ipv4Of("10.1.2.3", 2006);
  const OptionKey key = Of(kAssoc, AddressOf("10.1.2.3"), 2006);
  EXPECT_EQ(kernel.socket->SetOption(Option::kPrimaryAddr, key, {}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, SCTP_PRIMARY_ADDR), Made<sctp_prim>([&](auto& p) {
              p.ssp_assoc_id = 77;
              std::memcpy(&p.ssp_addr, &address, sizeof(address));
            }));
  EXPECT_EQ(kernel.socket->SetOption(Option::kSetPeerPrimary, key, {}), 0);
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, SCTP_SET_PEER_PRIMARY_ADDR), Made<sctp_setpeerprim>([&](auto& p) {
              p.sspp_assoc_id = 77;
              std::memcpy(&p.sspp_addr, &address, sizeof(address));
            }));
  sctp_prim primary{};
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6, six.sin6_port = htons(9), six.sin6_scope_id = 3;
  inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
  std::memcpy(&primary.ssp_addr, &six, sizeof(six));
  kernel.Answer(SCTP_PRIMARY_ADDR, primary);
  EXPECT_EQ(kernel.Get(Option::kPrimaryAddr), (Words{6, 0xfe800000, 0, 0, 1, 9, 3}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, SCTP_PRIMARY_ADDR), Made<sctp_prim>([](auto& p) { p.ssp_assoc_id = 77; }));
  UdpEncaps encaps{};
  encaps.port = htons(9899);
  kernel.Answer(132, encaps);
  EXPECT_EQ(kernel.Get(Option::kRemoteUdpEncapsPort, key), (Words{9899}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, 132), Made<UdpEncaps>([&](auto& e) {
              e.assoc_id = 77;
              std::memcpy(&e.address, &address, sizeof(address));
            }));
  sctp_paddrparams params{};
  params.spp_hbinterval = 1, params.spp_pathmaxrxt = 2, params.spp_pathmtu = 3, params.spp_sackdelay = 4, params.spp_flags = 8 | 128;
  kernel.Answer(SCTP_PEER_ADDR_PARAMS, params, kParamsBytes);
  EXPECT_EQ(kernel.Get(Option::kPeerAddrParams, key), (Words{1, 2, 3, 4, 8}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS), Made<sctp_paddrparams>([&](auto& p) {
              p.spp_assoc_id = 77;
              std::memcpy(&p.spp_address, &address, sizeof(address));
            }, kParamsBytes));
  // The endpoint's MTU means something only where paths do not find their own.
  EXPECT_EQ(kernel.Get(Option::kPeerAddrParams, {}), (Words{1, 2, 0, 4, 8}));
  EXPECT_EQ(kernel.Get(Option::kPeerAddrParams, Of(kAssoc)), (Words{1, 2, 3, 4, 8}));
  EXPECT_EQ(kernel.Get(Option::kPeerAddrParams, Of(0, key.address)), (Words{1, 2, 3, 4, 8}));
  params.spp_flags = 16;
  kernel.Answer(SCTP_PEER_ADDR_PARAMS, params, kParamsBytes);
  EXPECT_EQ(kernel.Get(Option::kPeerAddrParams, {}), (Words{1, 2, 3, 4, 16}));
}

TEST("RFC 7496: the policy is kept over new send parameters, and a lifetime without one is set by itself") {
  struct Prinfo {
    sctp_assoc_t assoc;
    uint32_t value;
    uint16_t policy;
  };
  constexpr size_t kSetBytes = 10;  // The rest of the structure is padding.
  Kernel kernel;
  const auto last_set = [&] {
    Buffer set = kernel.Last("set", IPPROTO_SCTP, 114);
    set.resize(std::min(set.size(), kSetBytes));
    return set;
  };
  for (const uint32_t policy : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(kernel.Set(Option::kDefaultPrinfo, {policy, 0}), 0);
    EXPECT_EQ(last_set(), (Made<Prinfo>([&](auto& p) { p.assoc = 77, p.policy = static_cast<uint16_t>(policy << 4); }, kSetBytes)));
  }
  EXPECT_TRUE(kernel.Last("set", IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM).empty());
  // A lifetime without a policy goes into the default send parameters; their other fields stay.
  sctp_sndrcvinfo info{};
  info.sinfo_assoc_id = 77, info.sinfo_stream = 3;
  kernel.Answer(SCTP_DEFAULT_SEND_PARAM, info);
  EXPECT_EQ(kernel.Set(Option::kDefaultPrinfo, {0, 50}), 0);
  info.sinfo_timetolive = 50;
  EXPECT_EQ(kernel.Last("set", IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM), BytesOf(info));
  kernel.Answer(114, Prinfo{77, 300, 2 << 4});
  EXPECT_EQ(kernel.Get(Option::kDefaultPrinfo), (Words{2, 300}));
  kernel.calls.clear();
  EXPECT_EQ(kernel.Set(Option::kDefaultSendParam, {0, 0, 0, 0, 40}), 0);
  EXPECT_EQ(last_set(), (Made<Prinfo>([](auto& p) { p.assoc = 77, p.value = 40, p.policy = 2 << 4; }, kSetBytes)));
  // No policy is in force, so none has to be set again.
  kernel.Answer(114, Prinfo{77, 0, 0});
  kernel.calls.clear();
  EXPECT_EQ(kernel.Set(Option::kDefaultSendParam, {0, 0, 0, 0, 40}), 0);
  EXPECT_TRUE(kernel.Last("set", IPPROTO_SCTP, 114).empty());
  kernel.refused[{IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM}] = EACCES;
  EXPECT_EQ(kernel.Set(Option::kDefaultSendParam, {0, 0, 0, 0, 40}), EACCES);
  EXPECT_EQ(kernel.Set(Option::kDefaultPrinfo, {0, 50}), EACCES);
}

TEST("counters are read with the address of the largest RTO before them, each in two words") {
  struct Stats {
    sctp_assoc_t assoc;
    sockaddr_storage address;
    uint64_t counters[15];
  } stats{};
  Kernel kernel;
  const sockaddr_in address = Ipv4Of("10.1.2.3", 2006);
  std::memcpy(&stats.address, &address, sizeof(address));
  for (uint64_t i = 0; i < 15; ++i) stats.counters[i] = i << 32 | (100 + i);
  kernel.Answer(112, stats);
  Words wanted = {4, 0x0a010203, 0, 0, 0, 2006, 0};
  for (uint32_t i = 0; i < 15; ++i) wanted.insert(wanted.end(), {i, 100 + i});
  EXPECT_EQ(kernel.Get(Option::kAssocStats), wanted);
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, 112), Made<Stats>([](auto& s) { s.assoc = 77; }));
}

TEST("messages given up are counted for each policy, unsent and sent") {
  struct Status {
    sctp_assoc_t assoc;
    uint16_t stream, policy;
    uint64_t unsent, sent;
  };
  Kernel kernel;
  kernel.Answer(115, Status{77, 0, 0, uint64_t{1} << 32 | 2, 3});
  EXPECT_EQ(kernel.Get(Option::kPrAssocStatus), (Words{1, 2, 0, 3, 1, 2, 0, 3, 1, 2, 0, 3}));
  EXPECT_EQ(kernel.Last("get", IPPROTO_SCTP, 115), Made<Status>([](auto& s) { s.assoc = 77, s.policy = 0x30; }));
}

TEST("an option that the kernel does not know is enotsup, one that it does not have for such a socket einval, and half an answer eproto") {
  const std::pair<Option, int> younger[] = {{Option::kPrSupported, 113},  {Option::kDefaultPrinfo, 114}, {Option::kReconfigSupported, 117},
                                            {Option::kEnableStreamReset, 118}, {Option::kAssocStats, 112}, {Option::kPrAssocStatus, 115},
                                            {Option::kRemoteUdpEncapsPort, 132}};
  for (const auto& [option, name] : younger) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(option)));
    Kernel kernel;
    const Words words(option == Option::kDefaultPrinfo ? 2 : 1, 1);
    for (const auto& [error, told] : {std::pair{ENOPROTOOPT, ENOTSUP}, {EOPNOTSUPP, EINVAL}, {EBADF, EINVAL}, {EACCES, EACCES}}) {
      kernel.refused[{IPPROTO_SCTP, name}] = error;
      EXPECT_EQ(kernel.Get(option), (Words{static_cast<uint32_t>(told)}));
      const bool is_read_only = option == Option::kAssocStats || option == Option::kPrAssocStatus;
      EXPECT_EQ(kernel.Set(option, words), is_read_only ? EINVAL : told);
    }
    kernel.refused.clear();
    kernel.values[{IPPROTO_SCTP, name}] = Buffer(3);
    EXPECT_EQ(kernel.Get(option), (Words{EPROTO}));
  }
  Kernel kernel;
  for (const auto& [option, name] : {std::pair{Option::kRtoInfo, SCTP_RTOINFO}, {Option::kAssocInfo, SCTP_ASSOCINFO}, {Option::kInitMsg, SCTP_INITMSG},
                                     {Option::kAutoclose, SCTP_AUTOCLOSE}, {Option::kMaxSeg, SCTP_MAXSEG}, {Option::kStatus, SCTP_STATUS},
                                     {Option::kDelayedAck, SCTP_DELAYED_SACK}, {Option::kDefaultSendParam, SCTP_DEFAULT_SEND_PARAM},
                                     {Option::kPeerAddrParams, SCTP_PEER_ADDR_PARAMS}, {Option::kPrimaryAddr, SCTP_PRIMARY_ADDR}}) {
    check::Note("option " + std::to_string(static_cast<uint32_t>(option)));
    kernel.values[{IPPROTO_SCTP, name}] = Buffer(3);
    EXPECT_EQ(kernel.Get(option), (Words{EPROTO}));
    kernel.refused[{IPPROTO_SCTP, name}] = EOPNOTSUPP;
    EXPECT_EQ(kernel.Get(option), (Words{EINVAL}));
  }
}

TEST("events: the longer form only where somebody asks for what only that has, and back") {
  Kernel kernel;
  const auto bytes = [&](uint32_t events) {
    EXPECT_EQ(kernel.Set(Option::kEvents, {events}), 0);
    EXPECT_EQ(kernel.Get(Option::kEvents), (Words{events}));
    EXPECT_EQ(kernel.socket->events(), events);
    return kernel.Last("set", IPPROTO_SCTP, SCTP_EVENTS);
  };
  EXPECT_EQ(bytes(2048), (Buffer{1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(bytes(0).size(), 13u);  // The events are taken back in the form in which they were asked for.
  EXPECT_EQ(bytes(0).size(), 9u);
  EXPECT_EQ(bytes(256 | 512 | 1024), (Buffer{1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(bytes(512), (Buffer{1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
  kernel.refused[{IPPROTO_SCTP, SCTP_EVENTS}] = EINVAL;
  EXPECT_EQ(kernel.Set(Option::kEvents, {2048}), ENOTSUP);
  EXPECT_EQ(kernel.Get(Option::kEvents), (Words{512}));
  kernel.refused[{IPPROTO_SCTP, SCTP_EVENTS}] = EACCES;
  EXPECT_EQ(kernel.Set(Option::kEvents, {2048}), EACCES);
}

TEST("linger and buffers are options of the socket; the kernel's sizes are twice what users mean") {
  Kernel kernel;
  EXPECT_EQ(kernel.Set(Option::kLinger, {1, 5}), 0);
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_LINGER), BytesOf(linger{1, 5}));
  EXPECT_EQ(kernel.Get(Option::kLinger), (Words{1, 5}));
  EXPECT_EQ(kernel.Set(Option::kLinger, {0, 5}), 0);
  EXPECT_EQ(kernel.Get(Option::kLinger), (Words{0, 0}));
  EXPECT_EQ(kernel.Set(Option::kLinger, {7, 0x80000000}), 0);
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_LINGER), BytesOf(linger{1, 0}));
  kernel.values[{SOL_SOCKET, SO_LINGER}] = BytesOf(linger{0, 9});
  EXPECT_EQ(kernel.Get(Option::kLinger), (Words{0, 0}));
  EXPECT_EQ(kernel.Set(Option::kRecbuf, {10'000}), 0);
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_RCVBUF), BytesOf(int{10'000}));
  EXPECT_EQ(kernel.Set(Option::kSndbuf, {30'000}), 0);
  EXPECT_EQ(kernel.Last("set", SOL_SOCKET, SO_SNDBUF), BytesOf(int{30'000}));
  kernel.values[{SOL_SOCKET, SO_RCVBUF}] = BytesOf(int{20'000});
  kernel.values[{SOL_SOCKET, SO_SNDBUF}] = BytesOf(int{60'000});
  EXPECT_EQ(kernel.Get(Option::kRecbuf), (Words{10'000}));
  EXPECT_EQ(kernel.Get(Option::kSndbuf), (Words{30'000}));
  for (const int name : {SO_LINGER, SO_RCVBUF, SO_SNDBUF}) kernel.refused[{SOL_SOCKET, name}] = EACCES;
  for (const Option option : {Option::kLinger, Option::kRecbuf, Option::kSndbuf}) {
    EXPECT_EQ(kernel.Set(option, {1, 1}), EACCES);
    EXPECT_EQ(kernel.Get(option), (Words{EACCES}));
  }
}

}  // namespace mailport::kernel_sctp::test

#endif
