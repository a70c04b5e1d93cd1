// Changes in mid-stream: modes, exact lengths, bytes that are put back, limits of what is read. Every byte stays in order.
#include <string>

#include "check.h"
#include "framing.h"
#include "random.h"

namespace mailport::framing::test {
namespace {

using Packets = std::vector<std::string>;

Format Mode(PacketMode mode) { return {mode, '\n', 0, kDefaultBufferBytes, 0}; }

}  // namespace

// Reference trace 1.
TEST("packets beyond what may be given are held, and come later one by one") {
  StreamReader reader(Mode(PacketMode::kOne));
  reader.packets_allowed = 2;
  reader.Come("\1a\1b\1c\1d");
  EXPECT_EQ(reader.packets, (Packets{"a", "b"}));
  EXPECT_EQ(reader.in.size(), 4u);
  for (const char* packet : {"c", "d"}) {
    reader.packets_allowed = 1;
    reader.Read();
    EXPECT_EQ(reader.packets.back(), packet);
  }
  EXPECT_EQ(reader.in.size(), 0u);
}

// TM-22, TM-23.
TEST("what is held is cut anew when the mode changes, also a packet whose length was known") {
  StreamReader reader(Mode(PacketMode::kFour));
  reader.Come(std::string("\0\0\0\5ab", 6));
  EXPECT_TRUE(reader.packets.empty());
  reader.format.mode = PacketMode::kRaw;
  reader.in.FormatChanged();
  reader.Read();
  EXPECT_EQ(reader.packets, Packets{std::string("\0\0\0\5ab", 6)});
}

TEST("a line that was looked through for one delimiter is looked through anew for another") {
  StreamReader reader(Mode(PacketMode::kLine));
  reader.Come("a;b");
  reader.Come(";c");
  EXPECT_TRUE(reader.packets.empty());
  reader.format.delimiter = ';';
  reader.in.FormatChanged();
  reader.Read();
  EXPECT_EQ(reader.packets, (Packets{"a;", "b;"}));
  reader.format.mode = PacketMode::kTwo;
  reader.in.FormatChanged();
  reader.Come(std::string(0x6300 + 9, 'x'));
  EXPECT_TRUE(reader.packets.size() == 2);
  EXPECT_EQ(reader.in.size(), size_t{0x6300 + 10});
}

// TR-2.
TEST("an exact length is waited for, whatever the buffer, and nothing beyond it is read") {
  for (const size_t length : {size_t{1}, size_t{5}, size_t{1460}, size_t{5000}, size_t{16 * 1024}, size_t{100'000}, size_t{1'000'000}}) {
    for (const size_t piece : {size_t{1000}, size_t{70'000}, size_t{2'000'000}}) {
      StreamReader reader(Mode(PacketMode::kRaw));
      reader.format.expect = static_cast<uint32_t>(length);
      reader.packets_allowed = 1;
      std::string stream;
      for (size_t i = 0; i < length + 777; i++) stream += static_cast<char>('a' + i % 26);
      for (size_t at = 0; at < stream.size(); at += piece) reader.Come(stream.substr(at, piece));
      check::Note(std::to_string(length) + " in pieces of " + std::to_string(piece));
      EXPECT_EQ(reader.packets, Packets{stream.substr(0, length)});
      EXPECT_EQ(reader.unread(), 777u);
      EXPECT_EQ(reader.in.size(), 0u);
    }
  }
}

// TR-3, and reference trace 3.
TEST("bytes that came for an exact length stay when the wish is given up, or becomes a smaller one") {
  StreamReader reader(Mode(PacketMode::kRaw));
  reader.format.expect = 5;
  reader.Come("abc");
  EXPECT_TRUE(reader.packets.empty());
  reader.format.expect = 2;
  reader.in.FormatChanged();
  reader.Read();
  EXPECT_EQ(reader.packets, (Packets{"ab", "c"}));
}

// TR-12.
TEST("bytes that are put back come before those that are held, the last ones first") {
  StreamReader reader(Mode(PacketMode::kLine));
  reader.Come("end");
  reader.in.Prepend(BytesOf("middle "));
  reader.in.Prepend(BytesOf("first\nbegin "));
  reader.Read();
  reader.Come("\n");
  EXPECT_EQ(reader.packets, (Packets{"first\n", "begin middle end\n"}));
}

TEST("putting back byte by byte costs the same for each byte, however many there are") {
  StreamReader reader(Mode(PacketMode::kRaw));
  reader.format.buffer = 1'000'000;
  std::string expected;
  constexpr size_t kBytes = 200'000;
  for (size_t i = 0; i < kBytes; i++) reader.in.Prepend(BytesOf(std::string(1, static_cast<char>('a' + i % 26))));
  for (size_t i = kBytes; i > 0; i--) expected += static_cast<char>('a' + (i - 1) % 26);
  reader.Read();
  EXPECT_TRUE(reader.packets == Packets{expected});
}

TEST("modes that change at any moment lose no byte and double none") {
  for (const uint64_t seed : check::Seeds(300)) {
    check::Note("SEED=" + std::to_string(seed));
    sctp::test::Random random(seed);
    StreamReader reader(Mode(PacketMode::kRaw));
    reader.format.buffer = static_cast<uint32_t>(1 + random.Below(3000));
    std::string sent, expected;
    for (int step = 0; step < 40; step++) {
      // A packet of the present mode, whole, and then one of which the first bytes are looked at in the present mode and the whole in mode raw.
      const PacketMode mode = std::array{PacketMode::kOne, PacketMode::kTwo, PacketMode::kFour, PacketMode::kLine}[random.Below(4)];
      reader.format.mode = mode;
      reader.format.buffer = 100'000;
      reader.in.FormatChanged();
      std::string packet(random.Below(mode == PacketMode::kOne ? 200 : 40'000), static_cast<char>('a' + step % 26));
      if (mode == PacketMode::kLine) packet += '\n';
      const std::string framed = Framed(mode, packet);
      const std::string cut = framed.substr(0, random.Below(framed.size()));
      const size_t split = random.Below(framed.size() + 1);
      reader.Come(framed.substr(0, split));
      reader.Come(framed.substr(split) + cut);
      expected += packet + cut;
      reader.format.mode = PacketMode::kRaw;
      reader.format.buffer = static_cast<uint32_t>(1 + random.Below(3000));
      reader.in.FormatChanged();
      reader.Read();
    }
    for (const std::string& packet : reader.packets) sent += packet;
    EXPECT_TRUE(sent == expected);
    EXPECT_EQ(reader.in.size(), 0u);
  }
}

}  // namespace mailport::framing::test
