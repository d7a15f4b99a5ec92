import { toHex } from './hex';
import { subtle } from './webCrypto';

/** SHA-256 of a text's UTF-8 bytes, hex. */
export async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const native = subtle();
  if (native) return toHex(new Uint8Array(await native.digest('SHA-256', bytes)));
  const noble = await import('@noble/hashes/sha2.js');
  return toHex(noble.sha256(bytes));
}

/** The identity of an application: SHA-256 of its app-compose file, byte for byte, hex. */
export const composeHash = sha256;

/** The app id of a VM that was given none: the first 20 bytes of its compose hash, hex. */
export const appIdOf = (hash: string): string => hash.slice(0, 40);
