import type { Duplex } from 'node:stream';
import type { Failure } from '../../../agent/protocol/failure.ts';
import {
  type ControlMethod,
  type ControlParams,
  type ControlResult,
  MAX_CONTROL_LINE_BYTES,
} from '../../../agent/protocol/control.ts';
import { createRpcClient } from '../../../agent/protocol/rpcClient.ts';
import type { HostSession } from '../ssh/session.ts';

/** Calls to one agent over a session's control stream; nothing is repeated on its own. */
export interface ControlConnection {
  /** Rejects with a FailureError: the agent's own, or `control.*` when it did not answer. */
  call<M extends ControlMethod>(
    method: M,
    params: ControlParams<M>,
    deadlineMs?: number,
  ): Promise<ControlResult<M>>;
  close(): void;
}

/** Opens the agent's control socket through SSH. Throws a FailureError. */
export async function openControl(session: HostSession): Promise<ControlConnection> {
  return connectControl(await session.openControl());
}

/** The same over any byte stream. */
export function connectControl(stream: Duplex): ControlConnection {
  const client = createRpcClient({
    send: (line) => {
      stream.write(line.endsWith('\n') ? line : `${line}\n`);
    },
    after: (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
    onNotification: () => undefined,
    onFault: () => stream.destroy(),
  });
  let pendingBytes = 0;
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const newline = text.lastIndexOf('\n');
    pendingBytes = newline < 0 ? pendingBytes + text.length : text.length - newline;
    if (pendingBytes > MAX_CONTROL_LINE_BYTES) stream.destroy();
    else client.receive(text);
  });
  const gone = (): void => client.closed(noAgent);
  stream.on('end', gone);
  stream.on('close', gone);
  stream.on('error', gone);
  return {
    call: (method, params, deadlineMs) => client.call(method, params, deadlineMs),
    close: () => stream.destroy(),
  };
}

const noAgent: Failure = {
  code: 'control.unreachable',
  message: 'The agent does not answer on its control socket.',
  meaning: 'It is not running, or it is being restarted. The keeper and the VMs do not need it.',
  fix: 'On the host: systemctl status understudy-agent; or install again.',
};
