// Packets of a hostile peer, in each state of an association. The first byte of the input chooses the state of the host under test; the rest are packets and
// times. The host never sends a malformed packet or too many of them, works a bounded amount for each packet and holds a bounded number of bytes. An
// association with another host goes on undisturbed, and in the end nothing is left.
//
// So that an input means the same whatever random numbers the engines drew: TSNs count from the association's first one, and a COOKIE ECHO or HEARTBEAT ACK
// without content gets what the host handed out last.
#include <array>
#include <vector>

#include "../src/sctp/packet/sack_chunk.h"
#include "../test/pair.h"
#include "input.h"
#include "work.h"

namespace mailport::fuzz {
namespace {

using namespace sctp;
using namespace sctp::test;

enum State { kNone, kCookieWait, kCookieEchoed, kUp, kUpWithData, kUpAndPassive, kPending, kSent, kReceived, kAckSent, kUpInterleaved, kStates };

constexpr uint16_t kHealthyPort = 9;
constexpr uint32_t kRecbufBytes = 64 * 1024;
constexpr size_t kMaxBodyBytes = 1400;
constexpr size_t kUdpHeaderBytes = 28;  // Of IP and UDP.
constexpr size_t kFewTimes = 3;         // What a stranger may make us send, for each byte of the stranger's.
// Wide bounds: they are to find work that grows faster than the packet.
constexpr uint64_t kWorkPerPacket = 60'000;
constexpr uint64_t kWorkPerByte = 400;
constexpr size_t kMaxPacketsForOne = 64;  // A SACK may open the whole congestion window.

class Subject {
 public:
  explicit Subject(State state) : healthy_(pair_.net.AddHost("healthy", Ipv4(10, 0, 0, 3))) {
    ConnectHealthy();
    host().engine->Listen(pair_.client_socket, kBacklog);
    host().Set(pair_.client_socket, Option::kRecbuf, 0, {kRecbufBytes});
    AllowReconfiguring(host(), pair_.client_socket);
    AllowReconfiguring(pair_.server, pair_.server_socket);
    if (state == kUpInterleaved) {
      host().Set(pair_.client_socket, Option::kInterleavingSupported, 0, {1});
      pair_.server.Set(pair_.server_socket, Option::kInterleavingSupported, 0, {1});
      OfferAuthentication(host(), pair_.client_socket);
      OfferAuthentication(pair_.server, pair_.server_socket);
    }
    if (state == kCookieWait || state == kCookieEchoed) {
      BeginCall(state == kCookieWait ? kChunkInit : kChunkCookieEcho);
    } else if (state != kNone) {
      pair_.Establish();
    }
    is_stranger_ = state == kNone;
    // From now on the input speaks for the peer.
    pair_.tap = [this](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) { return OnPacket(from, to, packet); };
    Prepare(state);
  }

  void Step(Input& input) {
    const uint8_t what = input.Byte();
    if ((what & 7) == 0) {
      pair_.net.RunFor(uint64_t{1} << input.Below(27));  // Up to 67 s.
      return;
    }
    std::vector<uint8_t> packet = PacketFrom(input, what);
    PacketRoute route = pair_.FromServer();
    if ((what & 7) == 1) route.remote = Ipv4(10, 0, 0, 66);
    if ((what & 7) == 2) route.remote_udp_port = 4000;
    Get(route, packet);
  }

  void End() {
    // However much the hostile peer has sent, the other association works, both ways.
    host().engine->SetCredit(pair_.client_socket, kUnlimitedCredit);
    host().engine->Drain(pair_.client_socket);
    host().Take(pair_.client_socket);
    const Message message = MessageOf(7, 3000);
    EXPECT_EQ(host().Send(pair_.client_socket, healthy_assoc_, 0, message.data), 0);
    EXPECT_EQ(healthy_.Send(healthy_socket_, healthy_.items(healthy_socket_)[0].item.assoc_id, 0, message.data), 0);
    pair_.net.RunFor(4 * kSecond);
    EXPECT_TRUE(healthy_.items(healthy_socket_).back().bytes == message.data);
    bool came = false;
    for (const OwnedItem& item : host().Take(pair_.client_socket)) came |= item.item.assoc_id == healthy_assoc_ && item.bytes == message.data;
    EXPECT_TRUE(came);
    host().engine->Close(pair_.client_socket, false);
    pair_.net.RunFor(2 * 3600 * kSecond);
    EXPECT_EQ(host().engine->AssociationsOn(1), 0u);
    EXPECT_EQ(host().engine->NextDeadline(), kNever);
    EXPECT_EQ(host().engine->stats().queued_in_bytes, 0u);
    EXPECT_EQ(host().engine->stats().queued_out_bytes, 0u);
  }

 private:
  SimHost& host() { return pair_.client; }

  void ConnectHealthy() {
    healthy_socket_ = healthy_.Open(kHealthyPort);
    healthy_.engine->Listen(healthy_socket_, kBacklog);
    REQUIRE(host().engine->Connect(pair_.client_socket, {&healthy_.address, 1}, kHealthyPort, false, &healthy_assoc_) == 0);
    pair_.net.RunFor(10 * kMillisecond);
    REQUIRE(!healthy_.items(healthy_socket_).empty());
    host().Take(pair_.client_socket);
    // The tap of the pair has noted tags of this association.
    pair_.tag_to_client = pair_.tag_to_server = 0;
  }

  static void AllowReconfiguring(SimHost& of, SocketId socket) {
    of.Set(socket, Option::kReconfigSupported, 0, {1});
    of.Set(socket, Option::kEnableStreamReset, 0, {7});
    of.Set(socket, Option::kEvents, 0, {kDefaultEvents | kReconfigEvents});
  }

  // ASCONF is the only chunk that has to be authenticated.
  static void OfferAuthentication(SimHost& of, SocketId socket) {
    of.Set(socket, Option::kAuthSupported, 0, {1});
    of.Set(socket, Option::kAsconfSupported, 0, {1});
  }

  void BeginCall(uint8_t last) {
    pair_.tap = [last](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, last); };
    REQUIRE(pair_.Connect() == 0);
    pair_.net.RunFor(20 * kMillisecond);
  }

  void Prepare(State state) {
    Engine& engine = *host().engine;
    const SocketId socket = pair_.client_socket;
    if (state == kUpAndPassive) engine.SetCredit(socket, 0);
    if (state == kUpWithData)
      for (uint32_t i = 0; i < 20; i++)
        host().Send(socket, pair_.client_assoc, i % 5, MessageOf(i, i % 2 ? 5000 : 10).data, (i % 3 == 0 ? kFlagUnordered : 0) | (i % 4 == 1 ? kFlagPrRtx : 0));
    if (state == kPending || state == kReceived) host().Send(socket, pair_.client_assoc, 0, AsBytesOf("unacknowledged"));
    if (state == kPending || state == kSent) host().Send(socket, pair_.client_assoc, 0, {}, kFlagEof);
    pair_.net.Settle();
    if (state == kReceived || state == kAckSent)
      Get(pair_.FromServer(), sctp::test::PacketBuilder(kServerPort, kClientPort, pair_.tag_to_client).Words(kChunkShutdown, 0, {pair_.client_tsn - 1}).Done());
    host().Take(socket);
  }

  // Packets to and from the other association pass; those for the hostile peer end here.
  bool OnPacket(SimHost& from, SimHost& to, Bytes packet) {
    if (&from == &healthy_ || &to == &healthy_) return true;
    if (&from != &host()) return false;
    answered_packets_++;
    answered_bytes_ += packet.size() + kUdpHeaderBytes;
    for (const ChunkView& chunk : ChunksOf(packet)) {
      if (chunk.type == kChunkHeartbeat) heartbeat_.assign(chunk.body.begin(), chunk.body.end());
      if (chunk.type != kChunkInitAck || chunk.body.size() < 20) continue;
      const Bytes parameter = chunk.body.subspan(16);  // The cookie is the first one.
      const size_t length = Load16(&parameter[2]);
      cookie_.assign(parameter.begin() + 4, parameter.begin() + static_cast<ptrdiff_t>(length));
      cookie_tag_ = chunk.Word(0);
    }
    return false;
  }

  std::vector<uint8_t> PacketFrom(Input& input, uint8_t what) {
    const uint8_t tag_choice = input.Byte();
    uint32_t tag = pair_.tag_to_client;
    if (tag_choice % 8 == 1) tag = pair_.tag_to_server;
    if (tag_choice % 8 == 2) tag = 0;
    if (tag_choice % 8 == 3) tag = cookie_tag_;
    if (tag_choice % 8 == 4) tag = input.Word();
    sctp::test::PacketBuilder packet((tag_choice & 8) != 0 ? input.Short() : kServerPort, kClientPort, tag);
    const Bytes body = input.Take(std::min<size_t>((what & 8) != 0 ? input.Short() : input.Byte(), kMaxBodyBytes));
    if ((what & 16) != 0) return packet.Raw(body).Done();  // As it is.
    AddChunks(body, packet);
    return packet.Done();
  }

  void AddChunks(Bytes body, sctp::test::PacketBuilder& packet) {
    while (body.size() >= kChunkHeaderBytes) {
      const size_t length = std::clamp<size_t>(Load16(&body[2]), kChunkHeaderBytes, body.size());
      std::vector<uint8_t> value(body.begin() + kChunkHeaderBytes, body.begin() + static_cast<ptrdiff_t>(length));
      Complete(body[0], &value);
      packet.Chunk(body[0], body[1], value);
      body = body.subspan(std::min(Padded(length), body.size()));
    }
    packet.Raw(body);
  }

  void Complete(uint8_t type, std::vector<uint8_t>* value) {
    const auto add = [&](uint32_t base) {
      if (value->size() >= 4) Store32(value->data(), Load32(value->data()) + base);
    };
    if (type == kChunkData || type == kChunkForwardTsn || type == kChunkIData || type == kChunkIForwardTsn) add(pair_.server_tsn);
    if (type == kChunkSack || type == kChunkShutdown) add(pair_.client_tsn);
    if (type == kChunkCookieEcho && value->empty()) *value = cookie_;
    if (type == kChunkHeartbeatAck && value->empty()) *value = heartbeat_;
  }

  void Get(const PacketRoute& route, const std::vector<uint8_t>& packet) {
    answered_packets_ = answered_bytes_ = 0;
    const uint64_t before = WorkDone();
    host().Inject(route, packet);
    host().engine->Flush();
    EXPECT_TRUE(WorkDone() - before <= kWorkPerPacket + kWorkPerByte * packet.size());
    EXPECT_TRUE(answered_packets_ <= kMaxPacketsForOne);
    const bool may_have_association = !is_stranger_ || host().engine->AssociationsOn(1) > 1;
    if (!may_have_association) EXPECT_TRUE(answered_bytes_ <= kFewTimes * (packet.size() + kUdpHeaderBytes));
    std::vector<uint32_t> held;
    EXPECT_EQ(host().engine->GetOption(0, Option::kHeld, 0, &held), 0);
    const size_t peers = host().engine->AssociationsOn(1);
    EXPECT_TRUE(held[0] == 0 && held[1] <= peers * kMaxHeldByPeer);
  }

  // The window, a packet of chunks as small as can be with the costs of each, and tables of 65,535 streams.
  static constexpr size_t kMaxHeldByPeer = kRecbufBytes + 512 * 1024;

  Pair pair_;
  SimHost& healthy_;
  SocketId healthy_socket_ = 0;
  AssocId healthy_assoc_ = 0;
  bool is_stranger_ = false;
  std::vector<uint8_t> cookie_, heartbeat_;
  uint32_t cookie_tag_ = 0;
  size_t answered_packets_ = 0, answered_bytes_ = 0;
};

}  // namespace
}  // namespace mailport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailport::fuzz::Input input(data, size);
  mailport::fuzz::Subject subject(static_cast<mailport::fuzz::State>(input.Below(mailport::fuzz::kStates)));
  while (!input.empty()) subject.Step(input);
  subject.End();
  return 0;
}
