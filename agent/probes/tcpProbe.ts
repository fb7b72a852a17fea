import { connect } from 'node:net';
import type { ProbeAnswer } from '../core/health/state.ts';

/** Somebody said no. Everything else (no route, time out) is no answer of the guest. */
const REFUSALS = new Set(['ECONNREFUSED', 'ECONNRESET']);

/** Whether anybody accepts a connection there. Nothing is sent, and nothing that comes is read. */
export function tcpProbe(address: string, port: number, deadlineMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: ProbeAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ outcome: 'silent', text: 'no answer in time' }), deadlineMs);
    socket.pause();
    socket.on('connect', () => end({ outcome: 'well', text: 'the connection was accepted' }));
    socket.on('error', (error) => end(answerOf(error)));
  });
}

export function answerOf(error: NodeJS.ErrnoException): ProbeAnswer {
  const isRefusal = REFUSALS.has(error.code ?? '');
  return { outcome: isRefusal ? 'failed' : 'silent', text: isRefusal ? 'refused' : error.message };
}
