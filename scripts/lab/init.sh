#!/bin/busybox sh
# The first process of the lab. It loads the modules, makes a root of the host's file system (read-only, with a layer in memory over it), and runs
# /lab/run there. The output of /lab/run goes to the second serial port, its status into a file that the host reads.
/bin/busybox mkdir -p /proc /sys /dev /lower /upper /new /out
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

while read -r module; do insmod "/modules/$module"; done </modules/order

mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=512000,ro host /lower
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /out
mount -t tmpfs -o size=3g tmpfs /upper
mkdir /upper/changes /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/changes,workdir=/upper/work overlay /new

for place in proc sys dev; do mount --move "/$place" "/new/$place"; done
mkdir -p /new/lab /new/dev/pts /new/dev/shm
mount -t devpts devpts /new/dev/pts
mount -t tmpfs tmpfs /new/dev/shm
mount -t tmpfs tmpfs /new/run
mount --move /out /new/lab
ip link set lo up
# Tests send many large messages, for which the default of 208 KiB is too small.
echo 16777216 >/new/proc/sys/net/core/rmem_max
echo 16777216 >/new/proc/sys/net/core/wmem_max
# Without it the kernel interleaves no messages, whatever a socket asks for.
echo 1 >/new/proc/sys/net/sctp/intl_enable

stty -F /new/dev/ttyS1 raw -echo 2>/new/dev/null
# The output goes through a pipe: on a terminal, programs would repaint their lines.
set -o pipefail
chroot /new /bin/sh /lab/run </new/dev/null 2>&1 | cat >/new/dev/ttyS1
echo $? >/new/lab/status
sync
poweroff -f
