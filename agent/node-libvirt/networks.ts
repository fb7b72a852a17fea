import type { CallOptions } from './callTable.ts';
import type { Network } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';

export type { Network };

export interface ListNetworksOptions extends CallOptions {
  /** Only those that are started (true) or not (false). */
  readonly active?: boolean;
}

export async function listNetworks(
  connection: Connection,
  options: ListNetworksOptions = {},
): Promise<readonly Network[]> {
  const flags = flagBits([
    [options.active === false, 1],
    [options.active === true, 2],
  ]);
  const list = procedures.connectListAllNetworks;
  return (await connection.call(list, { needResults: 1, flags }, options)).nets;
}

/** Rejects with `errorCode.noNetwork` when there is none of that name. */
export async function lookupNetworkByName(
  connection: Connection,
  name: string,
  options?: CallOptions,
): Promise<Network> {
  return (await connection.call(procedures.networkLookupByName, { name }, options)).net;
}

export async function lookupNetworkByUuid(
  connection: Connection,
  uuid: string,
  options?: CallOptions,
): Promise<Network> {
  return (await connection.call(procedures.networkLookupByUuid, { uuid }, options)).net;
}

/** Stores a definition; nothing is started. */
export async function defineNetwork(
  connection: Connection,
  xml: string,
  options?: CallOptions,
): Promise<Network> {
  return (await connection.call(procedures.networkDefineXml, { xml }, options)).net;
}

/** Starts a defined network. */
export async function createNetwork(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.networkCreate, { net: network }, options);
}

/** Stops a network. Its definition stays. */
export async function destroyNetwork(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.networkDestroy, { net: network }, options);
}

export async function undefineNetwork(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.networkUndefine, { net: network }, options);
}

export async function networkXml(
  connection: Connection,
  network: Network,
  options: CallOptions & { readonly inactive?: boolean } = {},
): Promise<string> {
  const args = { net: network, flags: flagBits([[options.inactive, 1]]) };
  return (await connection.call(procedures.networkGetXmlDesc, args, options)).xml;
}

/** The host's bridge that the network's domains are plugged into. */
export async function getNetworkBridge(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<string> {
  return (await connection.call(procedures.networkGetBridgeName, { net: network }, options)).name;
}

export async function getNetworkAutostart(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<boolean> {
  return (await connection.call(procedures.networkGetAutostart, { net: network }, options)).autostart !== 0;
}

export async function setNetworkAutostart(
  connection: Connection,
  network: Network,
  autostart: boolean,
  options?: CallOptions,
): Promise<void> {
  const args = { net: network, autostart: autostart ? 1 : 0 };
  await connection.call(procedures.networkSetAutostart, args, options);
}

export async function isNetworkActive(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<boolean> {
  return (await connection.call(procedures.networkIsActive, { net: network }, options)).active !== 0;
}

export async function isNetworkPersistent(
  connection: Connection,
  network: Network,
  options?: CallOptions,
): Promise<boolean> {
  return (await connection.call(procedures.networkIsPersistent, { net: network }, options)).persistent !== 0;
}
