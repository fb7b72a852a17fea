import { request as requestInTheClear, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Message } from '../core/notify/types.ts';
import { FailureError } from '../protocol/failure.ts';
import { type CheckedAddress, checkedAddresses, type LookUp, lookUp } from './addresses.ts';
import { type Webhook, type WebhookCall, webhookCall } from './webhookForms.ts';

/** Hops that a receiver may ask for; each is checked like the first. */
const MAX_REDIRECTS = 3;
/** A host's name has at most 253 characters; a receiver may write more. */
const MAX_HOST_CHARS = 260;
/** Of an answer only the status counts. What a receiver says beyond its headers is not read. */
const MAX_HEADER_BYTES = 16_384;

/** Sends a message to a webhook. Rejects with what went wrong; never with an address's path, which may be secret. */
export async function sendWebhook(
  webhook: Webhook,
  message: Message,
  signal: AbortSignal,
  look: LookUp = lookUp,
): Promise<void> {
  let call = webhookCall(webhook, message);
  const seen = new Set<string>();
  for (let hop = 0; ; hop += 1) {
    if (seen.has(call.url.href)) throw redirectRefused(webhook, 'it leads back to where it came from');
    seen.add(call.url.href);
    const called = hop === 0 ? `The address of webhook ${webhook.name}` : hostOf(webhook, call.url);
    const checked = await aborted(checkedAddresses(call.url, webhook.allowPrivate, called, look), signal);
    const { status, location } = await post(call, checked, signal);
    if (status >= 200 && status < 300) return;
    if (status < 300 || status >= 400) throw answeredWith(webhook, status);
    if (hop >= MAX_REDIRECTS) throw redirectRefused(webhook, `it leads on more than ${MAX_REDIRECTS} times`);
    call = redirected(webhook, call, status, location);
  }
}

async function post(
  { url, headers, body }: WebhookCall,
  checked: readonly [CheckedAddress, ...CheckedAddress[]],
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly location: string | null }> {
  const [first] = checked;
  // Connects to what was checked, whatever the name server would say now.
  const lookup: LookupFunction = (_name, { all }, done) =>
    all === true ? done(null, [...checked]) : done(null, first.address, first.family);
  const request = url.protocol === 'https:' ? requestTls : requestInTheClear;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'understudy' },
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      lookup,
      signal,
      ...(url.protocol === 'https:' ? { ca: trusted() } : {}),
    } as const;
    const sent = request(url, options, (answer: IncomingMessage) => {
      const { statusCode = 0, headers: said } = answer;
      resolve({ status: statusCode, location: said.location ?? null });
      answer.on('error', () => undefined);
      answer.destroy();
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What Node brings and what the host's administrator trusts. */
export const trusted = (): string[] => [...getCACertificates('default'), ...getCACertificates('system')];

/** A name server that hangs can't be cancelled, only left behind. */
async function aborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Only a redirect that keeps method and body is one; the token stays with the receiver that it is for. */
function redirected(
  webhook: Webhook,
  call: WebhookCall,
  status: number,
  location: string | null,
): WebhookCall {
  const url = location === null ? null : URL.parse(location, call.url.href);
  if (url === null) throw redirectRefused(webhook, 'it does not say where to');
  if (status !== 307 && status !== 308)
    throw redirectRefused(webhook, `it answers ${status}, to ${hostOf(webhook, url)}`);
  if (!/^https?:$/.test(url.protocol)) throw redirectRefused(webhook, 'it leads to what is no web address');
  if (call.url.protocol === 'https:' && url.protocol !== 'https:')
    throw redirectRefused(webhook, `it leads from TLS into the clear, to ${hostOf(webhook, url)}`);
  if (url.origin === call.url.origin) return { ...call, url };
  const headers = Object.fromEntries(
    Object.entries(call.headers).filter(([name]) => name !== 'authorization'),
  );
  return { ...call, url, headers };
}

/** Where a receiver leads is told; where its own address is, which may be secret, is not. */
function hostOf({ url: own }: Webhook, { host, hostname }: URL): string {
  const isOwn = own !== null && URL.parse(own)?.hostname === hostname;
  return isOwn ? 'the same server' : host.slice(0, MAX_HOST_CHARS);
}

function redirectRefused({ name }: Webhook, why: string): FailureError {
  return new FailureError({
    code: 'notify.redirect',
    message: `The receiver of webhook ${name} redirects: ${why}.`,
    meaning: 'It was not followed, and the message was not taken.',
    fix: 'Enter the address at which the receiver takes messages itself.',
  });
}

function answeredWith({ name }: Webhook, status: number): FailureError {
  const isLogin = status === 401 || status === 403;
  return new FailureError({
    code: isLogin ? 'notify.login-refused' : 'notify.refused',
    message: `The receiver of webhook ${name} answered ${status}.`,
    fix:
      isLogin || status === 404
        ? 'Check its address and token: enter them again as the receiver shows them.'
        : 'Look at the receiver; the message is tried again.',
  });
}
