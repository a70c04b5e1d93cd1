// The fixture of two hosts, and the checks on what arrives.
#include "pair.h"

#include <cstring>

#include <algorithm>
#include <cerrno>
#include <map>

namespace mailport::sctp::test {

Pair::Pair(uint64_t seed)
    : net(seed), client(net.AddHost("client", Ipv4(10, 0, 0, 1))), server(net.AddHost("server", Ipv4(10, 0, 0, 2))) {
  client_socket = client.Open(kClientPort);
  server_socket = server.Open(kServerPort);
  EXPECT_EQ(server.engine->Listen(server_socket, kBacklog), 0);
  net.tap = [this](SimHost& from, SimHost& to, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet)) {
      if (chunk.type != kChunkInit && chunk.type != kChunkInitAck) continue;
      (&from == &client ? tag_to_client : tag_to_server) = chunk.Word(0);
      (&from == &client ? client_tsn : server_tsn) = chunk.Word(12);
    }
    return !tap || tap(from, to, packet);
  };
}

int Pair::Connect() {
  IpAddress target = server.address;
  client.engine->SetNow(net.now());
  return client.engine->Connect(client_socket, {&target, 1}, kServerPort, false, &client_assoc);
}

void Pair::Establish() {
  REQUIRE(Connect() == 0);
  REQUIRE(net.RunUntil([&] { return !client.items(client_socket).empty() && !server.items(server_socket).empty(); }));
  auto up = client.Take(client_socket), up_too = server.Take(server_socket);
  REQUIRE(up.size() == 1 && up[0].IsChange(AssocState::kCommUp) && up[0].item.assoc_id == client_assoc);
  REQUIRE(up_too.size() == 1 && up_too[0].IsChange(AssocState::kCommUp));
  server_assoc = up_too[0].item.assoc_id;
  net.Settle();
}

PacketRoute Pair::FromClient() const {
  return {.carrier = 1, .local = server.address, .remote = client.address, .remote_udp_port = kClientPort};
}

PacketRoute Pair::FromServer() const {
  return {.carrier = 1, .local = client.address, .remote = server.address, .remote_udp_port = kServerPort};
}

Message MessageOf(uint32_t number, size_t size, uint32_t stream, uint32_t flags) {
  Message message{stream, flags, std::vector<uint8_t>(size)};
  Random(number).Fill(message.data);
  if (size >= 4) Store32(message.data.data(), number);
  return message;
}

void Sender::Pump() {
  while (!done()) {
    const Message& message = messages_[next_];
    int error = host_.Send(socket_, assoc_, message.stream, message.data, message.flags, static_cast<uint32_t>(next_));
    if (error == EAGAIN) return;
    if (!EXPECT_EQ(error, 0)) throw check::Abandoned{};
    next_++;
  }
}

// The ppid is the message's number in `sent`.
bool ExpectAllArrived(const std::vector<OwnedItem>& items, const std::vector<Message>& sent) {
  std::vector<bool> seen(sent.size());
  std::map<uint32_t, uint32_t> last_of_stream;
  bool good = true;
  size_t count = 0;
  for (const OwnedItem& owned : items) {
    if (owned.item.kind != ItemKind::kData) continue;
    count++;
    uint32_t number = owned.item.ppid;
    if (!EXPECT_TRUE(number < sent.size())) return false;
    const Message& message = sent[number];
    bool unordered = (message.flags & kFlagUnordered) != 0;
    good = EXPECT_FALSE(seen[number]) && EXPECT_TRUE(owned.bytes == message.data) && EXPECT_EQ(owned.item.stream, message.stream) &&
           EXPECT_EQ((owned.item.flags & kFlagUnordered) != 0, unordered) && good;
    seen[number] = true;
    if (unordered) continue;
    auto [last, first_of_stream] = last_of_stream.try_emplace(message.stream, number);
    if (!first_of_stream) {
      good = EXPECT_TRUE(last->second < number) && good;
      last->second = number;
    }
  }
  return EXPECT_EQ(count, sent.size()) && good;
}

bool Transfer(Pair& pair, std::vector<Message> to_server, std::vector<Message> to_client, TimeUs limit) {
  Sender up(pair.client, pair.client_socket, pair.client_assoc, std::move(to_server));
  Sender down(pair.server, pair.server_socket, pair.server_assoc, std::move(to_client));
  auto count = [](const std::vector<OwnedItem>& items) {
    return static_cast<size_t>(std::count_if(items.begin(), items.end(), [](const OwnedItem& i) { return i.item.kind == ItemKind::kData; }));
  };
  pair.net.app = [&] {
    up.Pump();
    down.Pump();
  };
  auto& at_server = pair.server.items(pair.server_socket);
  auto& at_client = pair.client.items(pair.client_socket);
  bool in_time = pair.net.RunUntil(
      [&] { return up.done() && down.done() && count(at_server) >= up.messages().size() && count(at_client) >= down.messages().size(); },
      limit);
  pair.net.app = nullptr;
  EXPECT_TRUE(in_time);
  bool good = ExpectAllArrived(at_server, up.messages());
  return ExpectAllArrived(at_client, down.messages()) && good && in_time;
}

Wire::Wire(Pair& pair) {
  pair.tap = [this](SimHost& from, SimHost&, std::vector<uint8_t>& packet) {
    for (const ChunkView& chunk : ChunksOf(packet)) types.push_back(chunk.type);
    packets.push_back({&from, packet});
    return true;
  };
}

int Wire::Count(uint8_t type) const { return static_cast<int>(std::count(types.begin(), types.end(), type)); }

std::vector<uint8_t> Wire::First(uint8_t type, size_t start) const {
  for (size_t i = start; i < packets.size(); i++)
    if (HasChunk(packets[i].second, type)) return packets[i].second;
  return {};
}

Tap DropFirst(uint8_t type, int count) {
  return [type, count](SimHost&, SimHost&, std::vector<uint8_t>& packet) mutable { return !(HasChunk(packet, type) && count-- > 0); };
}

bool WorksBothWays(Pair& pair) {
  return Transfer(pair, {MessageOf(1, 100), MessageOf(2, 5000)}, {MessageOf(3, 100), MessageOf(4, 5000)});
}

std::vector<std::vector<uint8_t>> AnswersTo(Pair& pair, Bytes packet) {
  std::vector<std::vector<uint8_t>> answers;
  pair.tap = [&](SimHost& from, SimHost&, std::vector<uint8_t>& sent) {
    if (&from == &pair.server) answers.push_back(sent);
    return false;
  };
  pair.server.Inject(pair.FromClient(), packet);
  pair.net.Settle();
  pair.tap = nullptr;
  return answers;
}

// Of a re-configuration event: whose streams, and why nothing was done.
static std::string FlagsOf(uint32_t flags) {
  std::string names;
  for (const auto& [bit, name] : {std::pair{kResetIncoming, "in"}, {kResetOutgoing, "out"}, {kResetDenied, "denied"}, {kResetFailed, "failed"}})
    if ((flags & bit) != 0) names += (names.empty() ? "(" : " ") + std::string(name);
  return names.empty() ? names : names + ")";
}

std::string Story(const std::vector<OwnedItem>& items) {
  static constexpr const char* kChanges[] = {"comm_up", "comm_lost", "restart", "shutdown_comp", "cant_assoc"};
  std::string story;
  for (const OwnedItem& owned : items) {
    if (!story.empty()) story += ' ';
    const Item& item = owned.item;
    switch (item.kind) {
      case ItemKind::kData: story += "data:" + (owned.bytes.size() > 20 ? std::to_string(owned.bytes.size()) : owned.Text()); break;
      case ItemKind::kAssocChange:
        story += item.state < std::size(kChanges) ? kChanges[item.state] : "?";
        if (item.error != 0) story += "(" + std::to_string(item.error) + ")";
        break;
      case ItemKind::kShutdownEvent: story += "shutdown_event"; break;
      case ItemKind::kSendFailed: story += item.state ? "send_failed:sent" : "send_failed:unsent"; break;
      case ItemKind::kPeerAddrChange: story += "addr" + std::to_string(item.state); break;
      case ItemKind::kAdaptation: story += "adaptation:" + std::to_string(item.value); break;
      case ItemKind::kRemoteError: story += "remote_error"; break;
      case ItemKind::kStreamReset:
        story += "reset" + FlagsOf(item.state);
        for (size_t at = 0; at + 2 <= owned.bytes.size(); at += 2) {
          uint16_t stream = 0;
          std::memcpy(&stream, &owned.bytes[at], sizeof stream);
          story += (at == 0 ? ":" : ",") + std::to_string(stream);
        }
        break;
      case ItemKind::kAssocReset: story += "renumbered" + FlagsOf(item.state); break;
      case ItemKind::kStreamChange:
        story += "added" + FlagsOf(item.state) + ":out" + std::to_string(item.outbound_streams) + ",in" + std::to_string(item.inbound_streams);
        break;
      case ItemKind::kAuthentication: story += (item.state == 0 ? "new_key:" : item.state == 1 ? "free_key:" : "no_auth:") + std::to_string(item.value); break;
      default: story += "?";
    }
  }
  return story;
}

}  // namespace mailport::sctp::test
