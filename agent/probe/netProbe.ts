import { createSocket, type Socket } from 'node:dgram';
import { NetProbeRequest, readRequest } from './probeInput.ts';

/** A lost datagram is sent again this often. */
const RESEND_EVERY_MS = 200;

/**
 * `agent.cjs net-probe`: one end of a proof that datagrams pass between two hosts. Answers one JSON line:
 * `{"ok": true, "heard": bool, "roundTripMs": number|null}` or `{"ok": false, "message": "..."}`.
 */
export function runNetProbe(_argv: readonly string[]): Promise<number> {
  return netProbe(process.stdin, (line) => void process.stdout.write(line));
}

export async function netProbe(
  input: AsyncIterable<Uint8Array>,
  print: (line: string) => void,
): Promise<number> {
  try {
    const request = NetProbeRequest.parse(await readRequest(input));
    print(`${JSON.stringify({ ok: true, ...(await exchange(request)) })}\n`);
  } catch (fault) {
    const errno = fault instanceof Error && 'code' in fault ? String(fault.code) : null;
    const message = fault instanceof Error ? fault.message : String(fault);
    print(`${JSON.stringify({ ok: false, errno, message: message.slice(0, 1000) })}\n`);
  }
  return 0;
}

function exchange(request: NetProbeRequest): Promise<{ heard: boolean; roundTripMs: number | null }> {
  const socket = createSocket(request.address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    let resend: NodeJS.Timeout | undefined;
    const finish = (heard: boolean, roundTripMs: number | null): void => {
      clearTimeout(limit);
      clearInterval(resend);
      socket.close();
      resolve({ heard, roundTripMs });
    };
    const limit = setTimeout(() => finish(false, null), request.limitMs);
    socket.on('error', (fault) => {
      clearTimeout(limit);
      clearInterval(resend);
      reject(fault);
    });
    if (request.action === 'listen') listen(socket, request, finish);
    else resend = sendUntilAnswered(socket, request, finish);
  });
}

type Finish = (heard: boolean, roundTripMs: number | null) => void;

function listen(socket: Socket, request: NetProbeRequest, finish: Finish): void {
  socket.on('message', (data, from) => {
    if (data.toString('latin1') !== `ask ${request.nonce}`) return;
    // Answered three times, because the answer may be lost and the asker stops at the first.
    const answer = Buffer.from(`answer ${request.nonce}`);
    for (let index = 0; index < 2; index += 1) socket.send(answer, from.port, from.address);
    socket.send(answer, from.port, from.address, () => finish(true, null));
  });
  socket.bind(request.port, request.address);
}

function sendUntilAnswered(socket: Socket, request: NetProbeRequest, finish: Finish): NodeJS.Timeout {
  let sentMs = performance.now();
  socket.on('message', (data) => {
    if (data.toString('latin1') !== `answer ${request.nonce}`) return;
    finish(true, Math.round((performance.now() - sentMs) * 100) / 100);
  });
  const send = (): void => {
    sentMs = performance.now();
    // An unreachable port comes back as an error event on Linux: the other end may not listen yet.
    socket.send(`ask ${request.nonce}`, request.port, request.address, () => undefined);
  };
  send();
  return setInterval(send, RESEND_EVERY_MS);
}
