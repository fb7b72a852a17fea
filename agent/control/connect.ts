import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { FailureError, type Failure } from '../protocol/failure.ts';
import { createRpcClient, type RpcClient, type RpcClientOptions } from '../protocol/rpcClient.ts';

export interface ControlClient extends Pick<RpcClient, 'call'> {
  /** Why the connection ended. */
  readonly ended: Promise<Failure>;
  close(): void;
}

const gone: Failure = {
  code: 'control.gone',
  message: 'The connection to the agent has ended.',
  meaning: 'The agent may have been stopped or restarted. The keeper goes on, and VMs are not touched.',
  fix: 'Ask again in a few seconds.',
};

/** The client's side over a stream: a unix socket, or a channel of an SSH connection. */
export function connectControl(
  stream: Duplex,
  onNotification: RpcClientOptions['onNotification'],
): ControlClient {
  const decoder = new StringDecoder('utf8');
  let end: (failure: Failure) => void = () => undefined;
  const ended = new Promise<Failure>((resolve) => {
    end = resolve;
  });
  const client = createRpcClient({
    send: (line) => void stream.write(line),
    after: (delayMs, action) => {
      const timer = setTimeout(action, delayMs);
      return () => clearTimeout(timer);
    },
    onNotification,
    onFault: (failure) => {
      end(failure);
      stream.destroy();
    },
  });
  const closed = (failure: Failure): void => {
    client.closed(failure);
    end(failure);
  };
  stream.on('data', (chunk: Buffer) => client.receive(decoder.write(chunk)));
  stream.on('error', (error) => closed(error instanceof FailureError ? error.failure : gone));
  stream.on('close', () => closed(gone));
  stream.on('end', () => closed(gone));
  return {
    call: (method, params, deadlineMs) => client.call(method, params, deadlineMs),
    ended,
    close: () => stream.destroy(),
  };
}
