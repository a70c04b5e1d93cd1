// Peers by the thousand that come and go: each packet finds the association that it is for, and none finds one that has ended.
#include <map>

#include "handshake.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

struct Town {
  struct Peer {
    uint32_t local_tag, peer_tag;
  };
  using Name = std::pair<uint32_t, uint16_t>;  // Address and port.

  Town() {
    pair.server.Set(pair.server_socket, Option::kMaxAssociationsPerPeer, 0, {200'000});
    pair.net.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.server) answers.push_back(packet);
      return false;
    };
    pair.net.watch = [this](const IpAddress& from, const IpAddress&, Bytes packet) {
      if (from == pair.server.address) answers.emplace_back(packet.begin(), packet.end());
    };
  }
  PacketRoute From(const Name& name) {
    PacketRoute route = pair.FromClient();
    Store32(route.remote.bytes.data(), name.first);
    return route;
  }
  const std::vector<std::vector<uint8_t>>& Say(const Name& name, const PacketBuilder& builder) {
    PacketBuilder packet = builder;
    answers.clear();
    pair.server.engine->SetNow(pair.net.now());
    pair.server.Inject(From(name), packet.Done());
    pair.server.engine->Flush();
    return answers;
  }
  bool Come(const Name& name, uint32_t tag) {
    const Offer offer = OfferIn(Say(name, PacketBuilder(name.second, kServerPort, 0).Init(tag, 1)));
    if (!offer.given()) return false;
    Say(name, PacketBuilder(name.second, kServerPort, offer.tag).Chunk(kChunkCookieEcho, 0, offer.cookie));
    pair.server.items(pair.server_socket).clear();
    peers[name] = {offer.tag, tag};
    return true;
  }
  void Go(const Name& name) {
    Say(name, PacketBuilder(name.second, kServerPort, peers[name].local_tag).Words(kChunkAbort, 0, {}));
    pair.server.items(pair.server_socket).clear();
    peers.erase(name);
  }
  uint8_t Ask(const Name& name, uint32_t tag) {
    const auto& packets = Say(name, PacketBuilder(name.second, kServerPort, tag).Words(kChunkHeartbeat, 0, {0x00010008, 1}));
    return packets.empty() ? 255 : ParsePacket(packets[0])->chunks.at(0).type;
  }

  Pair pair;
  std::vector<std::vector<uint8_t>> answers;
  std::map<Name, Peer> peers;
};

// Few names, so that a look-up often passes places of others, some of which have just been emptied.
TEST("peers that come, go and ask at random: whoever is there is answered under its tag alone, and whoever has gone gets an ABORT") {
  for (const uint64_t seed : check::Seeds(4)) {
    check::Note("seed " + std::to_string(seed));
    Town town;
    Random random(seed);
    size_t most = 0;
    for (uint32_t step = 1; step <= 6'000 && !check::Failed(); ++step) {
      // The town grows and shrinks.
      const bool grows = step / 500 % 2 == 0;
      const Town::Name name{0x0b000001 + static_cast<uint32_t>(random.Below(40)), static_cast<uint16_t>(1000 + random.Below(10))};
      const bool is_there = town.peers.contains(name);
      if (!is_there && random.Chance(grows ? 0.8 : 0.2)) {
        EXPECT_TRUE(town.Come(name, step));
      } else if (is_there && random.Chance(grows ? 0.2 : 0.8)) {
        town.Go(name);
      } else if (is_there) {
        EXPECT_EQ(town.Ask(name, town.peers[name].local_tag), kChunkHeartbeatAck);
        EXPECT_EQ(town.Ask(name, town.peers[name].local_tag + 1), 255);
      } else {
        EXPECT_EQ(town.Ask(name, step), kChunkAbort);
      }
      most = std::max(most, town.peers.size());
      EXPECT_EQ(town.pair.server.engine->stats().associations, town.peers.size());
      town.pair.net.RunFor(10 * kMillisecond);  // Strangers are answered 500 times a second.
    }
    EXPECT_TRUE(most > 200);
    while (!town.peers.empty()) town.Go(town.peers.begin()->first);
    EXPECT_EQ(town.pair.server.engine->stats().associations, 0u);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
