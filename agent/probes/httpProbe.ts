import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { ProbeAnswer } from '../core/health/state.ts';
import type { Probe } from '../protocol/health.ts';
import { answerOf } from './tcpProbe.ts';

/** Node's own default; a larger header is an error of the answer. */
const MAX_HEADER_BYTES = 16_384;
const FIRST_BAD_STATUS = 400;

/**
 * The status of one GET counts; the body is not read, and no redirect followed. A certificate is not checked: who
 * answers is not the question here, and in small shops most are self-signed.
 */
export function httpProbe(
  { secure, address, port, path }: Extract<Probe, { kind: 'http' }>,
  deadlineMs: number,
): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const options = { host: address, port, path, agent: false, maxHeaderSize: MAX_HEADER_BYTES } as const;
    const call = secure ? secureRequest({ ...options, rejectUnauthorized: false }) : plainRequest(options);
    const end = (answer: ProbeAnswer): void => {
      clearTimeout(timer);
      call.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ outcome: 'silent', text: 'no answer in time' }), deadlineMs);
    call.on('response', (response) => {
      const status = response.statusCode ?? 0;
      end({ outcome: status < FIRST_BAD_STATUS ? 'well' : 'failed', text: `HTTP status ${status}` });
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      const isNonsense = error.code?.startsWith('HPE_') === true;
      end(isNonsense ? { outcome: 'failed', text: 'it does not speak HTTP' } : answerOf(error));
    });
    call.end();
  });
}
