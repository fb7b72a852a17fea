import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeMessage, Framer, type Message, messageStatus, messageType } from '../framing.ts';
import { nothing, type Procedure } from '../procedure.ts';
import { authList, connectClose, connectOpen, connectSupportsFeature } from '../procedures.generated.ts';
import type { Domain } from '../codec.generated.ts';
import type { XdrWriter } from '../xdr.ts';

type WriteBody = (writer: XdrWriter) => void;

/** One client of the fake daemon's. */
export interface FakeClient {
  readonly socket: Socket;
  /** Every message that this client has sent. */
  readonly received: Message[];
  reply(to: Message, writeBody?: WriteBody): void;
  refuse(to: Message, code: number, text: string): void;
  /** Sends a message of any kind. */
  send(
    header: {
      readonly procedure: number;
      readonly type: number;
      readonly serial?: number;
      readonly status?: number;
      readonly program?: number;
    },
    writeBody?: WriteBody,
  ): void;
}

type Handler = (message: Message, client: FakeClient) => void;

const REMOTE_PROGRAM = 0x2000_8086;

/** Plays libvirt's side on a unix socket: a handshake, and then what a test tells it to answer. */
export class FakeDaemon {
  readonly socketPath: string;
  readonly clients: FakeClient[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'node-libvirt-fake-'));
  readonly #server: Server;
  readonly #handlers = new Map<string, Handler>();

  private constructor() {
    this.socketPath = join(this.#directory, 'sock');
    this.#server = createServer((socket) => this.#accept(socket));
    this.on(authList, (message, client) =>
      client.reply(message, (writer) => {
        writer.uint32(1);
        writer.int32(0);
      }),
    );
    this.on(connectSupportsFeature, (message, client) => client.reply(message, (writer) => writer.int32(1)));
    this.on(connectOpen, (message, client) => client.reply(message));
    this.on(connectClose, (message, client) => client.reply(message));
  }

  static async start(): Promise<FakeDaemon> {
    const daemon = new FakeDaemon();
    await new Promise<void>((resolve) => {
      daemon.#server.listen(daemon.socketPath, resolve);
    });
    return daemon;
  }

  /** Says what happens with a call, or with a packet of its stream. Without a handler nothing is answered. */
  on(procedure: Pick<Procedure<never, unknown>, 'program' | 'number'>, handler: Handler): void {
    this.#handlers.set(`${procedure.program}:${procedure.number}`, handler);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #accept(socket: Socket): void {
    const client = fakeClient(socket);
    this.clients.push(client);
    const framer = new Framer();
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) =>
      framer.push(chunk, (message) => {
        client.received.push(message);
        this.#handlers.get(`${message.program}:${message.procedure}`)?.(message, client);
      }),
    );
  }
}

function fakeClient(socket: Socket): FakeClient {
  const send: FakeClient['send'] = (header, writeBody = nothing) => {
    const full = { program: REMOTE_PROGRAM, serial: 0, status: messageStatus.ok, ...header };
    if (!socket.destroyed) socket.write(encodeMessage(full, writeBody));
  };
  return {
    socket,
    received: [],
    send,
    reply: ({ program, procedure, serial }, writeBody) =>
      send({ program, procedure, serial, type: messageType.reply }, writeBody),
    refuse: ({ program, procedure, serial }, code, text) =>
      send({ program, procedure, serial, type: messageType.reply, status: messageStatus.error }, (writer) =>
        writeError(writer, code, text),
      ),
  };
}

/** The body of an error: a code, a message, and nothing else. */
export function writeError(writer: XdrWriter, code: number, text: string): void {
  writer.int32(code);
  writer.int32(7);
  writer.optional(text, (inner, value) => inner.string(value, 4096));
  writer.int32(2);
  for (let field = 0; field < 4; field += 1) writer.uint32(0);
  writer.int32(0);
  writer.int32(0);
  writer.uint32(0);
}

export function writeDomain(writer: XdrWriter, { name, uuid, id }: Domain): void {
  writer.string(name, 4096);
  writer.uuid(uuid);
  writer.int32(id);
}

/** A typed parameter that holds a string or an unsigned 64-bit integer. */
export function writeParameter(writer: XdrWriter, field: string, value: string | bigint): void {
  writer.string(field, 4096);
  writer.int32(typeof value === 'string' ? 7 : 4);
  if (typeof value === 'string') writer.string(value, 4096);
  else writer.uint64(value);
}
