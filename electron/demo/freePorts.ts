import { createSocket } from 'node:dgram';

/** A UDP port that nobody uses on each of the addresses. Another process may still take it first; then the demo starts anew. */
export function freePorts(addresses: readonly string[]): Promise<readonly number[]> {
  return Promise.all(addresses.map(freePort));
}

function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind({ address, port: 0 }, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
