import { concat } from './hex';
import { subtle } from './webCrypto';

/** An environment variable as the guest gets it. */
export interface Variable {
  key: string;
  value: string;
}

const NONCE_BYTES = 12;

/**
 * Encrypts an environment so that only a guest to which the KMS gave the private key can read it.
 *
 * As dstack's guests take it: the sender's X25519 public key (32 bytes), a nonce (12), and AES-256-GCM of
 * `{"env": [{"key", "value"}, …]}` with its tag (16). The shared secret is the AES key as it is. A new key pair and
 * a new nonce are made at every call.
 *
 * @param publicKey the application's X25519 key, 32 bytes
 * @throws Error where the key is none
 */
export async function sealEnvironment(
  variables: readonly Variable[],
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (publicKey.length !== 32) throw new Error(`The KMS’s key has ${publicKey.length} bytes instead of 32.`);
  const env = variables.map(({ key, value }) => ({ key, value }));
  const plain = new TextEncoder().encode(JSON.stringify({ env }));
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const { sender, shared } = await agreeWith(publicKey);
  const sealed = await encrypt(shared, nonce, plain);
  shared.fill(0);
  plain.fill(0);
  return concat(sender, nonce, sealed);
}

interface Agreement {
  /** The public half of a pair made for this once. */
  sender: Uint8Array;
  shared: Uint8Array<ArrayBuffer>;
}

/** Both implementations refuse a key of low order, whose shared secret everybody knows. */
async function agreeWith(publicKey: Uint8Array<ArrayBuffer>): Promise<Agreement> {
  try {
    return (await agreeNatively(publicKey)) ?? (await agree(publicKey));
  } catch (error) {
    throw new Error('The KMS’s key is not a usable X25519 key.', { cause: error });
  }
}

/** By the browser, or null where it knows no X25519. */
async function agreeNatively(publicKey: Uint8Array<ArrayBuffer>): Promise<Agreement | null> {
  const native = subtle();
  if (!native) return null;
  let pair: CryptoKeyPair;
  try {
    pair = (await native.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair;
  } catch {
    return null;
  }
  const theirs = await native.importKey('raw', publicKey, { name: 'X25519' }, false, []);
  const shared = await native.deriveBits({ name: 'X25519', public: theirs }, pair.privateKey, 256);
  return {
    sender: new Uint8Array(await native.exportKey('raw', pair.publicKey)),
    shared: new Uint8Array(shared),
  };
}

async function agree(publicKey: Uint8Array): Promise<Agreement> {
  const { x25519 } = await import('@noble/curves/ed25519.js');
  const { secretKey, publicKey: sender } = x25519.keygen();
  const shared = Uint8Array.from(x25519.getSharedSecret(secretKey, publicKey));
  secretKey.fill(0);
  return { sender, shared };
}

async function encrypt(
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
  plain: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const native = subtle();
  if (native) {
    const imported = await native.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
    return new Uint8Array(await native.encrypt({ name: 'AES-GCM', iv }, imported, plain));
  }
  const { gcm } = await import('@noble/ciphers/aes.js');
  return gcm(key, iv).encrypt(plain);
}
