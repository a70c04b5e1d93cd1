// However a stream is split into reads, and however many packets each turn may take, its packets are the same; and what that costs.
#include <string>

#include "check.h"
#include "framing.h"
#include "random.h"

namespace mailport::framing::test {
namespace {

using Packets = std::vector<std::string>;

constexpr PacketMode kPacketModes[] = {PacketMode::kOne, PacketMode::kTwo, PacketMode::kFour, PacketMode::kLine};

Format Mode(PacketMode mode, uint32_t buffer = kDefaultBufferBytes) { return {mode, '\n', 0, buffer, 0}; }

struct Stream {
  Format format;
  Packets packets;
  std::string bytes;
};

// Packets of every length up to `longest`, most of them short.
Stream RandomStream(sctp::test::Random& random, size_t count, size_t longest) {
  Stream stream{Mode(kPacketModes[random.Below(4)], 16 * 1024), {}, {}};
  const PacketMode mode = stream.format.mode;
  const size_t most = mode == PacketMode::kOne ? 255 : mode == PacketMode::kTwo ? 65535 : mode == PacketMode::kLine ? 16 * 1024 - 1 : longest;
  for (size_t i = 0; i < count; i++) {
    const size_t limit = random.Below(4) == 0 ? most : std::min<size_t>(most, 100);
    std::string packet(random.Below(limit + 1), static_cast<char>('a' + i % 26));
    if (mode == PacketMode::kLine) packet += '\n';
    stream.bytes += Framed(mode, packet);
    stream.packets.push_back(packet);
  }
  return stream;
}

}  // namespace

TEST("every split of a stream into three reads gives the same packets") {
  for (const PacketMode mode : kPacketModes) {
    Packets packets = {"one", "", "three", "a longer one", "x"};
    std::string stream;
    for (std::string& packet : packets) {
      if (mode == PacketMode::kLine) packet += '\n';
      stream += Framed(mode, packet);
    }
    for (size_t first = 0; first <= stream.size(); first++) {
      for (size_t second = first; second <= stream.size(); second++) {
        StreamReader reader(Mode(mode));
        reader.Come(stream.substr(0, first));
        reader.Come(stream.substr(first, second - first));
        reader.Come(stream.substr(second));
        check::Note("mode " + std::to_string(static_cast<int>(mode)) + ", split at " + std::to_string(first) + " and " + std::to_string(second));
        EXPECT_EQ(reader.packets, packets);
        EXPECT_EQ(reader.in.size(), 0u);
      }
    }
  }
}

TEST("any split, any number of packets a turn, and packets of any length give the same packets") {
  for (const uint64_t seed : check::Seeds(150)) {
    check::Note("SEED=" + std::to_string(seed));
    sctp::test::Random random(seed);
    const Stream stream = RandomStream(random, 60, 300'000);
    StreamReader reader(stream.format);
    // From byte by byte on, but so that it ends soon.
    const size_t longest_read = std::max(size_t{1} << random.Below(19), stream.bytes.size() / 2000);
    const bool limited = random.Below(2) == 0;
    for (size_t at = 0; at < stream.bytes.size();) {
      const size_t bytes = 1 + random.Below(longest_read);
      reader.packets_allowed = limited ? random.Below(4) : SIZE_MAX;
      reader.Come(stream.bytes.substr(at, bytes));
      at += bytes;
    }
    reader.packets_allowed = SIZE_MAX;
    reader.Read();
    EXPECT_EQ(reader.packets.size(), stream.packets.size());
    EXPECT_TRUE(reader.packets == stream.packets);
    EXPECT_EQ(reader.in.size(), 0u);
    EXPECT_EQ(reader.in.capacity(), 0u);
  }
}

TEST("bytes that come one by one are copied at most three times each, whatever the length of the packet") {
  for (const PacketMode mode : kPacketModes) {
    for (const size_t length : {size_t{10}, size_t{1000}, size_t{60'000}, size_t{200'000}}) {
      if (!WriteHeader(mode, length, std::array<uint8_t, kMaxHeaderBytes>{}.data())) continue;
      StreamReader reader(Mode(mode, 2'000'000));
      std::string packet(length, 'x');
      if (mode == PacketMode::kLine) packet += '\n';
      const std::string stream = Framed(mode, packet);
      for (const char byte : stream) reader.Come(std::string(1, byte));
      check::Note("mode " + std::to_string(static_cast<int>(mode)) + ", " + std::to_string(length) + " bytes");
      EXPECT_EQ(reader.packets, Packets{packet});
      EXPECT_TRUE(reader.copied <= 3 * stream.size());
    }
  }
}

TEST("small packets that come many at a time are copied once if the end of a read cuts them, and else not at all") {
  std::string stream;
  for (int i = 0; i < 10'000; i++) stream += Framed(PacketMode::kFour, std::string(64, 'x'));
  StreamReader reader(Mode(PacketMode::kFour));
  reader.Come(stream);
  EXPECT_EQ(reader.packets.size(), 10'000u);
  EXPECT_EQ(reader.reads, stream.size() / Inbound::kReadBytes + 1);
  EXPECT_TRUE(reader.copied <= reader.reads * 2 * 68);
}

// 64 KiB are cut by every read into the batch, 40 KiB by every other one.
constexpr size_t kLongPackets[] = {64 * 1024, 40 * 1024, 200'000};

TEST("of long packets in a row only the first is copied, and each takes one read for 64 KiB") {
  for (const size_t length : kLongPackets) {
    constexpr size_t kPackets = 100;
    std::string stream;
    for (size_t i = 0; i < kPackets; i++) stream += Framed(PacketMode::kFour, std::string(length, 'x'));
    StreamReader reader(Mode(PacketMode::kFour));
    reader.Come(stream);
    check::Note(std::to_string(length) + " bytes");
    EXPECT_EQ(reader.packets, Packets(kPackets, std::string(length, 'x')));
    EXPECT_TRUE(reader.given_away >= kPackets - 1);
    EXPECT_TRUE(reader.copied <= Inbound::kReadBytes);
    EXPECT_TRUE(reader.reads <= kPackets * (length / Inbound::kReadBytes + 1) + 2);
  }
}

TEST("a long packet that comes when the one before has been taken is not copied") {
  for (const size_t length : kLongPackets) {
    const std::string packet(length, 'x');
    StreamReader reader(Mode(PacketMode::kFour));
    reader.Come(Framed(PacketMode::kFour, packet));
    const size_t before = reader.copied;
    for (int i = 0; i < 10; i++) {
      reader.Come(Framed(PacketMode::kFour, packet));
      EXPECT_EQ(reader.in.capacity(), 0u);
    }
    check::Note(std::to_string(length) + " bytes");
    EXPECT_EQ(reader.packets, Packets(11, packet));
    EXPECT_EQ(reader.copied, before);
    EXPECT_EQ(reader.unused < length / 4 + 8192, true);
  }
}

TEST("short packets behind a long one are copied once at most, and soon not at all") {
  StreamReader reader(Mode(PacketMode::kFour));
  reader.Come(Framed(PacketMode::kFour, std::string(64 * 1024, 'x')));
  const size_t before = reader.copied;
  std::string stream;
  for (int i = 0; i < 10'000; i++) stream += Framed(PacketMode::kFour, std::string(64, 'x'));
  reader.Come(stream);
  EXPECT_EQ(reader.packets.size(), 10'001u);
  EXPECT_TRUE(reader.copied - before <= Inbound::kReadBytes + reader.reads * 2 * 68);
}

TEST("what a header announces is not allocated before it comes") {
  const std::string header("\x7f\xff\xff\xfb", 4);
  Format format = Mode(PacketMode::kFour);
  format.packet_size = kMaxPacketBytes;
  StreamReader reader(format);
  reader.Come(header);
  EXPECT_TRUE(reader.in.capacity() <= 4096);
  size_t come = header.size();
  for (const size_t bytes : {size_t{1}, size_t{1000}, size_t{100'000}, size_t{1'000'000}, size_t{10'000'000}}) {
    reader.Come(std::string(bytes, 'x'));
    come += bytes;
    check::Note(std::to_string(come) + " bytes");
    EXPECT_EQ(reader.in.size(), come);
    EXPECT_TRUE(reader.in.capacity() <= 2 * come + 64 * 1024 + 4);
  }
  EXPECT_TRUE(reader.packets.empty());
  EXPECT_TRUE(reader.copied <= 3 * Inbound::kReadBytes);
}

TEST("a packet keeps no more memory than it needs when it is given away, though lines grow beyond") {
  StreamReader reader(Mode(PacketMode::kLine, 1'000'000));
  const std::string line = std::string(300'000, 'x') + '\n';
  for (size_t at = 0; at < line.size(); at += 5000) reader.Come(line.substr(at, 5000));
  EXPECT_EQ(reader.packets, Packets{line});
  EXPECT_EQ(reader.given_away, 1u);
  // A quarter, and what the allocator adds to whole pages.
  EXPECT_TRUE(reader.unused <= line.size() / 4 + 8192);
}

TEST("a peer that announces as much as it may, and sends all but the last byte, is held in no more memory than that") {
  StreamReader reader(Mode(PacketMode::kFour));
  const size_t whole = kMaxHeaderBytes + kDefaultPacketBytes;
  reader.Come(std::string("\x04\0\0\0", 4));
  const std::string piece(64 * 1024, 'x');
  while (reader.in.size() + piece.size() < whole) reader.Come(piece);
  reader.Come(std::string(whole - 1 - reader.in.size(), 'x'));
  EXPECT_EQ(reader.in.size(), whole - 1);
  EXPECT_TRUE(reader.in.capacity() <= whole);
  EXPECT_TRUE(reader.packets.empty() && !reader.too_long);
}

}  // namespace mailport::framing::test
