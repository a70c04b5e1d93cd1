/** The server of the httpd example by node:http: `nodeHttp.js` prints its port, and serves until it is ended. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = 'hello\n';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length });
  response.end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`listens on port ${(server.address() as AddressInfo).port}`);
