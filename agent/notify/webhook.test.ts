import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Failure } from '../protocol/failure.ts';
import type { NotifySettings } from '../protocol/notify.ts';
import type { CheckedAddress } from './addresses.ts';
import { sendOn } from './channels.ts';
import { sendWebhook } from './webhook.ts';
import { testCertificate, testKey } from './testing/certificate.ts';
import { message, noSettings, webhookTo } from './testing/samples.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

interface Got {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function receiver(
  answer: Answer = (_request, response) => response.end('ok'),
  isTls = false,
): Promise<{ base: string; got: Got[] }> {
  const got: Got[] = [];
  const take: Answer = (request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString('utf8')));
    request.on('end', () => {
      got.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
      answer(request, response);
    });
  };
  const server = isTls ? createTls({ key: testKey, cert: testCertificate }, take) : createPlain(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `${isTls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

type Webhook = NotifySettings['webhooks'][number];
const send = (webhook: Partial<Webhook>, withinMs?: number) =>
  sendOn(
    'webhook:chat',
    { ...noSettings, webhooks: [{ ...webhookTo(''), ...webhook }] },
    message,
    'e',
    withinMs,
  );

test('the generic form has everything by name', async () => {
  const { base, got } = await receiver();
  expect(await send({ url: `${base}/in?key=k`, token: 'T' })).toBeNull();
  expect(got[0]).toMatchObject({ path: '/in?key=k', headers: { authorization: 'Bearer T' } });
  expect(got[0]?.body).toEqual({
    version: 1,
    product: 'understudy',
    incident: 'alpha-e5',
    about: 'host',
    level: 'alarm',
    group: 'Shop',
    host: 'beta',
    startedAt: '2026-11-30T14:00:00.000Z',
    title: message.title,
    what: message.what,
    why: null,
    now: message.now,
    toDo: 'Bring alpha back.',
    downSeconds: 13.2,
    vms: ['web'],
    lines: message.lines,
  });
});

test('the forms of Slack, Teams, ntfy and Telegram', async () => {
  const { base, got } = await receiver();
  const title = '[Understudy Shop] beta took over 1 VM from alpha';
  expect(await send({ form: 'slack', url: `${base}/services/T/B/x` })).toBeNull();
  expect(got.at(-1)?.body).toEqual({ text: expect.stringContaining(`*${title}*`) });
  expect(await send({ form: 'teams', url: `${base}/workflows/x` })).toBeNull();
  expect(got.at(-1)?.body).toMatchObject({
    type: 'message',
    attachments: [
      { content: { type: 'AdaptiveCard', body: [{ text: title }, { text: message.what }, {}, {}, {}] } },
    ],
  });
  expect(await send({ form: 'ntfy', url: `${base}/shop-alerts`, token: 'tk_1' })).toBeNull();
  expect(got.at(-1)).toMatchObject({
    path: '/',
    headers: { authorization: 'Bearer tk_1' },
    body: { topic: 'shop-alerts', title, priority: 5 },
  });
  expect(await send({ form: 'telegram', url: base, token: '123:AbC', chat: '-100' })).toBeNull();
  expect(got.at(-1)).toMatchObject({
    path: '/bot123:AbC/sendMessage',
    body: { chat_id: '-100', text: expect.stringContaining(title) },
  });
});

test('what is in a message can not end a mark of Slack', async () => {
  const { base, got } = await receiver();
  const hostile = { ...message, what: '<!channel> & <http://evil|here>' };
  const settings = { ...noSettings, webhooks: [{ ...webhookTo(base), form: 'slack' as const }] };
  expect(await sendOn('webhook:chat', settings, hostile, 'e')).toBeNull();
  expect(JSON.stringify(got[0]?.body)).toContain('&lt;!channel&gt; &amp; &lt;http://evil|here&gt;');
});

test.each([
  [401, 'notify.login-refused'],
  [404, 'notify.refused'],
  [500, 'notify.refused'],
])('an answer of %i is no success, and the secret path is not told on', async (status, code) => {
  const { base } = await receiver((_request, response) => response.writeHead(status).end('SECRET'));
  const failure = await send({ url: `${base}/SECRET` });
  expect(failure?.code).toBe(code);
  expect(JSON.stringify(failure)).not.toContain('SECRET');
});

test('a redirect that keeps the method is followed once it was checked, and the token stays behind', async () => {
  const there = await receiver();
  const { base } = await receiver((_request, response) =>
    response.writeHead(307, { location: `${there.base}/new` }).end(),
  );
  expect(await send({ url: `${base}/old`, token: 'T' })).toBeNull();
  expect(there.got[0]?.path).toBe('/new');
  expect(there.got[0]?.headers.authorization).toBeUndefined();
});

test('however long the place that a receiver leads to, what is said of it stays short', async () => {
  const place = `http://${'x'.repeat(6000)}.example/`;
  const { base } = await receiver((_request, response) => response.writeHead(302, { location: place }).end());
  const failure = await send({ url: base });
  expect(failure?.code).toBe('notify.redirect');
  expect(Failure.safeParse(failure).success).toBe(true);
});

test('every text of a failure is short, whatever went wrong', async () => {
  const name = 'n'.repeat(6000);
  const settings = { ...noSettings, webhooks: [{ ...webhookTo('nowhere'), name }] };
  const failure = await sendOn(`webhook:${name}`, settings, message, 'e');
  expect(Failure.safeParse(failure).success).toBe(true);
});

test('the host of the address that was entered is told to nobody', async () => {
  const secret = 'https://secret-7f3a.invalid/in';
  const look = (): Promise<CheckedAddress[]> => Promise.resolve([{ address: '10.1.2.3', family: 4 }]);
  const sent = sendWebhook(
    { ...webhookTo(secret), allowPrivate: false },
    message,
    AbortSignal.timeout(10_000),
    look,
  );
  const fault: unknown = await sent.catch((reason: unknown) => reason);
  expect(JSON.stringify(fault)).toContain('notify.private-address');
  expect(JSON.stringify(fault)).not.toMatch(/secret-7f3a|10\.1\.2\.3/);
  const { base } = await receiver((_request, response) =>
    response.writeHead(302, { location: '/login' }).end(),
  );
  expect(JSON.stringify(await send({ url: base }))).not.toContain('127.0.0.1');
});

test('a redirect to itself is refused and named, not followed for ever', async () => {
  const { base, got } = await receiver((_request, response) =>
    response.writeHead(308, { location: '/a' }).end(),
  );
  expect(await send({ url: `${base}/a` })).toMatchObject({
    code: 'notify.redirect',
    message: 'The receiver of webhook chat redirects: it leads back to where it came from.',
  });
  expect(got).toHaveLength(1);
});

test('a chain of redirects ends', async () => {
  let hop = 0;
  const { base, got } = await receiver((_request, response) =>
    response.writeHead(307, { location: `/${(hop += 1)}` }).end(),
  );
  expect(await send({ url: `${base}/0` })).toMatchObject({ code: 'notify.redirect' });
  expect(got).toHaveLength(4);
});

test('a redirect that would turn the message into a look is refused', async () => {
  const { base } = await receiver((_request, response) =>
    response.writeHead(302, { location: '/login' }).end(),
  );
  expect(await send({ url: base })).toMatchObject({
    code: 'notify.redirect',
    message: expect.stringContaining('302'),
  });
});

test('a private address that was not allowed is refused and named, as itself and by a redirect', async () => {
  const { base, got } = await receiver();
  expect(await send({ url: base, allowPrivate: false })).toMatchObject({
    code: 'notify.private-address',
    message: 'The address of webhook chat is at an address of the own network.',
  });
  expect(got).toEqual([]);
  const meta = await receiver((_request, response) =>
    response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  );
  expect(await send({ url: meta.base })).toMatchObject({ code: 'notify.private-address' });
});

test('a public address is not spoken to without TLS', async () => {
  expect(await send({ url: 'http://93.184.216.34/in' })).toMatchObject({ code: 'notify.tls' });
});

test('a name is looked up once, and the connection goes to what was checked: a later answer changes nothing', async () => {
  const { base, got } = await receiver();
  const { port } = new URL(base);
  const webhook = { ...webhookTo(`http://shop.invalid:${port}/in`), allowPrivate: true };
  const asked: string[] = [];
  // No name server knows it: whoever asked again would not get through.
  const look = (name: string) => {
    asked.push(name);
    return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  };
  await sendWebhook(webhook, message, AbortSignal.timeout(10_000), look);
  expect([asked, got.length]).toEqual([['shop.invalid'], 1]);
});

test('one private address among public ones is enough to refuse a name', async () => {
  const webhook = { ...webhookTo('https://shop.invalid/in'), allowPrivate: false };
  const mixed = [
    { address: '93.184.216.34', family: 4 },
    { address: 'fd00::1', family: 6 },
  ];
  const sent = sendWebhook(webhook, message, AbortSignal.timeout(10_000), () => Promise.resolve(mixed));
  await expect(sent).rejects.toMatchObject({ failure: { code: 'notify.private-address' } });
});

test('a name server that never answers is left at the deadline', async () => {
  const webhook = webhookTo('https://shop.invalid/in');
  const sent = sendWebhook(webhook, message, AbortSignal.timeout(100), () => new Promise(() => undefined));
  await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a certificate that nobody vouches for is refused', async () => {
  const { base, got } = await receiver(undefined, true);
  expect(await send({ url: base })).toMatchObject({ code: 'notify.tls' });
  expect(got).toEqual([]);
});

test('a receiver that never answers is left at the deadline', async () => {
  const { base } = await receiver(() => undefined);
  expect(await send({ url: base }, 300)).toMatchObject({ code: 'notify.no-answer' });
});

test('an answer of a gigabyte is not read', async () => {
  let written = 0;
  const { base } = await receiver((_request, response) => {
    const piece = Buffer.alloc(65_536);
    const more = (): void => {
      while (!response.destroyed && written < 1_073_741_824) {
        written += piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
    };
    more();
  });
  expect(await send({ url: base })).toBeNull();
  expect(written).toBeLessThan(33_554_432);
});

test('headers without end are cut off', async () => {
  const { base } = await receiver((request) => {
    const { socket } = request;
    socket.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket.write(`x: ${'y'.repeat(4096)}\r\n`), 1);
    socket.on('close', () => clearInterval(timer));
    socket.on('error', () => undefined);
  });
  expect(await send({ url: base })).toMatchObject({ code: 'notify.unreachable' });
});

test('what is missing is named', async () => {
  expect(await send({ url: null })).toMatchObject({ code: 'notify.incomplete' });
  expect(await send({ form: 'telegram', url: null })).toMatchObject({ code: 'notify.incomplete' });
  expect(await send({ url: 'https://ada:pw@example.com/' })).toMatchObject({ code: 'notify.incomplete' });
});
