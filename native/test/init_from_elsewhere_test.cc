// An INIT whose addresses say that it is an association's, although it came from elsewhere, or that bring new addresses into one (RFC 9260 sections 5.1.2 D,
// 5.2.1, 5.2.2, 9.2), and a cookie that comes while the association is shutting down (5.2.4 A).
#include "handshake.h"
#include "subject.h"

namespace mailport::sctp::test {
namespace {

constexpr uint32_t kTag = 77;
constexpr uint32_t kPeersAddress = 0x0a000002;  // 10.0.0.2: the peer of Subject.
constexpr uint32_t kElsewhere = 0x0a000009, kThird = 0x0a00000a;

// An INIT of the peer's port that lists these addresses.
std::vector<uint8_t> InitListing(const std::vector<uint32_t>& addresses) {
  std::vector<uint8_t> body(16 + 8 * addresses.size());
  Store32(&body[0], kTag), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 5);
  for (size_t i = 0; i < addresses.size(); ++i) {
    Store32(&body[16 + 8 * i], 0x00050008);
    Store32(&body[20 + 8 * i], addresses[i]);
  }
  return PacketBuilder(kServerPort, kClientPort, 0).Chunk(kChunkInit, 0, body).Done();
}

// A Subject beside a host at 10.0.0.9. An answer is its chunks, with ">9" if it goes to that host.
struct Called : Subject {
  explicit Called(State state) : Subject(state), elsewhere(pair.net.AddHost("elsewhere", Ipv4(10, 0, 0, 9))) {
    elsewhere.CarrierOn(kServerPort);
    pair.tap = [this](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
      if (&from != &pair.client) return false;
      answers.push_back(packet);
      to_elsewhere.push_back(&to == &elsewhere);
      return false;
    };
  }
  PacketRoute FromElsewhere() const { return {.carrier = 1, .local = pair.client.address, .remote = elsewhere.address, .remote_udp_port = kServerPort}; }
  std::string Get(const PacketRoute& from, const std::vector<uint8_t>& packet) {
    const std::string before = StateName();
    answers.clear(), to_elsewhere.clear();
    pair.client.Inject(from, packet);
    pair.net.Settle();
    EXPECT_EQ(StateName(), before);
    EXPECT_EQ(Story(pair.client.Take(pair.client_socket)), "");
    std::string names = Answers();
    return !to_elsewhere.empty() && to_elsewhere[0] ? names + ">9" : names;
  }
  // The cause of the ABORT, and the addresses in it.
  std::vector<uint32_t> Listed() const {
    std::vector<uint32_t> words;
    const auto chunks = ChunksOf(answers.at(0));
    if (ParsePacket(answers[0])->tag != kTag || chunks.at(0).Word(0) >> 16 != kCauseRestartNewAddresses) return words;
    for (size_t at = 4; at + 8 <= chunks[0].body.size(); at += 8) {
      EXPECT_EQ(chunks[0].Word(at), 0x00050008u);
      words.push_back(chunks[0].Word(at + 4));
    }
    EXPECT_EQ(chunks[0].Word(0) & 0xffff, 4 + 8 * words.size());
    return words;
  }

  SimHost& elsewhere;
  std::vector<bool> to_elsewhere;
};

using Words = std::vector<uint32_t>;

TEST("an INIT from elsewhere that lists the peer's address is the association's: refused with the new addresses, or answered where we called") {
  for (int state = 0; state < kStates; ++state) {
    check::Note(kStateNames[state]);
    Called subject(static_cast<State>(state));
    EXPECT_EQ(subject.pair.client.engine->Listen(subject.pair.client_socket, kBacklog), 0);
    const std::string answer = subject.Get(subject.FromElsewhere(), InitListing({kPeersAddress, kThird}));
    if (state == kCookieWait) {
      EXPECT_EQ(answer, "INIT_ACK!");  // Section 5.2.1: to the address that we called.
      EXPECT_EQ(ParsePacket(subject.answers.at(0))->tag, kTag);
    } else if (state == kAckSent) {
      EXPECT_EQ(answer, "SHUTDOWN_ACK");
    } else {
      EXPECT_EQ(answer, "ABORT!>9");
      EXPECT_EQ(subject.Listed(), (Words{kElsewhere, kThird}));
    }
  }
}

TEST("an INIT of the peer that brings a new address is refused once the peer has answered, and the new ones alone are listed") {
  for (int state = 0; state < kStates; ++state) {
    check::Note(kStateNames[state]);
    Called subject(static_cast<State>(state));
    const std::string answer = subject.Get(subject.pair.FromServer(), InitListing({kPeersAddress, kElsewhere, kElsewhere}));
    if (state == kAckSent) {
      EXPECT_EQ(answer, "SHUTDOWN_ACK");
    } else if (state == kCookieWait) {
      EXPECT_EQ(answer, "INIT_ACK!");
    } else {
      EXPECT_EQ(answer, "ABORT!");
      EXPECT_EQ(subject.Listed(), Words{kElsewhere});
    }
    EXPECT_EQ(subject.Get(subject.pair.FromServer(), InitListing({kPeersAddress})), state == kAckSent ? "SHUTDOWN_ACK" : "INIT_ACK!");
  }
}

TEST("a refusal lists as many addresses as 1,024 bytes hold") {
  Called subject(kUp);
  Words many;
  for (uint32_t i = 0; i < 60; ++i) many.push_back(0x0a010000 + i);
  EXPECT_EQ(subject.Get(subject.pair.FromServer(), InitListing(many)), "ABORT!");
  EXPECT_EQ(subject.Listed(), many);
  std::vector<uint8_t> body(16 + 20 * 60);
  Store32(&body[0], kTag), Store32(&body[4], 65536), Store32(&body[8], 0x000a000a), Store32(&body[12], 5);
  for (size_t i = 0; i < 60; ++i) {
    Store32(&body[16 + 20 * i], 0x00060014);
    body[20 + 20 * i] = 0x20;
    body[35 + 20 * i] = static_cast<uint8_t>(i);
  }
  EXPECT_EQ(subject.Get(subject.pair.FromServer(), PacketBuilder(kServerPort, kClientPort, 0).Chunk(kChunkInit, 0, body).Done()), "ABORT!");
  EXPECT_EQ(ChunksOf(subject.answers.at(0)).at(0).whole.size(), 4 + 4 + 51 * 20u);
}

// The cookie of a call that two ends make at once holds where the call's other end is, wherever its INIT came from.
TEST("the answer to a call from elsewhere makes the association with the address that we called") {
  Called subject(kCookieWait);
  subject.Get(subject.FromElsewhere(), InitListing({kPeersAddress}));
  const Offer offer = OfferIn(subject.answers);
  REQUIRE(offer.given());
  subject.answers.clear();
  subject.pair.client.Inject(subject.pair.FromServer(), EchoOf(offer, kServerPort, kClientPort));
  subject.pair.net.Settle();
  EXPECT_EQ(subject.StateName(), "established");
  EXPECT_EQ(Story(subject.pair.client.Take(subject.pair.client_socket)), "comm_up");
  // The address that the INIT came from is the peer's, too.
  subject.answers.clear();
  subject.pair.client.Inject(subject.FromElsewhere(), subject.Packet().Words(kChunkHeartbeat, 0, {0x00010008, 1}).Done());
  subject.pair.net.Settle();
  REQUIRE(subject.answers.size() == 1);
  EXPECT_TRUE(subject.to_elsewhere.back());
}

// Section 5.2.4, action A: the SHUTDOWN ACK goes under the old tag, so that the peer's answer, which reflects it, ends the association.
TEST("a peer that has begun anew while its SHUTDOWN ACK is awaited is told so, in the packet of a further SHUTDOWN ACK") {
  Subject subject(kUp);
  const uint32_t own_tag = subject.pair.tag_to_client;  // The INIT ACK gives another one.
  subject.Get(subject.Packet(0).Init(kTag, 5));
  const Offer offer = OfferIn(subject.answers);
  REQUIRE(offer.given());
  EXPECT_EQ(subject.Get(subject.Packet(own_tag).Words(kChunkShutdown, 0, {subject.pair.client_tsn - 1})), "SHUTDOWN_ACK, shutdown_ack_sent, shutdown_event");
  EXPECT_EQ(subject.Get(PacketBuilder(kServerPort, kClientPort, offer.tag).Chunk(kChunkCookieEcho, 0, offer.cookie)), "SHUTDOWN_ACK ERROR");
  REQUIRE(subject.answers.size() == 1);
  EXPECT_EQ(ChunksOf(subject.answers[0]).at(1).Word(0), uint32_t{kCauseCookieInShutdown} << 16 | 4);
  EXPECT_EQ(subject.Get(subject.Packet(subject.pair.tag_to_server).Words(kChunkShutdownComplete, kTagReflected, {})), "gone, shutdown_comp");
}

}  // namespace
}  // namespace mailport::sctp::test
