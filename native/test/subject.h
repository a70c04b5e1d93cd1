// One end of an association, brought into any of its states. From then on the test speaks for the other end.
#pragma once

#include <array>

#include "pair.h"

namespace mailport::sctp::test {

enum State { kCookieWait, kCookieEchoed, kUp, kPending, kSent, kReceived, kAckSent, kStates };

constexpr std::array<const char*, kStates> kStateNames = {"cookie_wait",   "cookie_echoed",     "established",      "shutdown_pending",
                                                          "shutdown_sent", "shutdown_received", "shutdown_ack_sent"};

// The client in one of the states. From then on the test speaks for its peer, and no packet of the client arrives.
struct Subject {
  explicit Subject(State wanted) {
    if (wanted <= kCookieEchoed) {
      const uint8_t last = wanted == kCookieWait ? kChunkInit : kChunkCookieEcho;
      pair.tap = [last](SimHost&, SimHost&, std::vector<uint8_t>& packet) { return !HasChunk(packet, last); };
      REQUIRE(pair.Connect() == 0);
      pair.net.RunFor(20 * kMillisecond);
    } else {
      pair.Establish();
    }
    pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
      if (&from == &pair.client) answers.push_back(packet);
      return false;
    };
    if (wanted == kPending || wanted == kReceived)
      EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, AsBytesOf("unacknowledged")), 0);
    if (wanted == kPending || wanted == kSent) EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, 0, {}, kFlagEof), 0);
    pair.net.Settle();
    if (wanted == kReceived || wanted == kAckSent) Get(Packet().Words(kChunkShutdown, 0, {pair.client_tsn - 1}));
    REQUIRE(StateName() == kStateNames[wanted]);
    pair.client.Take(pair.client_socket);
    answers.clear();
  }

  PacketBuilder Packet() { return Packet(pair.tag_to_client); }
  PacketBuilder Packet(uint32_t tag) { return PacketBuilder(kServerPort, kClientPort, tag); }

  // "ANSWER ANSWER, state, event": parts without content are left out; the state is only there if it has changed.
  std::string Get(PacketBuilder packet) {
    const std::string before = StateName();
    answers.clear();
    pair.client.Inject(pair.FromServer(), packet.Done());
    pair.net.Settle();
    std::string story;
    const auto add = [&](const std::string& part) { story += part.empty() ? "" : (story.empty() ? "" : ", ") + part; };
    add(Answers());
    if (StateName() != before) add(StateName());
    add(Story(pair.client.Take(pair.client_socket)));
    return story;
  }

  std::string StateName() {
    const auto status = pair.client.Get(pair.client_socket, Option::kStatus, pair.client_assoc);
    return status.empty() ? "gone" : kStateNames.at(status[0] - 2);
  }

  // The chunks of all answers, with "!" behind each chunk whose packet does not carry the peer's tag.
  std::string Answers() {
    std::string names;
    for (const auto& packet : answers) {
      EXPECT_EQ(FaultOf(packet), "");
      const std::string text = Describe(packet);
      const auto view = ParsePacket(packet);
      for (const ChunkView& chunk : view->chunks) {
        std::string name = Describe(PacketBuilder(1, 2, 3).Chunk(chunk.type, chunk.flags, {}).Done());
        name = name.substr(name.rfind(' ') + 1);
        if (chunk.type == kChunkData) name = "DATA";
        if (chunk.type == kChunkSack) name = "SACK";
        names += (names.empty() ? "" : " ") + name + (view->tag == pair.tag_to_server ? "" : "!");
      }
    }
    return names;
  }

  Pair pair;
  std::vector<std::vector<uint8_t>> answers;
};

}  // namespace mailport::sctp::test
