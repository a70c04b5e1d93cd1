// RFC 8260 between two engines: what is agreed on, which chunks then carry data, what a peer that keeps to neither is answered, and options.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "handshake.h"
#include "interleaving.h"

namespace mailport::sctp::test {
namespace {

constexpr uint8_t kB = kDataBegin, kE = kDataEnd, kWhole = kB | kE;

// The value of the Supported Extensions parameter in an INIT or INIT ACK.
std::vector<uint8_t> Extensions(const ChunkView& chunk) {
  for (Bytes rest = chunk.body.subspan(16); rest.size() >= 4;) {
    const size_t length = Load16(&rest[2]);
    if (Load16(&rest[0]) == kParamSupportedExtensions) return {rest.begin() + 4, rest.begin() + static_cast<long>(length)};
    rest = rest.subspan(std::min(Padded(length), rest.size()));
  }
  return {};
}

bool IsProtocolViolation(const std::vector<uint8_t>& packet) {
  for (const ChunkView& chunk : ChunksOf(packet))
    if (chunk.type == kChunkAbort) return chunk.Word(0) >> 16 == kCauseProtocolViolation;
  return false;
}

TEST("§2.2.1: no end offers it unless the user asks; both have it only if both offer it") {
  EXPECT_EQ(Pair().client.Get(Pair().client_socket, Option::kInterleavingSupported), (std::vector<uint32_t>{0}));
  for (const auto& [client, server] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    Interleaving pair(1, client, server);
    std::map<uint8_t, std::vector<uint8_t>> offers;
    pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
      for (const ChunkView& chunk : ChunksOf(packet))
        if (chunk.type == kChunkInit || chunk.type == kChunkInitAck) offers[chunk.type] = Extensions(chunk);
      return true;
    };
    pair.Establish();
    const std::vector<uint8_t> both{kChunkIData, kChunkIForwardTsn}, none;
    EXPECT_EQ(offers[kChunkInit], client ? both : none);
    EXPECT_EQ(offers[kChunkInitAck], client && server ? both : none);
    EXPECT_EQ(pair.Agreed(), client && server);
    Wire wire(pair);
    EXPECT_TRUE(WorksBothWays(pair));
    EXPECT_TRUE(wire.Count(client && server ? kChunkIData : kChunkData) > 0);
    EXPECT_EQ(wire.Count(client && server ? kChunkData : kChunkIData), 0);
    for (const auto& [from, packet] : wire.packets) EXPECT_EQ(FaultOf(packet), "");
    // For associations that are there the option changes nothing.
    EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kInterleavingSupported, pair.client_assoc, {!client}), 0);
    EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kInterleavingSupported), (std::vector<uint32_t>{!client}));
    EXPECT_EQ(pair.Agreed(), client && server);
  }
}

TEST("an end without partial reliability does not list I-FORWARD-TSN, and then neither has it") {
  Interleaving pair;
  pair.server.Set(pair.server_socket, Option::kPrSupported, 0, {0});
  std::vector<uint8_t> answer;
  pair.tap = [&](SimHost&, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet))
      if (chunk.type == kChunkInitAck) answer = Extensions(chunk);
    return true;
  };
  pair.Establish();
  EXPECT_EQ(answer, (std::vector<uint8_t>{kChunkIData}));
  EXPECT_TRUE(pair.Agreed());
  EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kPrSupported, pair.client_assoc), (std::vector<uint32_t>{0}));
}

TEST("§2.2.3, §2.3.1: the chunk of the other kind ends the association, as a protocol violation") {
  for (const bool agreed : {true, false}) {
    for (const bool is_data : {true, false}) {
      Interleaving pair(1, agreed, agreed);
      pair.Establish();
      std::vector<uint8_t> body(4);
      Store32(body.data(), pair.client_tsn + 5);
      std::vector<uint8_t> packet;
      if (is_data) {
        packet = agreed ? PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Data(pair.client_tsn, 0, 0, AsBytesOf("x")).Done()
                        : pair.Fragment(0, 0, 0, 0, kWhole);
      } else {
        packet = agreed ? PacketBuilder(kClientPort, kServerPort, pair.tag_to_server).Chunk(kChunkForwardTsn, 0, body).Done() : pair.Forward(5);
      }
      const auto answers = AnswersOf(pair, pair.server, pair.FromClient(), packet);
      REQUIRE(answers.size() == 1);
      EXPECT_TRUE(IsProtocolViolation(answers[0]));
      EXPECT_EQ(pair.ServerStory(), "comm_lost(13)");
    }
  }
}

TEST("fragments that contradict each other end the association; one without payload does so for want of data") {
  Interleaving pair;
  pair.Establish();
  pair.ToServer(pair.Fragment(0, 1, 0, 0, kB));
  pair.ToServer(pair.Fragment(1, 1, 0, 1, 0));
  auto answers = AnswersOf(pair, pair.server, pair.FromClient(), pair.Fragment(2, 1, 0, 1, 0));
  REQUIRE(answers.size() == 1);
  EXPECT_TRUE(IsProtocolViolation(answers[0]));
  EXPECT_EQ(pair.ServerStory(), "comm_lost(13)");
  Interleaving empty;
  empty.Establish();
  answers = AnswersOf(empty, empty.server, empty.FromClient(), empty.Fragment(0, 1, 0, 0, kWhole, ""));
  REQUIRE(answers.size() == 1);
  const auto chunks = ChunksOf(answers[0]);
  EXPECT_TRUE(chunks[0].type == kChunkAbort && chunks[0].Word(0) >> 16 == kCauseNoUserData && chunks[0].Word(4) == empty.client_tsn);
}

TEST("10,000 half messages of a peer hold four windows at most, and leave with the association") {
  Interleaving pair;
  pair.server.Set(pair.server_socket, Option::kRecbuf, 0, {64 * 1024});
  pair.Establish();
  pair.server.engine->SetCredit(pair.server_socket, 0);
  auto held = [&] { return pair.server.Get(pair.server_socket, Option::kHeld).at(1); };
  const uint32_t before = held();
  uint32_t most = 0;
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };  // The client hears nothing.
  for (uint32_t number = 0; number < 10'000; ++number) {
    pair.server.Inject(pair.FromClient(), pair.Fragment(number, static_cast<uint16_t>(number % 10), number / 10, 0, kB));
    most = std::max(most, held() - before);
  }
  EXPECT_TRUE(most > 64 * 1024 && most <= 4 * 64 * 1024 + 4096);
  pair.server.engine->Close(pair.server_socket, true);
}

TEST("§2.1: with a peer that knows I-FORWARD-TSN and does not list it, as Linux, the second fragment has the number 0, both ways") {
  Interleaving pair;
  pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {4 << 20});
  pair.server.Set(pair.server_socket, Option::kSndbuf, 0, {4 << 20});
  std::map<SimHost*, std::set<uint32_t>> numbers;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet)) {
      if (chunk.type == kChunkInit || chunk.type == kChunkInitAck) {
        const std::vector<uint8_t> both{kChunkIData, kChunkIForwardTsn};
        REQUIRE(Extensions(chunk) == both);
        std::search(packet.begin(), packet.end(), both.begin(), both.end())[1] = kChunkIData;
        FixChecksum(&packet);
        break;
      }
      if (chunk.type == kChunkIData && (chunk.flags & kB) == 0) numbers[&from].insert(chunk.Word(12));
    }
    return true;
  };
  pair.Establish();
  EXPECT_TRUE(pair.Agreed());
  EXPECT_TRUE(Transfer(pair, {MessageOf(1, 100'000, 8), MessageOf(2, 100, 1)}, {MessageOf(3, 100'000, 8)}));
  for (SimHost* host : {&pair.client, &pair.server}) {
    const auto& used = numbers[host];
    REQUIRE(used.size() > 1);
    EXPECT_EQ(*used.begin(), 0u);
    EXPECT_EQ(*used.rbegin(), used.size() - 1);
  }
  (void)pair.server.Take(pair.server_socket);
  (void)pair.client.Take(pair.client_socket);
  pair.net.link.loss = 0.05;
  EXPECT_TRUE(Transfer(pair, {MessageOf(4, 1 << 20, 7), MessageOf(5, 2000, 1)}, {MessageOf(6, 1 << 20, 7)}));
}

TEST("whole transfers: many streams, sizes from a byte to a megabyte, ordered and not, with every scheduler, over a network that loses and reorders") {
  for (const Scheduler scheduler : {Scheduler::kFirstCome, Scheduler::kPriority, Scheduler::kRoundRobin, Scheduler::kFairCapacity, Scheduler::kWeighted,
                                    Scheduler::kRoundRobinPerPacket}) {
    for (const bool interleaves : {true, false}) {
      const auto number = static_cast<uint32_t>(scheduler);
      Interleaving pair(7 + number, interleaves, interleaves);
      EXPECT_EQ(pair.client.Set(pair.client_socket, Option::kStreamScheduler, 0, {number}), 0);
      pair.client.Set(pair.client_socket, Option::kSndbuf, 0, {4 << 20});
      pair.net.link.loss = 0.02;
      pair.net.link.reorder = 0.02;
      pair.Establish();
      EXPECT_EQ(pair.client.Get(pair.client_socket, Option::kStreamScheduler, pair.client_assoc), (std::vector<uint32_t>{number}));
      std::vector<Message> messages;
      Random random(number);
      for (uint32_t index = 0; index < 120; ++index) {
        const size_t size = index == 50 ? 1 << 20 : 1 + random.Below(random.Chance(0.2) ? 60'000 : 600);
        messages.push_back(MessageOf(index, size, static_cast<uint32_t>(random.Below(10)), random.Chance(0.2) ? kFlagUnordered : 0));
      }
      check::Note("scheduler " + std::to_string(number) + (interleaves ? " with" : " without") + " interleaving");
      EXPECT_TRUE(Transfer(pair, messages, {MessageOf(1, 5000)}));
      EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kHeld, pair.server_assoc).at(1) < 4096, true);
    }
  }
}

TEST("RFC 3758 with I-DATA: a message given up in the middle is skipped by an I-FORWARD-TSN, ordered or unordered, and no other") {
  for (const uint32_t unordered : {0u, kFlagUnordered}) {
    Interleaving pair;
    pair.client.Set(pair.client_socket, Option::kStreamScheduler, 0, {static_cast<uint32_t>(Scheduler::kRoundRobin)});
    pair.Establish();
    Wire wire(pair);
    bool cut = true;
    const Tap watch = pair.tap;
    pair.tap = [&, watch](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) { return watch(from, to, packet) && !(cut && &from == &pair.client); };
    auto send = [&](const std::string& text, uint32_t stream, uint32_t flags, uint32_t limit) {
      SendParams params;
      params.assoc_id = pair.client_assoc, params.stream = stream, params.flags = flags, params.time_to_live_ms = limit;
      EXPECT_EQ(pair.client.engine->Send(pair.client_socket, params, AsBytesOf(text)), 0);
    };
    send(std::string(4000, 'a'), 1, kFlagPrTtl | unordered, 500);
    send(std::string(4000, 'b'), 2, 0, 0);
    pair.net.RunFor(100 * kMillisecond);
    cut = false;
    pair.net.RunFor(20 * kSecond);
    send("next", 1, unordered, 0);
    pair.net.RunFor(kSecond);
    EXPECT_EQ(wire.Count(kChunkForwardTsn), 0);
    const std::vector<uint8_t> skip = wire.First(kChunkIForwardTsn);
    REQUIRE(!skip.empty());
    std::set<std::string> entries;
    for (const auto& [from, packet] : wire.packets) {
      for (const ChunkView& chunk : ChunksOf(packet)) {
        if (chunk.type != kChunkIForwardTsn) continue;
        for (size_t at = 4; at < chunk.body.size(); at += 8) entries.insert(std::to_string(chunk.Word(at)) + "," + std::to_string(chunk.Word(at + 4)));
      }
    }
    EXPECT_TRUE(entries == (std::set<std::string>{std::to_string(1 << 16 | (unordered != 0 ? 1 : 0)) + ",0"}));
    EXPECT_EQ(pair.ServerStory(), "data:4000 data:next");
    EXPECT_TRUE(pair.client.Get(pair.client_socket, Option::kPrAssocStatus, pair.client_assoc) == (std::vector<uint32_t>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(pair.server.Get(pair.server_socket, Option::kHeld, pair.server_assoc).at(1) < 2000, true);
  }
}

TEST("options: levels as Linux has them, schedulers by number, values of streams for those that use them alone") {
  Interleaving pair(1, false, false);
  SimHost& host = pair.client;
  const SocketId socket = pair.client_socket;
  auto get = [&](Option option, AssocId assoc = 0, uint16_t stream = 0) {
    std::vector<uint32_t> values;
    return host.engine->GetOption(socket, option, OptionKey{assoc, {}, 0, stream}, &values) == 0 ? values : std::vector<uint32_t>{};
  };
  using Values = std::vector<uint32_t>;
  EXPECT_EQ(get(Option::kFragmentInterleave), Values{0});
  EXPECT_EQ(host.Set(socket, Option::kFragmentInterleave, 0, {2}), 0);
  EXPECT_EQ(get(Option::kFragmentInterleave), Values{1});
  EXPECT_EQ(host.Set(socket, Option::kInterleavingSupported, 0, {1}), 0);
  EXPECT_EQ(host.Set(socket, Option::kFragmentInterleave, 0, {0}), 0);
  EXPECT_EQ(get(Option::kInterleavingSupported), Values{0});
  EXPECT_EQ(host.Set(socket, Option::kInterleavingSupported, 0, {1}), 0);
  EXPECT_EQ(get(Option::kFragmentInterleave), Values{1});
  pair.Establish();
  const AssocId assoc = pair.client_assoc;
  EXPECT_EQ(host.Set(socket, Option::kStreamScheduler, 0, {6}), EINVAL);
  EXPECT_EQ(host.Set(socket, Option::kStreamScheduler, 0, {}), EINVAL);
  EXPECT_EQ(host.Set(socket, Option::kStreamSchedulerValue, assoc, {1, 5}), EINVAL);  // First come, first served.
  EXPECT_EQ(host.Set(socket, Option::kStreamScheduler, assoc, {1}), 0);
  EXPECT_EQ(get(Option::kStreamScheduler), Values{0});
  EXPECT_EQ(get(Option::kStreamScheduler, assoc), Values{1});
  EXPECT_EQ(host.Set(socket, Option::kStreamSchedulerValue, 0, {1, 5}), EINVAL);  // No association.
  EXPECT_EQ(host.Set(socket, Option::kStreamSchedulerValue, assoc, {10, 5}), EINVAL);
  EXPECT_EQ(host.Set(socket, Option::kStreamSchedulerValue, assoc, {1, 65'536}), EINVAL);
  EXPECT_EQ(host.Set(socket, Option::kStreamSchedulerValue, assoc, {1, 5}), 0);
  EXPECT_EQ(get(Option::kStreamSchedulerValue, assoc, 1), (Values{1, 5}));
  EXPECT_EQ(get(Option::kStreamSchedulerValue, assoc, 9), (Values{9, 0}));
  EXPECT_EQ(get(Option::kStreamSchedulerValue, assoc, 10), Values{});
  EXPECT_EQ(host.Set(socket, Option::kStreamScheduler, assoc, {1}), 0);
  EXPECT_EQ(get(Option::kStreamSchedulerValue, assoc, 1), (Values{1, 5}));  // The same scheduler.
  EXPECT_EQ(host.Set(socket, Option::kStreamScheduler, assoc, {4}), 0);
  EXPECT_EQ(get(Option::kStreamSchedulerValue, assoc, 1), (Values{1, 1}));
  EXPECT_EQ(host.Set(socket, Option::kStreamSchedulerValue, assoc, {1, 0}), EINVAL);
}

TEST("a peer that comes back begins again with what it offers then, and finds the scheduler and its values as they were") {
  Interleaving pair;
  pair.Establish();
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kStreamScheduler, pair.server_assoc, {1}), 0);
  EXPECT_EQ(pair.server.Set(pair.server_socket, Option::kStreamSchedulerValue, pair.server_assoc, {3, 7}), 0);
  EXPECT_TRUE(WorksBothWays(pair));
  pair.client.Crash();
  pair.client_socket = pair.client.Open(kClientPort);
  pair.server.Take(pair.server_socket);
  REQUIRE(pair.Connect() == 0);
  REQUIRE(pair.net.RunUntil([&] { return !pair.client.items(pair.client_socket).empty() && !pair.server.items(pair.server_socket).empty(); }));
  EXPECT_EQ(pair.ServerStory(), "restart");
  pair.client.Take(pair.client_socket);
  EXPECT_FALSE(pair.Agreed());
  std::vector<uint32_t> value;
  EXPECT_EQ(pair.server.engine->GetOption(pair.server_socket, Option::kStreamSchedulerValue, OptionKey{pair.server_assoc, {}, 0, 3}, &value), 0);
  EXPECT_EQ(value, (std::vector<uint32_t>{3, 7}));
  EXPECT_TRUE(WorksBothWays(pair));
}

TEST("what has not been sent when the association ends is reported oldest first, whatever the scheduler") {
  Interleaving pair;
  pair.client.Set(pair.client_socket, Option::kStreamScheduler, 0, {1});
  pair.Establish();
  pair.client.Set(pair.client_socket, Option::kStreamSchedulerValue, pair.client_assoc, {1, 9});
  pair.tap = [](SimHost&, SimHost&, std::vector<uint8_t>&) { return false; };
  for (const auto& [text, stream] : {std::pair{std::string(60'000, 'a'), 1u}, {std::string("b"), 2u}, {std::string("c"), 1u}, {std::string("d"), 2u}})
    EXPECT_EQ(pair.client.Send(pair.client_socket, pair.client_assoc, stream, AsBytesOf(text)), 0);
  pair.net.Settle();
  SendParams abort;
  abort.assoc_id = pair.client_assoc, abort.flags = kFlagAbort;
  pair.client.engine->Send(pair.client_socket, abort, {});
  pair.net.Settle();
  std::map<char, size_t> bytes;
  std::string order;
  for (const OwnedItem& owned : pair.client.Take(pair.client_socket)) {
    if (owned.item.kind != ItemKind::kSendFailed) continue;
    if (owned.item.state == 0 && (order.empty() || order.back() != static_cast<char>(owned.bytes[0]))) order += static_cast<char>(owned.bytes[0]);
    bytes[static_cast<char>(owned.bytes[0])] += owned.bytes.size();
  }
  EXPECT_TRUE(bytes == (std::map<char, size_t>{{'a', 60'000}, {'b', 1}, {'c', 1}, {'d', 1}}));
  EXPECT_TRUE(order.ends_with('c'));
}

}  // namespace
}  // namespace mailport::sctp::test
