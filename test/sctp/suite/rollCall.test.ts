/** Every case of OTP's gen_sctp_SUITE (25 and 27) is a test here, once and by its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const cases = `
  basic basic_stream api_open_close api_listen api_connect_init api_connectx_init api_opts
  xfer_min xfer_active def_sndrcvinfo implicit_inet6
  open_multihoming_ipv4_socket open_unihoming_ipv6_socket open_multihoming_ipv6_socket open_multihoming_ipv4_and_ipv6_socket
  active_n xfer_stream_min peeloff_active_once peeloff_active_true peeloff_active_n buffers send_block
  names_unihoming_ipv4 names_unihoming_ipv6 names_multihoming_ipv4 names_multihoming_ipv6 recv_close
  t_simple_local_sockaddr_in_send_recv t_simple_link_local_sockaddr_in_send_recv
  t_simple_local_sockaddr_in6_send_recv t_simple_link_local_sockaddr_in6_send_recv
  t_simple_local_sockaddr_in_connectx_init non_block_send skip_old_solaris
`;

test('the 34 cases of gen_sctp_SUITE are all here', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter(
    (file) => file.endsWith('.test.ts') && file !== 'rollCall.test.ts',
  );
  const titles = files.flatMap((file) => {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    return [...source.matchAll(/^ {2}test\('(\w+)'/gm)].map(([, title]) => title);
  });
  const expected = cases.trim().split(/\s+/);
  expect(expected).toHaveLength(34);
  expect(titles.sort()).toEqual(expected.sort());
});
