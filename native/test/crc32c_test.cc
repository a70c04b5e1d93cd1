// CRC32c against published vectors, and the hardware version against the table.
#include "packet/crc32c.h"

#include <vector>

#include "check.h"
#include "hex.h"
#include "random.h"

namespace mailport::sctp::test {
namespace {

void ExpectBoth(const std::vector<uint8_t>& data, uint32_t crc) {
  EXPECT_EQ(Crc32c(data.data(), data.size()), crc);
  EXPECT_EQ(Crc32cTable(data.data(), data.size()), crc);
}

// RFC 3720 B.4 prints the bytes in wire order: aa 36 91 8a and so on.
TEST("gives the checksums of RFC 3720 B.4") {
  ExpectBoth(std::vector<uint8_t>(32, 0), 0x8a9136aa);
  ExpectBoth(std::vector<uint8_t>(32, 0xff), 0x62a8ab43);
  std::vector<uint8_t> rising, falling;
  for (int i = 0; i < 32; i++) {
    rising.push_back(static_cast<uint8_t>(i));
    falling.push_back(static_cast<uint8_t>(31 - i));
  }
  ExpectBoth(rising, 0x46dd794e);
  ExpectBoth(falling, 0x113fdb5c);
  ExpectBoth(FromHex("01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018 28000000 00000000 02000000 00000000"),
             0xd9963a56);
}

TEST("gives the check value of the algorithm, and 0 for nothing") {
  std::span<const uint8_t> digits = AsBytes("123456789");
  ExpectBoth({digits.begin(), digits.end()}, 0xe3069283);
  ExpectBoth({}, 0);
}

TEST("hardware and table agree at every length up to 1 KiB and every alignment") {
  Random random(1);
  std::vector<uint8_t> data(1100);
  random.Fill(data);
  for (size_t length = 0; length <= 1024; length++) {
    size_t offset = length % 17;
    if (!EXPECT_EQ(Crc32c(data.data() + offset, length), Crc32cTable(data.data() + offset, length))) return;
  }
}

TEST("hardware and table agree on long inputs of random length and alignment") {
  Random random(2);
  std::vector<uint8_t> data(80'000);
  random.Fill(data);
  for (int i = 0; i < 500; i++) {
    size_t offset = random.Below(64), length = random.Below(70'000);
    if (!EXPECT_EQ(Crc32c(data.data() + offset, length), Crc32cTable(data.data() + offset, length))) return;
  }
}

TEST("takes a packet's checksum field as zero, whatever is in it, and leaves it alone") {
  Random random(3);
  for (size_t length : {12, 13, 28, 200, 1452, 9000, 65'504}) {
    std::vector<uint8_t> packet(length);
    random.Fill(packet);
    std::vector<uint8_t> zeroed = packet, before = packet;
    std::fill(zeroed.begin() + 8, zeroed.begin() + 12, 0);
    EXPECT_EQ(PacketCrc32c(packet.data(), length), Crc32cTable(zeroed.data(), length));
    EXPECT_TRUE(packet == before);
  }
}

}  // namespace
}  // namespace mailport::sctp::test
