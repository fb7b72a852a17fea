import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { pathsFromArguments } from '../paths.ts';

/** Connecting to a local socket takes microseconds; a full backlog of a hung agent is the only way to wait. */
const CONNECT_DEADLINE_MS = 5_000;

/**
 * `agent.cjs bridge`: carries standard input and output to the agent's control socket, for consoles whose sshd does not
 * forward sockets. Ends with either side. Exit status 69 when the agent is not there.
 */
export function runBridge(argv: readonly string[]): Promise<number> {
  return bridge(pathsFromArguments(argv).agentSocket, process.stdin, process.stdout);
}

export function bridge(socketPath: string, input: Readable, output: Writable): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_DEADLINE_MS);
    let connected = false;
    socket.on('connect', () => {
      connected = true;
      clearTimeout(timer);
      input.pipe(socket);
      socket.pipe(output, { end: false });
    });
    socket.on('error', (fault) => {
      if (!connected) process.stderr.write(`understudy: the agent does not answer: ${fault.message}\n`);
    });
    output.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      input.unpipe(socket);
      input.destroy();
      resolve(connected ? 0 : 69);
    });
  });
}
