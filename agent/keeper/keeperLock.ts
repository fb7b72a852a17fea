import { createServer, type Server } from 'node:net';

/**
 * Makes sure that one keeper runs on a host: two would write the same slot and see each other as clones. The name of
 * an abstract unix socket is the lock: the kernel gives it back at the instant the process is really gone, not before
 * and not later, and no file can be left behind. Resolves with null when another keeper holds it.
 */
export async function takeKeeperLock(runDir: string): Promise<Server | null> {
  const server = createServer((socket) => {
    socket.destroy();
  });
  return await new Promise((resolve) => {
    server.once('error', () => {
      resolve(null);
    });
    server.listen(`\0understudy-keeper:${runDir}`, () => {
      server.unref();
      resolve(server);
    });
  });
}
