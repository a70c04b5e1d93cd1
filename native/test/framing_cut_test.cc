// Where packets end: each mode at its edges, and headers of packets that are sent.
#include "../src/framing/cut.h"

#include <string>

#include "check.h"
#include "framing.h"

namespace mailport::framing::test {
namespace {

using Packets = std::vector<std::string>;

Format Mode(PacketMode mode, uint32_t packet_size = 0, uint32_t buffer = kDefaultBufferBytes) { return {mode, '\n', packet_size, buffer, 0}; }

Packets Cuts(const Format& format, const std::string& stream) {
  StreamReader reader(format);
  reader.Come(stream);
  if (reader.too_long) reader.packets.push_back("too long");
  return reader.packets;
}

}  // namespace

// TM-3: 5000 bytes come as 1460, 1460, 1460, 620.
TEST("mode raw gives pieces of at most the buffer") {
  const Packets packets = Cuts(Mode(PacketMode::kRaw), std::string(5000, 'x'));
  REQUIRE(packets.size() == 4);
  for (size_t i = 0; i < 3; i++) EXPECT_EQ(packets[i].size(), 1460u);
  EXPECT_EQ(packets[3].size(), 620u);
}

// TM-5, TM-6.
TEST("packets with a header of 1, 2 and 4 bytes are taken apart, empty ones too") {
  for (const PacketMode mode : {PacketMode::kOne, PacketMode::kTwo, PacketMode::kFour}) {
    const Packets packets = {"a", "", "bcd", std::string(255, 'e')};
    std::string stream;
    for (const std::string& packet : packets) stream += Framed(mode, packet);
    EXPECT_EQ(Cuts(Mode(mode), stream), packets);
    EXPECT_EQ(Cuts(Mode(mode), stream + Framed(mode, "not all").substr(0, HeaderBytes(mode) + 3)), packets);
  }
}

// TM-8.
TEST("a packet as long as packet_size is taken, and one byte more is too long as soon as its header is there") {
  for (const PacketMode mode : {PacketMode::kOne, PacketMode::kTwo, PacketMode::kFour}) {
    const std::string ten(10, 'x');
    EXPECT_EQ(Cuts(Mode(mode, 10), Framed(mode, ten)), Packets{ten});
    // TM-10: the good packet comes first, and the error does not wait for more bytes.
    EXPECT_EQ(Cuts(Mode(mode, 10), Framed(mode, ten) + Framed(mode, ten + "x").substr(0, HeaderBytes(mode))), (Packets{ten, "too long"}));
  }
}

// TM-8: OTP sets no limit without packet_size; here it is 64 MiB. A larger packet_size reaches as far as a signed number of 32 bits has header and packet.
TEST("a header of four bytes announces 64 MiB, or 0x7ffffffb bytes where packet_size allows them") {
  const auto verdict = [](const std::string& header, uint32_t packet_size = 0) {
    return CutPacket(Mode(PacketMode::kFour, packet_size), BytesOf(header)).verdict;
  };
  using std::string_literals::operator""s;
  EXPECT_EQ(verdict("\x04\0\0\0"s), Verdict::kIncomplete);
  EXPECT_EQ(verdict("\x04\0\0\x01"s), Verdict::kTooLong);
  EXPECT_EQ(verdict("\xff\xff\xff\xff"s), Verdict::kTooLong);
  EXPECT_EQ(verdict("\x04\0\0\x01"s, kDefaultPacketBytes + 1), Verdict::kIncomplete);
  EXPECT_EQ(verdict("\x7f\xff\xff\xfb"s, UINT32_MAX), Verdict::kIncomplete);
  EXPECT_EQ(verdict("\x7f\xff\xff\xfc"s, UINT32_MAX), Verdict::kTooLong);
  EXPECT_EQ(verdict("\xff\xff\xff\xff"s, UINT32_MAX), Verdict::kTooLong);
  EXPECT_EQ(verdict("\x7f\xff\xff"s), Verdict::kIncomplete);
}

// TM-12, TM-16.
TEST("lines end with their delimiter, whichever it is, and keep it") {
  EXPECT_EQ(Cuts(Mode(PacketMode::kLine), "a\r\n\nbc\nd"), (Packets{"a\r\n", "\n", "bc\n"}));
  Format format = Mode(PacketMode::kLine);
  format.delimiter = 0;
  EXPECT_EQ(Cuts(format, std::string("a\nb\0\0c", 6)), (Packets{std::string("a\nb\0", 4), std::string("\0", 1)}));
  format.delimiter = 255;
  EXPECT_EQ(Cuts(format, "a\xff"), Packets{"a\xff"});
}

// TM-13, and reference trace 11.
TEST("a line that is longer than the buffer comes in pieces of the buffer") {
  const Format format = Mode(PacketMode::kLine, 0, 8);
  EXPECT_EQ(Cuts(format, "0123456789abcdefghij\nxy\n"), (Packets{"01234567", "89abcdef", "ghij\n", "xy\n"}));
  EXPECT_EQ(Cuts(format, "01234567\n"), (Packets{"01234567", "\n"}));
  EXPECT_EQ(Cuts(format, "0123456\n"), Packets{"0123456\n"});
}

// TM-14.
TEST("packet_size does not lengthen the pieces of a line; below the buffer it makes a longer line an error") {
  EXPECT_EQ(Cuts(Mode(PacketMode::kLine, 25, 8), "0123456789abcdefghij\n"), (Packets{"01234567", "89abcdef", "ghij\n"}));
  EXPECT_EQ(Cuts(Mode(PacketMode::kLine, 5, 8), "0123\n01234\n"), (Packets{"0123\n", "too long"}));
  EXPECT_EQ(Cuts(Mode(PacketMode::kLine, 5, 8), "0123\n012345"), (Packets{"0123\n", "too long"}));
  EXPECT_EQ(Cuts(Mode(PacketMode::kLine, 5, 8), "0123\n01234"), Packets{"0123\n"});
}

// TM-7: OTP sends a header that lies; here the send is refused.
TEST("a packet that is longer than its header can say gets none") {
  uint8_t header[kMaxHeaderBytes];
  const std::pair<PacketMode, size_t> most[] = {{PacketMode::kOne, 255}, {PacketMode::kTwo, 65535}, {PacketMode::kFour, kMaxPacketBytes}};
  for (const auto& [mode, bytes] : most) {
    EXPECT_TRUE(WriteHeader(mode, bytes, header));
    EXPECT_FALSE(WriteHeader(mode, bytes + 1, header));
  }
  EXPECT_TRUE(WriteHeader(PacketMode::kRaw, SIZE_MAX, header));
  EXPECT_TRUE(WriteHeader(PacketMode::kLine, SIZE_MAX, header));
  REQUIRE(WriteHeader(PacketMode::kFour, 0x01020304, header));
  EXPECT_EQ(TextOf({header, 4}), "\x01\x02\x03\x04");
}

}  // namespace mailport::framing::test
