/*
 * Preloaded into tsctp: the packaged program turns every debug message of usrsctp on, and formats a few lines a packet even when nobody
 * reads them, which makes it several times slower. Left off, it is the yardstick that its authors would choose.
 */
#include <stdint.h>

int usrsctp_sysctl_set_sctp_debug_on(uint32_t level) {
  (void)level;
  return 0;
}
